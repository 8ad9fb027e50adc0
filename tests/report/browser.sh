#!/usr/bin/env bash
# Has a page written and reads it in a browser: the report of the main job beside its gradients.csv, the gallery of
# activations, the map of a sweep beside its sweep.csv.
#
#   browser.sh run|gallery|sweep FOLDER-OF-THE-EXAMPLES PYTHON [OPTION-OF-THE-COMMAND...]
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
usage='usage: browser.sh run|gallery|sweep FOLDER-OF-THE-EXAMPLES PYTHON [OPTION...]'
page=${1:?$usage} examples=${2:?$usage} python=${3:?$usage}
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $page in
  run) command=(compare_activations --quiet) table=gradients.csv ;;
  gallery) command=(activations --report) table='' ;;
  sweep) command=(sweep --quiet) table=sweep.csv ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
"$examples/${command[0]}" "${command[@]:1}" --output "$work" "$@" >"$work/stdout" || { cat "$work/stdout"; exit 1; }
"$python" "$here/${page}_in_browser.py" "$work/report.html" ${table:+"$work/$table"}
