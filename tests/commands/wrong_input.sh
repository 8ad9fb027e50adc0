#!/usr/bin/env bash
# Errors of the commands for wrong input: one line on stderr, "command: where: what: got G, expected E; hint". The exit
# code is 2 for wrong usage and 1 for a failure. No results are written, not even parts of them.
#
#   wrong_input.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

inside=()  # a command, with arguments, that runs the command under test

# run CODE REGEX COMMAND ARGUMENT...: runs `gradflow COMMAND ARGUMENT...`, and checks its exit code and the one line on
# stderr. REGEX leaves out the start "gradflow COMMAND: ".
run() {
  local code=$1 regex=$2 got=0
  shift 2
  timeout 60 "${inside[@]}" "$gradflow" "$@" >stdout 2>stderr || got=$?
  expect "exit code of: $*" "$code" "$got"
  expect_line "stderr of: $*" "gradflow $1: $regex" "$(cat stderr)"
  expect "lines on stderr of: $*" 1 "$(wc -l <stderr)"
  expect "temporary files of: $*" "" "$(find . -name '*.new-*')"
}

# refuses CODE REGEX COMMAND ARGUMENT...: like run, and checks that there are no results.
refuses() {
  rm -rf out
  run "$@"
  expect "stdout of: ${*:3}" "" "$(cat stdout)"
  expect "files of: ${*:3}" "" "$(find out -type f 2>/dev/null)"
}

compare=(compare --quiet --epochs 1 --output out)
sweep=(sweep --quiet --steps 1 --output out)
train=(train --quiet --epochs 1 --output out)
moons=("${compare[@]}" --dataset moons)

# csv NAME TEXT: writes TEXT to the file. TEXT may have the escapes of printf.
csv() {
  # shellcheck disable=SC2059
  printf "$2" >"$1.csv"
}

wrong_names() {
  refuses 2 "option: got '--dpeth', expected an option of gradflow compare; did you mean '--depth'\?" "${compare[@]}" --dpeth 3
  refuses 2 "argument: got 'stray', expected an option of gradflow compare; .* --help shows all options" "${compare[@]}" stray
  refuses 2 "--activations: activation: got 'tahn', expected one of: .*; did you mean 'tanh'\?" \
    "${compare[@]}" --activations relu,tahn
  refuses 2 "--activations: activation: got '', expected one of: .*" "${compare[@]}" --activations ''
  refuses 2 "--activations: got 'relu' twice, expected each item once" "${compare[@]}" --activations 'relu, tanh, relu'
  refuses 2 "--activations: activation: got 'ta\?nh', expected one of: .*" "${compare[@]}" --activations $'ta\nnh'
  refuses 2 "--dataset: dataset: got 'digit', expected one of: .*; did you mean 'digits'\?" \
    "${compare[@]}" --dataset digit
  refuses 2 "--optimizer: optimizer: got 'sdg', expected one of: .*; did you mean 'sgd'\?" \
    "${compare[@]}" --optimizer sdg
  refuses 2 "--init: initializer: got 'glorot', expected one of: .*" "${compare[@]}" --init glorot
  refuses 2 "--loss: loss: got 'crossentropy', expected one of: .*; did you mean 'cross_entropy'\?" \
    "${compare[@]}" --loss crossentropy
  refuses 2 "--class-weights: class weights: got 'even', expected one of: none balanced" \
    "${compare[@]}" --class-weights even
  refuses 2 "--class-weights: got 'balanced' for a regression, expected none" \
    "${compare[@]}" --dataset diabetes --class-weights balanced
  refuses 2 "--schedule: schedule: got 'cos', expected one of: .*" "${compare[@]}" --schedule cos
  refuses 2 "--scale: scale: got 'minmax', expected one of: .*; did you mean 'min_max'\?" "${compare[@]}" --scale minmax
  refuses 2 "--target: target: got 'class', expected one of: classes values; did you mean 'classes'\?" \
    "${compare[@]}" --dataset some.csv --target class
  refuses 2 "--activation: activation: got 'x', expected one of: .*" "${train[@]}" --activation x
  refuses 2 "option: got '--depth', expected an option of .*; compare and theory have '--depth'" "${train[@]}" --depth 3
  refuses 2 "--inits: initializer: got 'he_norml', expected one of: .*; did you mean 'he_normal'\?" \
    "${sweep[@]}" --inits auto,he_norml
  refuses 2 "option: got '--init', expected an option of .*; did you mean '--inits'\?" "${sweep[@]}" --init auto
  refuses 2 "--activations: got 'relu' twice, expected each item once" "${sweep[@]}" --activations relu,relu
  refuses 2 "--draw: activation: got 'x', expected one of: .*" activations --draw x
  refuses 2 "--activation: activation: got 'signed_lg', expected one of: .*; did you mean 'signed_log'\?" \
    theory --activation signed_lg
}

