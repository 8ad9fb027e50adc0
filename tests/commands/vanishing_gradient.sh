#!/usr/bin/env bash
# The example vanishing_gradient measures the same numbers as gradflow compare, to the last bit, at the same steps.
#
#   vanishing_gradient.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

"$examples/vanishing_gradient" >stdout || failures=$((failures + 1))
"$gradflow" compare --quiet --no-report --output out >compared || failures=$((failures + 1))

for activation in sigmoid tanh relu; do
  grep "^$activation,1," out/gradients.csv | cut -d, -f3- >measured
  expect "$activation: rows of delta_norm" 1 "$(($(grep -c ,delta_norm, measured) > 300))"
  tail -n +2 "runs/vanishing_gradient/$activation.csv" | grep -vE '^[0-9]+,[0-9]+,(slopes|z)(,|\[)' | cmp -s - measured
  expect "$activation: all measurements except histograms" 0 $?
  verdict=$(sed -n "/^$activation:/,/^$/p" stdout | grep -c 'the gradient .* on the way to layer 0')
  expect "$activation: a verdict" 1 "$verdict"
done
expect "the printed norm of dL/dz at layer 0 of sigmoid" "$(awk -F, '$3 == "0" && $4 == "0" && $5 == "delta_norm" && $1 == "sigmoid" { printf "%.9g\n", $6 }' out/gradients.csv)" \
  "$(awk '/^sigmoid:/ { inside = 1 } inside && $1 == "0" { print $2; exit }' stdout)"
finish
