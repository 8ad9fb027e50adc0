#!/usr/bin/env bash
# Can the tests fail? Plants the faults of planted_faults.txt, one at a time, in a copy of the tree, and expects the tests
# that are named there to turn red. They must be green without a fault.
#
#   tests/planted_faults.sh            all of them, in half an hour or so on two cores, more where they have other work
#   tests/planted_faults.sh TEXT       those whose name has the text
#   tests/planted_faults.sh --list     only says what they are, and whether each can still be planted
#   tests/planted_faults.sh --help     this text
#
# Prints each fault and the tests that caught it. Exit code 1 where one was not caught.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
original=$(dirname "$here")
copy=$original/build/planted_faults
# What is copied: all that the library and its tests are built from.
parts=(CMakeLists.txt CMakePresets.json README.md framework tests datasets)
names=() files=() froms=() tos=() tests=()  # the list, a field after the other

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

# planted FILE FROM TO: the file's text with the fault; FROM has to stand there once.
planted() {
  local text rest
  text=$(<"$1")
  rest=${text#*"$2"}
  [[ $rest != "$text" && $rest != *"$2"* ]] || fail "${1#"$root/"}: got not exactly one place, expected one: $2"
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

# build_tests FOLDER/NAME...
build_tests() {
  local targets=("${@//\//_}")
  build debug "${targets[@]/#/test_}"
}

# run_test FOLDER/NAME: the names of the tests that fail, and of one that ends the program; nothing where all pass.
run_test() {
  local out status=0 failed
  out=$(timeout 600 "$copy/build/debug/tests/test_${1//\//_}" 2>&1) || status=$?
  ((status == 0)) && return
  failed=$(sed -n 's/^\[  FAILED  \] \([^ ,]*\).*(.*ms)$/\1/p' <<<"$out")
  ((status == 1)) || failed+=$'\n'$(sed -n 's/^\[ RUN      \] //p' <<<"$out" | tail -n 1)
  sort -u <<<"$failed" | sed '/^$/d' | paste -sd ' '
}

# check_fault NUMBER
check_fault() {
  local file=${files[$1]} test red programs
  read -ra programs <<<"${tests[$1]}"
  planted "$copy/$file" "${froms[$1]}" "${tos[$1]}" >"$copy/$file.planted"
  mv "$copy/$file.planted" "$copy/$file"
  echo "fault: ${names[$1]}"
  build_tests "${programs[@]}"
  for test in "${programs[@]}"; do
    red=$(run_test "$test")
    echo "  $test: ${red:-GREEN}"
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
root=$copy  # what is configured and built from here on
configure debug -DGRADFLOW_TESTS=ON -DGRADFLOW_EXAMPLES=OFF -DCMAKE_CXX_FLAGS_DEBUG=-O1
build_tests "${programs[@]}"
for program in "${programs[@]}"; do
  red=$(run_test "$program")
  [[ -z $red ]] || fail "without a fault, $program: got red: $red, expected green"
done
for i in "${chosen[@]}"; do check_fault "$i"; done
for red in "${missed[@]}"; do echo "not caught: $red"; done
echo "${#chosen[@]} faults planted, ${#missed[@]} tests did not see theirs"
((${#missed[@]} == 0))