wrong_parameters() {
  refuses 2 "--activations: leaky_relu: parameter: got 'slop', expected one of: slope; did you mean 'slope'\?" \
    "${compare[@]}" --activations 'leaky_relu(slop=1)'
  refuses 2 "--optimizer: sgd: momentum: got 2, expected a number in \[0, 1\)" \
    "${compare[@]}" --optimizer 'sgd(momentum=2)'
  refuses 2 "--optimizer: optimizer: got 'sgd\(momentum=0.9', expected name or name\(key=number, ...\)" \
    "${compare[@]}" --optimizer 'sgd(momentum=0.9'
  refuses 2 "--optimizer: optimizer: parameter: got 'momentum', expected key=number" \
    "${compare[@]}" --optimizer 'sgd(momentum)'
  refuses 2 "--dataset: spirals: arms: got 2.5, expected a whole number" "${compare[@]}" --dataset 'spirals(arms=2.5)'
}

wrong_numbers() {
  refuses 2 "--depth: got 'ten', expected a whole number of at least 0" "${compare[@]}" --depth ten
  refuses 2 "--depth: got '-1', expected a whole number of at least 0" "${compare[@]}" --depth -1
  refuses 2 "--depth: got '1e99', expected a whole number of at least 0" "${compare[@]}" --depth 1e99
  refuses 2 "--depth: the value is missing" "${compare[@]}" --depth
  refuses 2 "--output: got '--depth', expected a value" "${compare[@]}" --output --depth
  refuses 2 "--width: got '0', expected a whole number of at least 1" "${compare[@]}" --width 0
  refuses 2 "--batch-size: got '0', expected a whole number of at least 1" "${compare[@]}" --batch-size 0
  refuses 2 "--epochs: got '0', expected a whole number of at least 1" "${compare[@]}" --epochs 0
  refuses 2 "--steps: got '0', expected a whole number of at least 1" "${compare[@]}" --steps 0
  refuses 2 "--threads: got '0', expected a whole number of at least 1" "${compare[@]}" --threads 0
  refuses 2 "--learning-rate: got '-1', expected a number of at least 0" "${compare[@]}" --learning-rate -1
  refuses 2 "--learning-rate: got 'nan', expected a number of at least 0" "${compare[@]}" --learning-rate nan
  refuses 2 "--learning-rate: got 'inf', expected a number of at least 0" "${compare[@]}" --learning-rate inf
  refuses 2 "--validation: got '1.5', expected a number in \[0, 0.95\]" "${compare[@]}" --validation 1.5
  refuses 2 "--seeds: seed: got 'x', expected a whole number of at least 0" "${compare[@]}" --seeds 1,x
  refuses 2 "--seeds: seed: got '', expected a whole number of at least 0" "${compare[@]}" --seeds ''
  refuses 2 "--seeds: got '1' twice, expected each item once" "${compare[@]}" --seeds 1,2,1
  refuses 2 "--samples: got '0', expected a whole number of at least 1" "${moons[@]}" --samples 0
  refuses 2 "--noise: got 'nan', expected a number in \[0, 1e\+06\]" "${moons[@]}" --noise nan
  refuses 2 "--layers: width: got '0', expected a whole number of at least 1" "${train[@]}" --layers 0
  refuses 2 "--layers: width: got '', expected a whole number of at least 1" "${train[@]}" --layers ''
  refuses 2 "--layers: width: got '', expected a whole number of at least 1" "${train[@]}" --layers 64,,32
  refuses 2 "--depths: depth: got 'ten', expected a whole number of at least 0" "${sweep[@]}" --depths 2,ten
  refuses 2 "--depths: depth: got '', expected a whole number of at least 0" "${sweep[@]}" --depths ''
  refuses 2 "--width: got '0', expected a whole number of at least 1" "${sweep[@]}" --width 0
  refuses 2 "--trains-above: got '1.5', expected a number in \[-1, 1\]" "${sweep[@]}" --trains-above 1.5
  refuses 2 "--range: got '0', expected a number in \[0.001, 1000\]" activations --range 0
  refuses 2 "--depth: got '1', expected a whole number of at least 2" theory --depth 1
}

