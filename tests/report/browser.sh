#!/usr/bin/env bash
# Writes a page with gradflow and checks it in a browser.
#   run: the report of compare, checked against its gradients.csv
#   gallery: the gallery of activations
#   sweep: the map of a sweep, checked against its sweep.csv
#   charts: the charts of all three pages, drawn from numbers of every kind
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

# write_page COMMAND OPTION...: runs gradflow COMMAND, which writes into the folder COMMAND
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
  charts)  # charts_in_browser.py replaces the numbers, so the shortest runs are enough
    short=(--quiet --dataset moons --samples 60 --activations tanh)
    write_page compare "${short[@]}" --depth 2 --steps 3
    write_page activations --report
    write_page sweep "${short[@]}" --depths 1 --seeds 1 --epochs 1
    "$python" "$here/charts_in_browser.py" "$work"/{compare,activations,sweep}/report.html "$@"
    ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
