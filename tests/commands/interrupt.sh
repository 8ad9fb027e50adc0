#!/usr/bin/env bash
# Ctrl-C, SIGTERM and SIGHUP end a run after the current step, and keep all results so far. A second signal ends the
# program immediately.
#
#   interrupt.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# start ARGUMENT...: starts compare in the background, and waits until it has used 0.5 s of processor time: then it is
# training. Sets $pid.
start() {
  local looks
  rm -rf out
  # A shell that is not interactive starts background jobs that ignore Ctrl-C; env undoes this.
  env --default-signal=INT,TERM,HUP "$gradflow" compare --output out "$@" >stdout 2>stderr &
  pid=$!
  for ((looks = 0; looks < deadline && $(awk '{ print $14 }' /proc/$pid/stat) < 50; ++looks)); do sleep 0.05; done
}

# last_steps FILE COLUMN: prints each activation of a CSV file with the last number in that column.
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
  expect "some runs have started before $signal" "1" "$([[ $begun ]] && echo 1)"
  expect "outcomes after $signal" "interrupted" "$(runs out | awk -F'\t' '$3 == "outcome" { print $4 }' | sort -u)"
  expect "history until $signal" "$begun" "$(last_steps out/metrics.csv 4)"
  expect "incomplete rows after $signal" "" \
    "$(awk -F, 'NF != (FILENAME ~ /metrics/ ? 10 : 6)' out/metrics.csv out/gradients.csv)"
  expect "recorded until $signal" "$(awk '{ print $1, $2 - 1 - ($2 - 1) % 1000 }' <<<"$begun")" \
    "$(awk -F, '$3 % 1000 == 0' out/gradients.csv | last_steps - 3)"
}

# A step of this network takes a large part of a second, so the second signal arrives during a step.
second_kills() {
  start --quiet --dataset moons --samples 2000 --batch-size 2000 --width 500 --epochs 1000 --activations relu
  kill -INT $pid
  kill -TERM $pid
  ended
  expect_line "exit code after two signals" "130|143" "$code"  # the system may deliver the signals in either order
  expect "message after two signals" "" "$(cat stdout stderr)"
  expect "files after two signals" "" "$(find out -type f)"
}

stops_and_keeps INT 130
stops_and_keeps TERM 143
stops_and_keeps HUP 129
second_kills
finish
