#!/usr/bin/env bash
# .npy files in the commands: the same runs, models and predictions as with the same table in a CSV file, and errors for
# arrays and options that do not fit.
#
#   npy.sh FOLDER-OF-THE-BUILD
datasets=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../datasets" && pwd)
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# gradflow ARGUMENT...: runs the program and sets $code to its exit code.
gradflow() {
  code=0
  "$gradflow" "$@" >stdout 2>stderr || code=$?
}

# npy NAME TYPE SHAPE FORTRAN-ORDER NUMBER...: writes an array of one-byte numbers.
npy() {
  local header bytes
  header=$(printf "%-117s" "{'descr': '$2', 'fortran_order': $4, 'shape': $3, }")
  bytes=$(printf '\\%03o' "${@:5}")
  # shellcheck disable=SC2059
  printf "\x93NUMPY\1\0\x76\0$header\n$bytes" >"$1.npy"
}

# Makes x.npy and y.npy from the rows of the table iris.csv, in which the features are whole tenths of a
# centimetre. x_in_columns.npy is x.npy in Fortran order.
make_arrays() {
  awk -F, -v OFS=, 'NR == 1 { print; next }
    { for (i = 1; i < NF; ++i) $i = sprintf("%d", 10 * $i + 0.5); print }' "$datasets/iris.csv" >iris.csv
  local rows
  rows=$(tail -n +2 iris.csv)
  # shellcheck disable=SC2046
  npy x '|u1' '(150, 4)' False $(cut -d, -f1-4 <<<"$rows" | tr , ' ')
  # shellcheck disable=SC2046
  npy x_in_columns '|i1' '(150, 4)' True $(for column in 1 2 3 4; do cut -d, -f$column <<<"$rows"; done)
  # shellcheck disable=SC2046
  npy y '|i1' '(150,)' False $(cut -d, -f5 <<<"$rows")
  # shellcheck disable=SC2046
  npy two '|u1' '(150, 2)' False $(awk -F, '{ print $1, $3 }' <<<"$rows")
  cut -d, -f1-4 iris.csv >features.csv
}

same() { expect "$1" same "$(cmp -s "$2" "$3" && echo same)"; }

# Both runs have the same numbers, so they make the same predictions. Their models differ in the names of the features.
trained() {
  local train=(train --layers 8,8 --epochs 5 --quiet) run
  gradflow "${train[@]}" --dataset iris.csv --output csv
  gradflow "${train[@]}" --dataset x.npy --targets y.npy --output npy
  expect "exit code of train" 0 "$code"
  expect "settings of the run" "x.npy y.npy classes null" \
    "$(for name in dataset targets target label; do grep -o "\"$name\": [^,]*" npy/summary.json | head -n 1 | cut -d' ' -f2 | tr -d '"'; done | paste -sd ' ')"
  gradflow "${train[@]}" --dataset x_in_columns.npy --targets y.npy --output columns
  same "model of an array in Fortran order" {npy,columns}/model.safetensors
  for run in csv npy; do
    gradflow predict $run/model.safetensors features.csv && cp stdout $run.csv
    gradflow predict $run/model.safetensors features.csv --output $run.npy
    expect "exit code of predict, $run" 0 "$code"
    gradflow predict $run/model.safetensors x.npy && cp stdout $run.of_array.csv
    gradflow predict $run/model.safetensors x_in_columns.npy --output $run.of_array.npy
    expect "exit code of predict for an array, $run" 0 "$code"
  done
  expect "rows of the predictions" 151 "$(wc -l <csv.csv)"
  expect "header of the predictions" class,0,1,2 "$(head -n 1 csv.csv)"
  expect "size of the array" $((128 + 150 * 3 * 4)) "$(wc -c <csv.npy)"
  for run in csv.of_array npy npy.of_array; do
    same "predictions of $run" csv.csv $run.csv
    same "array of predictions of $run" csv.npy $run.npy
  done
  same "metrics" {csv,npy}/metrics.csv
  same "gradients" {csv,npy}/gradients.csv
}

resumed() {
  gradflow train --layers 8,8 --epochs 2 --quiet --dataset x.npy --targets y.npy --output longer
  gradflow train --quiet --resume longer --epochs 5
  expect "exit code of a run that is resumed" 0 "$code"
  same "model of a run that is resumed" {npy,longer}/model.safetensors
  cp y.npy before.npy
  printf '\0' | dd of=y.npy bs=1 seek=277 conv=notrunc status=none
  gradflow train --quiet --resume longer --epochs 6
  expect "exit code of a run whose targets have changed" 1 "$code"
  expect_line "error of a run whose targets have changed" "gradflow train: longer/checkpoints/.*: run.data: got .*" \
    "$(tail -n 1 stderr)"
  mv before.npy y.npy
}

# In a regression with two values for each row, both are in their own units.
values() {
  gradflow train --dataset x.npy --targets two.npy --target values --layers 16 --epochs 60 --quiet --output values
  expect "exit code of a regression" 0 "$code"
  gradflow predict values/model.safetensors x.npy
  expect "header of two values" value0,value1 "$(head -n 1 stdout)"
  expect_between "first value of the first row" 45 57 "$(sed -n 2p stdout | cut -d, -f1)"
  expect_between "second value of the first row" 8 20 "$(sed -n 2p stdout | cut -d, -f2)"
  gradflow predict values/model.safetensors x.npy --output values.npy
  expect "size of the array of two values" $((128 + 150 * 2 * 4)) "$(wc -c <values.npy)"
}

