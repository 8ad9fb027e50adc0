#!/usr/bin/env bash
# Do the wrong forms of forms.txt fail to compile, with a first error that says what to write instead, and do the right ones
# compile?
#
#   tests/misuse/forms.sh COMPILER OPTION...    the options that gradflow is compiled with
#
# Prints what is not so, and how many forms there were. Exit code 1 where something is not so.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
compile=("$@" -std=c++20 -w -Wfatal-errors)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
names=() places=() wrong=() right=() # the list, a field after the other

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
    fail "forms.txt: got ${#names[@]} form:, ${#places[@]} places:, ${#wrong[@]} wrong: and ${#right[@]} right: lines, expected as many of each"
}

# The headers, compiled once. Both g++ and clang++ take FILE.gch where FILE is included.
precompile() {
  printf '#include <%s>\n' algorithm gradflow/nn/activation.hpp gradflow/nn/losses.hpp gradflow/optim/rule_optimizer.hpp \
    >"$scratch/headers.hpp"
  "${compile[@]}" -x c++-header "$scratch/headers.hpp" -o "$scratch/headers.hpp.gch"
}

# program PLACE BODY [NUMBER]
program() { printf '#define BODY %s\nnamespace form%s {\n#include "%s.inc"\n}\n#undef BODY\n' "$2" "${3:-}" "$1"; }

# first_error <PROGRAM: the first error, or nothing where it compiles
first_error() {
  local errors
  if ! errors=$("${compile[@]}" -I "$here" -include "$scratch/headers.hpp" -fsyntax-only -x c++ - 2>&1); then
    grep -m 1 'error' <<<"$errors"
  fi
}

# right_forms: each in its places, in one program
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
    echo "${names[i]}, in ${place}: got ${error:-no error}, expected one that names select: ${wrong[i]}"
  done
done
echo "${#names[@]} forms, tried in $tried places; the right ones compile, $bad of the wrong ones are not refused as they should be"
((bad == 0))
