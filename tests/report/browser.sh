#!/usr/bin/env bash
# Has a page written and reads it in a browser: the report of the main job beside its gradients.csv, the gallery of
# activations, the map of a sweep beside its sweep.csv; or all three with numbers of every kind, for what their charts draw.
#
#   browser.sh run|gallery|sweep FOLDER-OF-THE-BUILD PYTHON [OPTION-OF-THE-COMMAND...]
#   browser.sh charts FOLDER-OF-THE-BUILD PYTHON [--plant]
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
usage='usage: browser.sh run|gallery|sweep|charts FOLDER-OF-THE-BUILD PYTHON [OPTION...]'
page=${1:?$usage} build=${2:?$usage} python=${3:?$usage}
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# write_page COMMAND OPTION...: into the folder COMMAND
write_page() {
  "$build/bin/gradflow" "$1" --output "$work/$1" "${@:2}" >"$work/stdout" || { cat "$work/stdout"; exit 1; }
}

case $page in
  run)
    write_page compare --quiet "$@"
    "$python" "$here/run_in_browser.py" "$work"/compare/{report.html,gradients.csv}
    ;;
  gallery)
    write_page activations --report "$@"
    "$python" "$here/gallery_in_browser.py" "$work/activations/report.html"
    ;;
  sweep)
    write_page sweep --quiet "$@"
    "$python" "$here/sweep_in_browser.py" "$work"/sweep/{report.html,sweep.csv}
    ;;
  charts)  # the numbers are replaced: the shortest of each will do
    short=(--quiet --dataset moons --samples 60 --activations tanh)
    write_page compare "${short[@]}" --depth 2 --steps 3
    write_page activations --report
    write_page sweep "${short[@]}" --depths 1 --seeds 1 --epochs 1
    "$python" "$here/charts_in_browser.py" "$work"/{compare,activations,sweep}/report.html "$@"
    ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
