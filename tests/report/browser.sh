#!/usr/bin/env bash
# Runs the main job and reads its report in a browser, beside its gradients.csv.
#
#   browser.sh FOLDER-OF-THE-EXAMPLES PYTHON [OPTION-OF-COMPARE_ACTIVATIONS...]
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
examples=${1:?usage: browser.sh FOLDER-OF-THE-EXAMPLES PYTHON [OPTION...]} python=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$examples/compare_activations" --quiet --output "$work" "$@" >"$work/stdout" || { cat "$work/stdout"; exit 1; }
"$python" "$here/browser_test.py" "$work/report.html" "$work/gradients.csv"
