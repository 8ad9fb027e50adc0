#!/usr/bin/env bash
# Ctrl-C, SIGTERM and SIGHUP end a run after the step it is at, and all results so far are kept; a second signal ends it at
# once.
#
#   interrupt.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# start ARGUMENT...: in the background, until it has computed for half a second, which is in its training. Sets $pid.
start() {
  local looks
  rm -rf out
  # A shell that is no terminal's lets its background jobs ignore Ctrl-C.
  env --default-signal=INT,TERM,HUP "$gradflow" compare --output out "$@" >stdout 2>stderr &
  pid=$!
  for ((looks = 0; looks < deadline && $(awk '{ print $14 }' /proc/$pid/stat) < 50; ++looks)); do sleep 0.05; done
}

# last_steps FILE COLUMN: of every run in a CSV file, the largest number in that column.
last_steps() { awk -F, -v c="$2" 'NR > 1 { last[$1] = $c } END { for (a in last) print a, last[a] }' "$1" | sort; }

stops_and_keeps() {
  local signal=$1 expected=$2 begun
  start --epochs 100000 --threads 2 --log-every 1000
  kill -"$signal" $pid
  ended
  expect "exit code after $signal" "$expected" "$code"
  expect "files after $signal" "gradients.csv metrics.csv report.html summary.json" \
    "$(find out -type f -printf '%f\n' | sort | paste -sd ' ')"
  expect "message after $signal" 1 "$(grep -c '^Ended by a signal: these are the results so far.$' stdout)"
  expect "the table after $signal" 1 "$(grep -c '^activation .*learning$' stdout)"
  begun=$(runs out | awk -F'\t' '$3 == "steps" && $4 > 0 { print $1, $4 }' | sort)
  expect "runs after $signal that had begun" "1" "$([[ $begun ]] && echo 1)"
  expect "how they ended, after $signal" "interrupted" "$(runs out | awk -F'\t' '$3 == "outcome" { print $4 }' | sort -u)"
  expect "history until $signal" "$begun" "$(last_steps out/metrics.csv 4)"
  expect "numbers of rows after $signal that are cut" "" \
    "$(awk -F, 'NF != (FILENAME ~ /metrics/ ? 10 : 6)' out/metrics.csv out/gradients.csv)"
  expect "recorded until $signal" "$(awk '{ print $1, $2 - 1 - ($2 - 1) % 1000 }' <<<"$begun")" \
    "$(awk -F, '$3 % 1000 == 0' out/gradients.csv | last_steps - 3)"
}

# A step of this network takes a good part of a second, so that the second signal finds it at work.
second_kills() {
  start --quiet --dataset moons --samples 2000 --batch-size 2000 --width 500 --epochs 1000 --activations relu
  kill -INT $pid
  kill -TERM $pid
  ended
  expect_line "exit code after two signals" "130|143" "$code"  # the system may hand them over in either order
  expect "message after two signals" "" "$(cat stdout stderr)"
  expect "files after two signals" "" "$(find out -type f)"
}

stops_and_keeps INT 130
stops_and_keeps TERM 143
stops_and_keeps HUP 129
second_kills
finish
