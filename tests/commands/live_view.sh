#!/usr/bin/env bash
# The live view of the gradient. It appears only on a terminal, and follows the locale and NO_COLOR. It disappears at the
# end, also after Ctrl-C.
#
#   live_view.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

if ! script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
  echo "skipped: needs script and pseudo-terminals"
  finish
fi

escape=$'\x1b'

# on_terminal VARIABLE=VALUE... COMMAND: runs gradflow COMMAND on a terminal of 40 rows and 100 columns, and writes its
# output to the file `shown`.
on_terminal() {
  local -a variables=()
  while [[ $1 == *=* ]]; do
    variables+=("$1")
    shift
  done
  env -u NO_COLOR TERM=xterm "${variables[@]}" script -qec "stty rows 40 cols 100; $gradflow $1" shown >/dev/null
}

# count PATTERN [GREP-OPTION...]: prints the number of lines in `shown` that match PATTERN.
count() { grep -c "${@:2}" -e "$1" shown; }

# last_line_of RUN: prints how often `shown` has the final line of this run, with its time.
last_line_of() { grep -a "$1" shown | grep -ac ' in [0-9]*:[0-9]'; }

layer='0 dense 64 -> 32, sigmoid  '
compare="compare --activations sigmoid --epochs 20 --overwrite --output out"

shows_layers() {
  on_terminal LC_ALL=C.UTF-8 "$compare" </dev/null
  expect "layers in UTF-8" "some" "$( (($(count "$layer" -a) > 0)) && echo some)"
  expect "sparks and bars in UTF-8" "some" "$( (($(count "[▁▂▃▄▅▆▇█▏]" -aP) > 0)) && echo some)"
  expect "health in colour" "some" "$( (($(count "$escape\[33m.*vanishing$escape\[m" -a) > 0)) && echo some)"
  expect "final line of the run" 1 "$(last_line_of 'sigmoid seed 1')"
  on_terminal LC_ALL=C NO_COLOR=1 "train --layers 8 --epochs 20 --overwrite --output out" </dev/null
  expect "layers in ASCII" "some" "$( (($(count '1 dense 8 -> 10, identity  .*[#*+=]  *flowing' -a) > 0)) && echo some)"
  expect "characters beyond ASCII" 0 "$(count '[^\x00-\x7f]' -aP)"
  expect "colours with NO_COLOR" 0 "$(count "$escape\[[0-9;]*m" -a)"
}

# shows_none WHAT: checks that there are no escape sequences and no live view.
shows_none() {
  expect "escape sequences $1" 0 "$(count "$escape" -a)"
  expect "layers $1" 0 "$(count "$layer" -a)"
}

shows_none_elsewhere() {
  on_terminal TERM=dumb "$compare" </dev/null
  shows_none "with TERM=dumb"
  expect "plain lines with TERM=dumb" 10 "$(count '^sigmoid seed 1' -a)"
  on_terminal "$compare --quiet" </dev/null
  shows_none "with --quiet"
  expect "plain lines with --quiet" 0 "$(count '^sigmoid seed 1' -a)"
  # shellcheck disable=SC2086
  TERM=xterm "$gradflow" $compare >shown 2>&1
  shows_none "in a file"
  expect "plain lines in a file" 10 "$(count '^sigmoid seed 1' -a)"
}

# Presses Ctrl-C as soon as the live view appears.
leaves_a_clean_screen() {
  local looks
  : >shown
  {
    for ((looks = 0; looks < 1000 && $(count "$layer" -a) == 0; ++looks)); do sleep 0.05; done
    printf '\003'
    for ((looks = 0; looks < 1000 && $(count '^Script done' -a) == 0; ++looks)); do sleep 0.05; done
  } | on_terminal LC_ALL=C.UTF-8 "compare --activations sigmoid --epochs 1000000 --log-every 1000000 --overwrite --output out"
  expect "message after Ctrl-C" 1 "$(count '^Ended by a signal: these are the results so far.' -a)"
  expect "final line of the run after Ctrl-C" 1 "$(last_line_of 'sigmoid seed 1')"
  expect "layers below the final line" 0 "$(sed '1,/ in [0-9]*:[0-9]/d' shown | grep -ac "dense ")"
  expect "escape sequences that are not expected" "" "$(grep -ao "$escape\[[0-9;?]*[A-Za-z]" shown | sort -u | grep -vE '\[(J|11A|33m|32m|m)$')"
  expect "the last colour" "${escape}[m" "$(grep -ao "$escape\[[0-9;]*m" shown | tail -n 1)"
}

shows_layers
shows_none_elsewhere
leaves_a_clean_screen
finish