others() {
  gradflow compare --activations tanh --depth 2 --epochs 2 --no-report --quiet --dataset x.npy --targets y.npy
  expect "exit code of compare" 0 "$code"
  expect "folder of the results" yes "$([[ -e runs/x/summary.json ]] && echo yes)"
  local sweep=(sweep --activations tanh --inits auto --depths 1,2 --seeds 1 --epochs 2 --no-report --quiet --output sweep
    --dataset x.npy --targets y.npy)
  gradflow "${sweep[@]}"
  expect "exit code of sweep" 0 "$code"
  gradflow "${sweep[@]}"
  expect "a sweep that is there already" 1 "$(grep -c '2 of 2 runs are in' stdout)"
  cp y.npy before.npy
  printf '\0' | dd of=y.npy bs=1 seek=277 conv=notrunc status=none
  gradflow "${sweep[@]}"
  expect "exit code of a sweep whose targets have changed" 2 "$code"
  expect_line "a sweep whose targets have changed" "gradflow sweep: sweep/sweep.json: content_of_targets: got .*" "$(<stderr)"
  mv before.npy y.npy
}

# refuses CODE REGEX ARGUMENT...: train must end with this code and error, and write nothing.
refuses() {
  gradflow train --quiet --epochs 1 --output out "${@:3}"
  expect "exit code of: ${*:3}" "$1" "$code"
  expect_line "error of: ${*:3}" "gradflow train: $2" "$(<stderr)"
  expect "files of: ${*:3}" "" "$(find out -type f 2>/dev/null)"
}

wrong() {
  local x=(--dataset x.npy)
  refuses 2 "--dataset: got 'x.npy' without targets, expected a file with targets: --targets y.npy" "${x[@]}"
  refuses 2 "--targets: dataset: got 'iris.csv', expected a .npy file with the features" --dataset iris.csv --targets y.npy
  refuses 2 "--targets: dataset: got 'moons', expected a .npy file with the features" --targets y.npy --dataset moons
  refuses 2 "--label: dataset: got 'x.npy', expected a CSV file" "${x[@]}" --targets y.npy --label 0
  refuses 2 "--no-header: dataset: got 'x.npy', expected a CSV file" "${x[@]}" --targets y.npy --no-header
  refuses 2 "--separator: dataset: got 'x.npy', expected a CSV file" "${x[@]}" --targets y.npy --separator ';'
  refuses 2 "--target: dataset: got 'iris', expected a CSV or .npy file" --dataset iris --target values
  refuses 2 "--samples: dataset: got 'x.npy', expected one of: moons .*" "${x[@]}" --targets y.npy --samples 10
  refuses 1 "missing.npy: cannot read: No such file or directory" --dataset missing.npy --targets y.npy
  refuses 1 "missing.npy: cannot read: No such file or directory" "${x[@]}" --targets missing.npy
  refuses 1 "iris.csv: got a file of another format, expected a .npy file; in Python: numpy.save\('x.npy', x\)" \
    "${x[@]}" --targets iris.csv
  npy short '|u1' '(3,)' False 0 1 2
  refuses 1 "short.npy: rows: got 3, expected 150, as in x.npy" "${x[@]}" --targets short.npy
  refuses 1 "x.npy: columns: got 4, expected 1, which has the classes; for a regression .*\(--target values\); .*" \
    "${x[@]}" --targets x.npy
  npy cut '|u1' '(150, 4)' False 1 2 3
  refuses 1 "cut.npy: bytes after the header: got 3, expected 600 for the shape \(150, 4\) and the type '\|u1'; the file is cut off" \
    --dataset cut.npy --targets y.npy
  npy big '>f4' '(1,)' False 0 0 192 127
  refuses 1 "big.npy: type: got '>f4', big-endian numbers, expected .*; in Python: x.astype\('<f4'\)" \
    --dataset big.npy --targets y.npy
  npy nan '<f4' '(2, 1)' False 0 0 0 0 0 0 192 127
  npy halves '<f4' '(2,)' False 0 0 0 0 0 0 0 63
  npy zero_one '|b1' '(2,)' False 0 1
  refuses 1 "nan.npy: sample 1, feature 0: got nan, expected a finite number" --dataset nan.npy --targets zero_one.npy
  refuses 1 "halves.npy: class of sample 1: got 0.5, expected a whole number .*; for a regression .* \(--target values\)" \
    --dataset zero_one.npy --targets halves.npy
  refuses 1 "nan.npy: sample 1, target 0: got nan, expected a finite number" --dataset zero_one.npy --targets nan.npy --target values
  refuses 2 "--loss: got 'cross_entropy' for a regression, expected one of: .*" \
    "${x[@]}" --targets two.npy --target values --loss cross_entropy
}

make_arrays
trained
resumed
values
others
wrong
finish