# Options that are valid alone, but not together.
wrong_combinations() {
  refuses 2 "--loss: got 'cross_entropy' for a regression, expected one of: mse mae huber" \
    "${compare[@]}" --dataset diabetes --loss cross_entropy
  refuses 2 "--samples: dataset: got 'digits', expected one of: moons .*" "${compare[@]}" --samples 100
  refuses 2 "--label: dataset: got 'iris', expected a CSV file" "${compare[@]}" --dataset iris --label 0
  refuses 2 "--no-header: dataset: got 'moons', expected a CSV file" "${moons[@]}" --no-header
  refuses 2 "--validation: validation part: got 0 of 150 samples, expected at least 1; .*" \
    "${compare[@]}" --dataset iris --validation 0.0001
  refuses 2 "--validation: training part: got 0 of 2 samples, expected at least 1; .*" \
    "${moons[@]}" --samples 2 --validation 0.9
  refuses 2 "--dataset: classes of 'spirals\(arms=1\)': got 1, expected at least 2" \
    "${compare[@]}" --dataset 'spirals(arms=1)'
  refuses 2 "--schedule: 'on_plateau' needs a validation part; .*" \
    "${moons[@]}" --validation 0 --epochs 2 --schedule on_plateau
  refuses 2 "--.* excludes --.*" "${moons[@]}" --epochs 2 --steps 5
}

# refuses_csv REGEX TEXT [ARGUMENT...]: compare must refuse a file bad.csv with this TEXT. REGEX is the part of the error
# after the file name.
refuses_csv() {
  csv bad "$2"
  refuses 1 "bad.csv$1" "${compare[@]}" --dataset bad.csv "${@:3}"
}

wrong_files() {
  refuses 1 "missing.csv: cannot read: No such file or directory" "${compare[@]}" --dataset missing.csv
  refuses 1 "missing.csv: cannot read: No such file or directory" "${sweep[@]}" --dataset missing.csv
  refuses 1 "./: cannot read: Is a directory" "${compare[@]}" --dataset ./
  refuses_csv ": got an empty file, expected rows of numbers and a label" ''
  refuses_csv ": got only a header, expected rows of data below it" 'a,b,label\n'
  refuses_csv ":3: columns: got 2, expected 3" 'a,b,c\n1,2,x\n1,2\n'
  refuses_csv ":2: column 'b': got 'two', expected a number" 'a,b,c\n1,two,x\n3,4,y\n'
  refuses_csv ":2: column 'b': got 'nan', expected a finite number" 'a,b,c\n1,nan,x\n3,4,y\n'
  refuses_csv ":3: column 'a': got '-inf', expected a finite number" 'a,b,c\n1,2,x\n-inf,4,y\n'
  refuses_csv ":3: got a blank line, expected a row or the end of the file" 'a,b,c\n1,2,x\n\n3,4,y\n'
  refuses_csv ":2: column 2: got a quote that is never closed, expected a closing quote" 'a,b,c\n1,2,"x\n3,4,y\n'
  refuses_csv ":1: columns: got 1, expected at least 2: .*; is ';' the separator\?" 'a;b\n1;x\n2;y\n'
  refuses_csv ":1: header: got '1', expected a column name; for a file without a header add --no-header" '1,2,x\n3,4,y\n'
  refuses_csv ":2: column 'c': got an empty field, expected a class" 'a,b,c\n1,2,\n3,4,y\n'
  refuses_csv ": classes in column 'c': got only 'x', expected at least 2" 'a,b,c\n1,2,x\n3,4,x\n'
  refuses_csv ": label: got 'd', expected one of: a b c.*" 'a,b,c\n1,2,x\n3,4,y\n' --label d
  refuses_csv ": label: got position 3, expected a position from -3 to 2" 'a,b,c\n1,2,x\n3,4,y\n' --label 3
  refuses_csv ":2: column 'c': got 'x', expected a number" 'a,b,c\n1,2,x\n3,4,y\n' --target values
  refuses_csv ":1: column 0: got a NUL byte, expected text; .*" '\177ELF\1\0\0\0,\0\n'
  refuses_csv ":2: column 'a': got '1\?2', expected a number" 'a,c\n"1\n2",x\n3,y\n'
  refuses 2 "--separator: got ',,', expected one character, or tab" "${compare[@]}" --dataset bad.csv --separator ,,
}

