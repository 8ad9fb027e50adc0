#!/usr/bin/env bash
# Tests that the tests can fail. Plants the faults of planted_faults.txt, one at a time, in a copy of the tree. The test
# programs named there must fail with the fault, and pass without it.
#
#   tests/planted_faults.sh            plants all faults: about half an hour on two idle cores
#   tests/planted_faults.sh TEXT       plants the faults whose name contains TEXT
#   tests/planted_faults.sh --list     lists the faults, and fails if one of them can no longer be planted
#   tests/planted_faults.sh --help     prints this text
#
# Prints each fault and the tests that failed. Exit code 1 if a test program did not fail.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
original=$(dirname "$here")
copy=$original/build/planted_faults
# The parts of the tree that are copied: everything that the library and its tests need.
parts=(CMakeLists.txt CMakePresets.json README.md framework tests datasets)
names=() files=() froms=() tos=() tests=()  # the list: one array for each field

# shellcheck source=../framework/tools/build.sh
source "$here/../framework/tools/build.sh"

read_list() {
  local key value
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
}

# planted FILE FROM TO: prints the text of the file with FROM replaced by TO. Fails unless FROM occurs exactly once.
planted() {
  local text rest
  text=$(<"$1")
  rest=${text#*"$2"}
  [[ $rest != "$text" && $rest != *"$2"* ]] || fail "${1#"$root/"}: got no or several places, expected exactly one: $2"
  printf '%s\n' "${text%%"$2"*}$3$rest"
}

list() {
  local i test
  for i in "${!names[@]}"; do
    planted "$original/${files[i]}" "${froms[i]}" "${tos[i]}" >/dev/null
    for test in ${tests[i]}; do
      [[ -e $here/${test}_test.cpp ]] || fail "planted_faults.txt: got $test, expected the name of a test program"
    done
    echo "${names[i]} (${tests[i]})"
  done
  echo "${#names[@]} faults"
}

# take_over FILE: copies the file into the copy of the tree if it differs there. The file then has a new time, so that
# all targets that use it are built again.
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

# build_tests FOLDER/NAME...: builds these test programs.
build_tests() {
  local targets=("${@//\//_}")
  build debug "${targets[@]/#/test_}"
}

# run_test FOLDER/NAME: prints the names of the tests that fail, or during which the program ends. Prints nothing if all
# pass.
run_test() {
  local out status=0 failed
  out=$(timeout 600 "$copy/build/debug/tests/test_${1//\//_}" 2>&1) || status=$?
  ((status == 0)) && return
  failed=$(sed -n 's/^\[  FAILED  \] \([^ ,]*\).*(.*ms)$/\1/p' <<<"$out")
  ((status == 1)) || failed+=$'\n'$(sed -n 's/^\[ RUN      \] //p' <<<"$out" | tail -n 1)
  sort -u <<<"$failed" | sed '/^$/d' | paste -sd ' '
}

# check_fault NUMBER: plants this fault, runs its test programs, and removes the fault.
check_fault() {
  local file=${files[$1]} test red programs
  read -ra programs <<<"${tests[$1]}"
  planted "$copy/$file" "${froms[$1]}" "${tos[$1]}" >"$copy/$file.planted"
  mv "$copy/$file.planted" "$copy/$file"
  echo "fault: ${names[$1]}"
  build_tests "${programs[@]}"
  for test in "${programs[@]}"; do
    red=$(run_test "$test")
    echo "  $test: ${red:-did not fail}"
    [[ -n $red ]] || missed+=("${names[$1]}: $test")
  done
  take_over "$file"
}

read_list
case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p;}' "$here/planted_faults.sh"
    exit 0
    ;;
  --list)
    list
    exit 0
    ;;
esac

chosen=() programs=() missed=()
for i in "${!names[@]}"; do
  [[ ${names[i]} == *"${1:-}"* ]] || continue
  chosen+=("$i")
  read -ra more <<<"${tests[i]}"
  programs+=("${more[@]}")
done
((${#chosen[@]})) || fail "no fault has '$1' in its name"
mapfile -t programs < <(printf '%s\n' "${programs[@]}" | sort -u)

make_copy
root=$copy  # from here on, configure and build work on the copy
configure debug -DGRADFLOW_TESTS=ON -DGRADFLOW_EXAMPLES=OFF -DCMAKE_CXX_FLAGS_DEBUG=-O1
build_tests "${programs[@]}"
for program in "${programs[@]}"; do
  red=$(run_test "$program")
  [[ -z $red ]] || fail "without a fault, $program: got failures: $red, expected none"
done
for i in "${chosen[@]}"; do check_fault "$i"; done
for red in "${missed[@]}"; do echo "not found: $red"; done
echo "${#chosen[@]} faults planted, ${#missed[@]} test programs did not find theirs"
((${#missed[@]} == 0))
