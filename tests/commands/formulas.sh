#!/usr/bin/env bash
# Activations that are typed as formulas, in every command: the same numbers in whatever form they are typed, files that
# are read back, errors with a caret, and a line about a formula that no network can learn with.
#
#   formulas.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

plain='z*sigmoid(1.7*z)'
parameters='formula(z*sigmoid(b*z), b=1.7)'

# gradflow ARGUMENT...: runs the program and sets $code to its exit code.
gradflow() {
  code=0
  "$gradflow" "$@" >stdout 2>stderr || code=$?
}

compared() {
  gradflow compare --activations "sigmoid, z * sigmoid(1.70*z),$parameters" --dataset iris --depth 3 --epochs 4 --no-report \
    --quiet --output compared
  expect "exit code of compare" 0 "$code"
  expect "names in the results" "sigmoid $plain $parameters" \
    "$(grep -o '"activation": "[^"]*"' compared/summary.json | cut -d'"' -f4 | paste -sd ' ')"
  grep -F "$plain,1," compared/gradients.csv | sed "s/^[^,]*,//" >first
  grep -F "\"$parameters\",1," compared/gradients.csv | sed 's/^"[^"]*",//' >second
  expect "rows of a formula" 1 "$(($(wc -l <first) > 100))"
  expect "the same formula with a parameter: the same numbers" 0 "$(cmp -s first second; echo $?)"
  gradflow compare --activations "$plain, z*sigmoid( 1.7 * z )" --dataset iris --output twice
  expect "the same formula twice" \
    "2 gradflow compare: --activations: got '$plain' twice, expected each one once" "$code $(<stderr)"
}

trained() {
  local begin=(train --dataset iris --layers 8,8 --quiet --activation)
  gradflow "${begin[@]}" "$parameters" --epochs 6 --output whole
  gradflow "${begin[@]}" "$parameters" --epochs 3 --output resumed
  gradflow train --quiet --resume resumed --epochs 6
  expect "exit code of a run that is resumed" 0 "$code"
  expect "the model of a run that is resumed" 0 "$(cmp -s whole/model.safetensors resumed/model.safetensors; echo $?)"
  gradflow "${begin[@]}" "$plain" --epochs 6 --output plain
  expect "metrics of the same formula" 0 \
    "$(cmp -s <(cut -d, -f2- plain/metrics.csv) <(sed 's/^"[^"]*",/,/; s/^,//' whole/metrics.csv | sed '1s/^activation,//'); echo $?)"
  for run in whole plain; do
    gradflow predict "$run/model.safetensors" "$datasets/iris.csv"
    expect "exit code of predict, $run" 0 "$code"
    cp stdout "$run.predicted"
  done
  expect "predictions of the same formula" 0 "$(cmp -s whole.predicted plain.predicted; echo $?)"
}

elsewhere() {
  gradflow sweep --activations "tanh,$parameters" --dataset iris --depths 1,2 --seeds 1 --epochs 2 --quiet --output sweep
  expect "exit code of sweep" 0 "$code"
  expect "runs of the sweep" 6 "$(grep -cF "\"$parameters\"," sweep/sweep.csv)"
  gradflow sweep --activations "tanh,$parameters" --dataset iris --depths 1,2 --seeds 1 --epochs 2 --quiet --output sweep
  expect "a sweep that is there already" 1 "$(grep -c '12 of 12 runs are in' stdout)"
  gradflow activations --draw "$plain,tanh"
  expect "a drawing" "0 1" "$code $(grep -cF "$plain: * f, . f'" stdout)"
  gradflow compare --activations "$plain" --dataset moons --samples 200 --depth 2 --steps 30 --cure --no-report --quiet --output cure
  expect "exit code of --cure" 0 "$code"
}

# A typed activation agrees with theory within 1 % at width 256, as one that is compiled.
theory() {
  gradflow theory --activation "$plain" --sigma-w 1.3
  expect "exit code of theory" 0 "$code"
  expect_between "difference from theory in %" 0 1 "$(grep -o 'agree within [0-9.]* %' stdout | grep -o '[0-9.]* %' | tr -d ' %')"
}

wrong() {
  gradflow compare --activations 'tanh,z*sigmod(z)'
  expect "exit code of a wrong formula" 2 "$code"
  expect "the lines of a wrong formula" "  z*sigmod(z)|    ^" "$(tail -n 2 stderr | paste -sd '|')"
  expect_line "the error of a wrong formula" \
    "gradflow compare: --activations: activation: column 3: got 'sigmod', expected a function: .*; did you mean 'sigmoid'\\?" \
    "$(head -n 1 stderr)"
  gradflow train --activation tahn
  expect_line "a name is no formula" ".*got 'tahn', expected one of: .*; did you mean 'tanh'\\?" "$(<stderr)"
}

# finding FORMULA REGEX
finding() {
  gradflow activations --draw "$1"
  expect_line "finding of $1" "$2" "$(<stderr)"
}

findings() {
  finding 'select(z <= 0, -1, 1)' "formula select\\(z <= 0, -1, 1\\): f' is 0 everywhere, so .*"
  finding 'select(z <= 0, z, z + 1)' 'formula .*: f jumps by 1 at z = 0, but .*'
  finding 'sqrt(z)' 'formula sqrt\(z\): f is NaN at z = -0.01, so .*'
  finding 'exp(z)/exp(z)*z' 'formula .*: f is NaN at z = 1000, so .*'
  finding '(exp(z) - 1)*exp(-z)' 'formula .*: f is NaN at z = -?1000, so .*'
  gradflow activations --draw "$plain,max(z, 0)^2,select(z <= 0, 0.1*z, z),sin(z)"
  expect "finding of sound formulas" "0 " "$code $(<stderr)"
}

datasets=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../datasets" && pwd)
compared
trained
elsewhere
theory
wrong
findings
finish