wrong_output() {
  : >file
  refuses 1 "file: cannot make the folder: .*: Not a directory" "${compare[@]}" --output file
  refuses 1 "file: cannot make the folder: .*: Not a directory" "${sweep[@]}" --output file
  refuses 1 "/proc/gradflow: cannot make the folder: .*" "${sweep[@]}" --output /proc/gradflow
  refuses 1 "file: cannot make the folder: .*: Not a directory" activations --report --output file
  refuses 1 "file/out: cannot make the folder: .*: Not a directory" "${compare[@]}" --output file/out
  refuses 1 "/proc/gradflow: cannot make the folder: .*" "${compare[@]}" --output /proc/gradflow
}

# with_fashion_mnist COMMAND: lets later commands see a data-set folder of Fashion-MNIST with only the files that the shell
# command COMMAND makes. Needs root.
with_fashion_mnist() {
  local folder=/usr/share/datasets
  # shellcheck disable=SC2016
  inside=(unshare -m bash -c 'mount -t tmpfs none "$0" && mkdir "$0/fashion-mnist" && cd "$0/fashion-mnist" &&
                              eval "$1" && cd "$OLDPWD" && exec "${@:2}"' "$folder" "$1")
  "${inside[@]}" true 2>/dev/null && return
  echo "skipped: a test folder mounted at $folder needs root and that folder"
  inside=()
  return 1
}

wrong_fashion_mnist() {
  local fashion=("${train[@]}" --dataset fashion-mnist) missing="; Fashion-MNIST is in Debian's package .*"
  if with_fashion_mnist :; then
    refuses 1 "/.*/train-images-idx3-ubyte.gz: cannot read$missing: No such file or directory" "${fashion[@]}"
  fi
  # shellcheck disable=SC2016
  if with_fashion_mnist 'for part in train t10k; do
                           printf "\0\0\010\003\0\0\0\002\0\0\0\034\0\0\0\034too short" >$part-images-idx3-ubyte
                           printf "\0\0\010\001\0\0\0\002\001\002" >$part-labels-idx1-ubyte
                         done'; then
    refuses 1 "/.*/train-images-idx3-ubyte: .*got 9.*, expected 1568.*" "${fashion[@]}"
  fi
  inside=()
}

# On a full disk, the files that could be written are complete, and the results are printed.
full_disk() {
  rm -rf out
  # shellcheck disable=SC2016
  inside=(bash -c 'trap "" XFSZ && ulimit -f 8 && exec "$0" "$@"')
  run 1 "out/gradients.csv: cannot write: File too large" "${compare[@]}" --log-every 1
  inside=()
  expect "files on the full disk" "out/metrics.csv out/summary.json" "$(find out -type f | sort | paste -sd ' ')"
  expect "end of the complete summary.json" "}" "$(tail -n 1 out/summary.json)"
  expect "lines of the complete metrics.csv" 4 "$(wc -l <out/metrics.csv)"
  expect "the table is printed" 1 "$(grep -c '^activation .*learning' stdout)"
}

# If standard output cannot be written, the result files are kept.
unprintable() {
  local target code
  for target in /dev/full closed; do
    rm -rf out && code=0
    if [[ $target == closed ]]; then
      "$gradflow" compare "${compare[@]:1}" >&- 2>stderr || code=$?
    else
      "$gradflow" compare "${compare[@]:1}" >"$target" 2>stderr || code=$?
    fi
    expect "exit code with stdout $target" 1 "$code"
    expect_line "stderr with stdout $target" "gradflow compare: standard output: cannot write: .*" "$(cat stderr)"
    expect "files with stdout $target" 4 "$(find out -type f | wc -l)"
  done
}

# Skipped with the address sanitizer, because it handles a lack of memory differently.
too_large() {
  grep -q __asan_init "$gradflow" && return
  # shellcheck disable=SC2016
  inside=(bash -c 'ulimit -v 1000000 && exec "$0" "$@"')
  refuses 1 "not enough memory for the data and the network; choose .*" "${compare[@]}" --width 100000
  refuses 1 "not enough memory for the data and the network; choose .*" "${moons[@]}" --samples 18446744073709551615
  inside=()
}

wrong_names
wrong_parameters
wrong_numbers
wrong_combinations
wrong_files
wrong_output
wrong_fashion_mnist
full_disk
unprintable
too_large
finish
