#!/usr/bin/env bash
# Can the tests fail? Plants the faults of planted_faults.txt, one at a time, in a copy of the tree, and expects the tests
# that are named there to turn red. They must be green without a fault.
#
#   tests/planted_faults.sh            all of them, in about NN minutes
#   tests/planted_faults.sh TEXT       those whose name has the text
#   tests/planted_faults.sh --help     this text
#
# Prints each fault and the tests that caught it. Exit code 1 where one was not caught.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
original=$(dirname "$here")
copy=$original/build/planted_faults
# What is copied: all that the library and its tests are built from.
parts=(CMakeLists.txt CMakePresets.json framework tests datasets)

# take_over FILE: into the copy, where it differs. Its time is then new, and what it goes into is built anew.
take_over() {
  cmp -s "$original/$1" "$copy/$1" || install -D "$original/$1" "$copy/$1"
}

make_copy() {
  local file
  mkdir -p "$copy"
  (cd "$copy" && find . -path ./build -prune -o -type f -print) | while read -r file; do
    [[ -e $original/$file ]] || rm "$copy/$file"
  done
  (cd "$original" && find "${parts[@]}" -type f) | while read -r file; do take_over "$file"; done
}

# plant FILE FROM TO
plant() {
  local text
  text=$(<"$copy/$1")
  local rest=${text#*"$2"}
  [[ $rest != "$text" && $rest != *"$2"* ]] || fail "$1: got not exactly one place, expected one: $2"
  printf '%s\n' "${text%%"$2"*}$3$rest" >"$copy/$1"
}

# build_tests FOLDER/NAME...
build_tests() { build debug "${@/#/test_}"; }

# run_test FOLDER_NAME: the names of the tests that fail; "(crashed)" where the program does not come to its end.
run_test() {
  local out status=0
  out=$(timeout 600 "$copy/build/debug/tests/test_$1" 2>&1) || status=$?
  ((status == 0)) && return
  sed -n 's/^\[  FAILED  \] \([^ ,]*\).*(.*ms)$/\1/p' <<<"$out" | sort -u | paste -sd ' '
  ((status == 1)) || echo "(crashed)"
}

# check_fault NAME FILE FROM TO TEST...
check_fault() {
  local name=$1 file=$2 test red
  plant "$2" "$3" "$4"
  shift 4
  echo "fault: $name"
  build_tests "${@//\//_}"
  for test; do
    red=$(run_test "${test//\//_}")
    echo "  $test: ${red:-GREEN}"
    [[ -n $red ]] || missed+=("$name: $test")
  done
  take_over "$file"
}

case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p;}' "$here/planted_faults.sh"
    exit 0
    ;;
esac
wanted=${1:-}
make_copy
# From here on $root is the copy.
# shellcheck source=support/build.sh
source "$copy/tests/support/build.sh"

# The list, a field after the other.
names=() files=() froms=() tos=() tests=()
while read -r key value; do
  case $key in
    fault:) names+=("$value") ;;
    file:) files+=("$value") ;;
    from:) froms+=("$value") ;;
    to:) tos+=("$value") ;;
    tests:) tests+=("$value") ;;
    '' | '#'*) ;;
    *) fail "planted_faults.txt: got '$key', expected one of: fault: file: from: to: tests:" ;;
  esac
done <"$here/planted_faults.txt"
chosen=()
for i in "${!names[@]}"; do
  [[ ${names[i]} == *"$wanted"* ]] && chosen+=("$i")
done
((${#chosen[@]})) || fail "no fault has '$wanted' in its name"

missed=()
configure debug -DGRADFLOW_TESTS=ON -DGRADFLOW_EXAMPLES=OFF -DCMAKE_CXX_FLAGS_DEBUG=-O1
mapfile -t programs < <(for i in "${chosen[@]}"; do printf '%s\n' "${tests[i]// /$'\n'}"; done | sort -u)
build_tests "${programs[@]//\//_}"
for program in "${programs[@]}"; do
  red=$(run_test "${program//\//_}")
  [[ -z $red ]] || fail "without a fault, $program: got red: $red, expected green"
done
for i in "${chosen[@]}"; do
  read -ra programs <<<"${tests[i]}"
  check_fault "${names[i]}" "${files[i]}" "${froms[i]}" "${tos[i]}" "${programs[@]}"
done
for red in "${missed[@]}"; do echo "not caught: $red"; done
echo "${#chosen[@]} faults planted, ${#missed[@]} tests did not see theirs"
((${#missed[@]} == 0))
