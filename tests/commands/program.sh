#!/usr/bin/env bash
# The program gradflow itself: help, version, the error for an unknown command, completion and manual page. Once
# installed, the program must run in any folder.
#
#   program.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

commands=(compare train predict sweep activations theory)

"$gradflow" --help >help || failures=$((failures + 1))
expect "no arguments: the help" "$(cat help)" "$("$gradflow")"
for command in "${commands[@]}"; do
  expect "a line of help on $command" 1 "$(grep -cE "^  $command +[A-Z].*\.$" help)"
  "$gradflow" "$command" --help >"help.$command" || failures=$((failures + 1))
  expect "$command: usage" 1 "$(grep -c "^Usage: gradflow $command " "help.$command")"
done
expect_line "the version" "gradflow [0-9]+\.[0-9]+\.[0-9]+" "$("$gradflow" --version)"

code=0
"$gradflow" trian >stdout 2>stderr || code=$?
expect "exit code of a wrong command" 2 "$code"
expect_line "message for a wrong command" "gradflow: command: got 'trian', expected one of: compare .*; did you mean 'train'\?" \
  "$(cat stderr)"

# Completion: the words that bash would offer.
# shellcheck disable=SC1090
source <("$gradflow" --completion)
offered() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _gradflow gradflow "${!#}"
  echo "${COMPREPLY[*]}"
}
expect "commands that begin with t" "train theory" "$(offered gradflow t)"
expect "options of train that begin with --ep" "--epochs" "$(offered gradflow train --ep)"
for command in "${commands[@]}"; do
  expect "options of $command that the help has and completion does not" "" \
    "$(comm -13 <(offered gradflow "$command" -- | tr ' ' '\n' | sort) \
      <(grep -oE '^  (-h,)?--[a-z-]+' "help.$command" | sed 's/.*--/--/' | sort))"
done

# The manual page has every option of every command, and man can read it.
"$gradflow" --man >gradflow.1
for command in "${commands[@]}"; do
  expect "section on $command" 1 "$(grep -c "^\.SS gradflow $command\$" gradflow.1)"
done
expect "--epochs in the manual page: compare and train and sweep" 3 "$(grep -c 'fB\\-\\-epochs\\fR' gradflow.1)"
if command -v groff >/dev/null; then
  expect "warnings of groff about the manual page" "" "$(groff -man -Tutf8 -ww gradflow.1 2>&1 >/dev/null)"
fi

# The installed program finds the data sets of its own installation, also after the folder was moved.
cmake --install "$build" --prefix "$work/prefix" >install.log || failures=$((failures + 1))
expect "installed data sets" 1 "$(find prefix/share/gradflow/datasets -name iris.csv | wc -l)"
expect "installed manual page" 1 "$(find prefix/share/man/man1 -name gradflow.1 | wc -l)"
expect "installed completion" 1 "$(find prefix/share/bash-completion/completions -name gradflow | wc -l)"
mv prefix moved
printf 'a,b,class\n1,2,x\n2,1,y\n3,1,y\n1,3,x\n2,3,x\n3,2,y\n' >moved/share/gradflow/datasets/iris.csv
(mkdir elsewhere && cd elsewhere && "$work/moved/bin/gradflow" train --quiet --dataset iris --steps 2 --output out >stdout) ||
  failures=$((failures + 1))
expect "features of the installed data set" '["a", "b"]' \
  "$(head -c 2000 elsewhere/out/model.safetensors | tr -d '\\' | grep -aoE '"feature_names":"?\["a", ?"b"\]' | sed -E 's/.*\["a", ?/["a", /')"
finish
