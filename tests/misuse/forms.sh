#!/usr/bin/env bash
# Tests that the wrong forms of forms.txt do not compile and that the right forms do. The first error of each wrong form
# must tell what to write instead: select.
#
#   tests/misuse/forms.sh COMPILER OPTION...    the options that gradflow is compiled with
#
# Prints each form that fails this test, and the number of forms. Exit code 1 if any form fails.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
compile=("$@" -std=c++20 -w -Wfatal-errors)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
names=() places=() wrong=() right=() # the list: one array for each field

fail() {
  echo "forms.sh: $*"
  exit 1
}

read_forms() {
  local key value
  while read -r key value; do
    case $key in
      form:) names+=("$value") ;;
      places:) places+=("$value") ;;
      wrong:) wrong+=("$value") ;;
      right:) right+=("$value") ;;
      '' | '#'*) ;;
      *) fail "forms.txt: got '$key', expected one of: form: places: wrong: right:" ;;
    esac
  done <"$here/forms.txt"
  ((${#names[@]} > 0 && ${#places[@]} == ${#names[@]} && ${#wrong[@]} == ${#names[@]} && ${#right[@]} == ${#names[@]})) ||
    fail "forms.txt: got ${#names[@]} form:, ${#places[@]} places:, ${#wrong[@]} wrong: and ${#right[@]} right: lines, expected the same number of each, at least 1"
}

# precompile: compiles the headers once. g++ and clang++ both read FILE.gch instead of FILE.
precompile() {
  printf '#include <%s>\n' algorithm gradflow/nn/activation.hpp gradflow/nn/losses.hpp gradflow/optim/rule_optimizer.hpp \
    >"$scratch/headers.hpp"
  "${compile[@]}" -x c++-header "$scratch/headers.hpp" -o "$scratch/headers.hpp.gch"
}

# program PLACE BODY [NAME]: prints a program with BODY in PLACE.inc, in the namespace formNAME.
program() { printf '#define BODY %s\nnamespace form%s {\n#include "%s.inc"\n}\n#undef BODY\n' "$2" "${3:-}" "$1"; }

# first_error <PROGRAM: prints the compiler's first error, or nothing if the program compiles.
first_error() {
  local errors
  if ! errors=$("${compile[@]}" -I "$here" -include "$scratch/headers.hpp" -fsyntax-only -x c++ - 2>&1); then
    grep -m 1 'error' <<<"$errors"
  fi
}

# right_forms: prints one program with every right form in all of its places.
right_forms() {
  local i place
  for i in "${!names[@]}"; do
    for place in ${places[i]}; do program "$place" "${right[i]}" "_${place}_$i"; done
  done
}

read_forms
precompile
error=$(right_forms | first_error)
[[ -z $error ]] || fail "a right form does not compile: $error"
tried=0 bad=0
for i in "${!names[@]}"; do
  for place in ${places[i]}; do
    tried=$((tried + 1))
    error=$(program "$place" "${wrong[i]}" | first_error)
    [[ $error != *select* ]] || continue
    bad=$((bad + 1))
    echo "${names[i]}, in ${place}: got ${error:-no error}, expected an error that names select: ${wrong[i]}"
  done
done
echo "${#names[@]} forms in $tried places: all right forms compile; $bad of the wrong forms compile or have another error"
((bad == 0))
