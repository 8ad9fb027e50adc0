#!/usr/bin/env bash
# After any fault, the files that a run has saved are complete, and the run resumes from them and ends with the same bytes.
#
#   faults.sh FOLDER-OF-THE-BUILD FAULTS-SHIM
#
# GRADFLOW_KILLS: the number of random moments at which runs are killed [20].
shim=$(readlink -f "$2")
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"
if [[ -d /dev/shm ]]; then  # in memory, fsync takes no time
  rm -rf "$work"
  work=$(mktemp -d -p /dev/shm)
  cd "$work" || exit 1
fi

folder=$work/run
short=(--dataset iris --layers 4 --steps 30 --checkpoint-steps 10 --log-every 10 --seed 1)
train=("${short[@]}")

# begin ARGUMENT...: runs train in a new folder, through the command ARGUMENT..., which causes the fault. Sets $code to the
# exit code.
begin() {
  rm -rf "$folder"
  code=0
  # Hides the message of the shell about a killed process.
  { "$@" "$gradflow" train "${train[@]}" --quiet --output "$folder" >stdout 2>stderr; } 2>/dev/null || code=$?
}

with_fault() { env LD_PRELOAD="$shim" FAULT_FOLDER="$folder" "$@"; }

# reference: keeps the results of an undisturbed run in the folder `whole`.
reference() {
  begin
  expect "exit code of the undisturbed run" 0 "$code"
  rm -rf whole
  mv "$folder" whole
}

# whole_again WHAT: resumes the run from its newest checkpoint, or starts it again if there is none. It must end with the
# results of the undisturbed run.
whole_again() {
  local newest expected=
  newest=$(find "$folder/checkpoints" -name 'step-*.safetensors' 2>/dev/null | sort | tail -n 1)
  code=0
  if [[ $newest ]]; then
    expected="seed-1: continues from $newest"
    "$gradflow" train --resume "$folder" --quiet >stdout 2>stderr || code=$?
  else
    lost=$((lost + 1))
    rm -rf "$folder"
    "$gradflow" train "${train[@]}" --quiet --output "$folder" >stdout 2>stderr || code=$?
  fi
  expect "$1: exit code of the resumed run" 0 "$code"
  expect "$1: message of the resumed run" "$expected" "$(<stderr)"
  # The older checkpoints may differ, and a killed run has more of them.
  expect "$1: files that differ" "" "$(diff -rq whole "$folder" | grep -v "^Only in .*: step-" || true)"
}

# operations OF: prints the number of file operations of this kind in a run.
operations() {
  begin with_fault FAULT_OF="$1" FAULT_AT=0 FAULT_COUNT="$work/count"
  cat count
}

killed_at_every_operation() {
  local at all
  all=$(operations any)
  lost=0
  for ((at = 1; at <= all; ++at)); do
    begin with_fault FAULT_OF=any FAULT=kill FAULT_AT=$at
    [[ $code == 137 ]] || expect "exit code of a run that was killed at operation $at" 137 "$code"
    whole_again "killed at operation $at"
  done
  echo "killed at each of $all file operations, $lost times before the first checkpoint"
}

# Each operation fails once. The run may continue, or end with exit code 1 and a message.
fails_at_every() {
  local of=$1 error=$2 at all failed=0
  all=$(operations "$of")
  lost=0
  for ((at = 1; at <= all; ++at)); do
    begin with_fault FAULT_OF="$of" FAULT="$error" FAULT_AT=$at
    if [[ $code != 0 ]]; then
      failed=$((failed + 1))
      expect "exit code if $of $at fails" 1 "$code"
      expect_line "message if $of $at fails" "gradflow train: $folder.*: [A-Z].*" "$(<stderr)"
    fi
    whole_again "$of $at fails"
  done
  echo "$of failed at each of its $all calls: $failed runs ended with exit code 1"
}

short_writes() {
  local at all
  all=$(operations write)
  for ((at = 1; at <= all; ++at)); do
    begin with_fault FAULT_OF=write FAULT=short FAULT_AT=$at
    expect "exit code if write $at is short" 0 "$code"
    expect "files that differ if write $at is short" "" "$(diff -rq whole "$folder")"
  done
  echo "$all short writes"
}

disk_full() {
  local at
  for at in 1 5 12 20; do
    begin with_fault FAULT_OF=write FAULT=28 FAULT_AT=$at FAULT_ON=1
    expect "exit code if the disk is full from write $at on" 1 "$code"
    expect_line "message if the disk is full from write $at on" \
      "gradflow train: $folder.*: cannot write: No space left on device" "$(<stderr)"
    whole_again "disk full from write $at on"
  done
}

limits() {
  begin bash -c 'ulimit -f 2; exec "$@"' limited
  expect "exit code with a limit on files" 1 "$code"
  expect_line "message with a limit on files" "gradflow train: $folder.*: cannot write: File too large" "$(<stderr)"
  whole_again "a limit on files"
  train=("${short[@]}" --layers 9000,9000)
  begin bash -c 'ulimit -v 400000; exec "$@"' limited
  expect "exit code without memory" 1 "$code"
  expect_line "message without memory" "gradflow train: not enough memory for the data and the network; choose a smaller network or batch" "$(<stderr)"
  train=("${short[@]}")
}

# A folder given by --output that has results is refused, and keeps them. Without --output, the next free folder is used.
folders() {
  local before other=("$gradflow" train "${short[@]}" --quiet)
  begin
  before=$(cat "$folder"/*.csv "$folder/summary.json")
  code=0
  "${other[@]}" --seed 2 --output "$folder" >stdout 2>stderr || code=$?
  expect "exit code of another run in a folder with results" 2 "$code"
  expect "message of another run in a folder with results" \
    "gradflow train: --output: '$folder': got checkpoints of another run, expected a folder without results; --overwrite replaces them" \
    "$(<stderr)"
  expect "results after another run was refused" "$before" "$(cat "$folder"/*.csv "$folder/summary.json")"
  "${other[@]}" --seed 2 --output "$folder" --overwrite >stdout 2>stderr || code=$?
  expect "seeds after --overwrite" "    \"seeds\": [2]," "$(joined 4 "$folder/summary.json" | grep '"seeds"')"
  rm -rf runs
  "${other[@]}" >stdout && "${other[@]}" >stdout && "${other[@]}" --overwrite >stdout
  expect "folders of three runs; the last overwrites" "iris-train iris-train-2" "$(ls runs | paste -sd ' ')"
}

resume_refuses() {
  code=0
  "$gradflow" train --resume nowhere >stdout 2>stderr || code=$?
  expect "exit code if there is nothing to resume" 2 "$code"
  expect "message if there is nothing to resume" \
    "gradflow train: --resume: 'nowhere' has no undamaged checkpoint" "$(<stderr)"
  code=0
  "$gradflow" train --resume "$folder" --batch-size 99 >stdout 2>stderr || code=$?
  expect "exit code of --resume with another setting" 2 "$code"
  expect_line "message of --resume with another setting" "gradflow train: --batch-size: not allowed with --resume, because .*" \
    "$(<stderr)"
}

# start_long: starts a run in the background that is long enough to be disturbed. Sets $pid.
start_long() {
  rm -rf "$folder"
  train=("${short[@]}" --steps 150000 --checkpoint-steps 5000)
  env --default-signal=INT,TERM,HUP "$gradflow" train "${train[@]}" --quiet --output "$folder" >stdout 2>stderr &
  pid=$!
}

signals() {
  local name
  for name in INT TERM HUP; do
    start_long
    for ((looks = 0; looks < deadline && $(find "$folder" -name 'step-*[1-9]*' 2>/dev/null | wc -l) < 1; ++looks)); do
      sleep 0.01
    done
    kill -$name $pid
    ended
    expect "exit code after SIG$name" $((128 + $(kill -l $name))) "$code"
    expect "command to resume after SIG$name" 1 "$(grep -c "^To continue: .*train --resume $folder$" stdout)"
    whole_again "SIG$name"
  done
}

removed_folder() {
  start_long
  for ((looks = 0; looks < deadline && $(find "$folder" -name 'step-*[1-9]*' 2>/dev/null | wc -l) < 1; ++looks)); do
    sleep 0.01
  done
  rm -rf "$folder"
  ended
  expect "exit code if the folder was removed" 1 "$code"
  expect_line "message if the folder was removed" "gradflow train: $folder.*: cannot write: No such file or directory" \
    "$(<stderr)"
  expect "results if the folder was removed" 1 "$(grep -c '^activation .*learning$' stdout)"
}

closed_pipe() {
  begin bash -c '"$@" | head -n 1 >/dev/null; exit "${PIPESTATUS[0]}"' piped
  expect_line "exit code with a closed pipe" "0|141" "$code"
  expect "files that differ with a closed pipe" "" "$(diff -rq whole "$folder")"
}

one_writer() {
  start_long
  for ((looks = 0; looks < deadline && $(find "$folder" -name 'step-*' 2>/dev/null | wc -l) < 1; ++looks)); do
    sleep 0.01
  done
  code=0
  "$gradflow" train --resume "$folder" --quiet >/dev/null 2>second || code=$?
  expect "exit code of a second writer" 1 "$code"
  expect_line "message of a second writer" "gradflow train: $folder: another run writes into this folder: .*busy" \
    "$(grep -v 'continues from' second)"
  code=0
  "$gradflow" train "${short[@]}" --overwrite --output "$folder" --quiet >/dev/null 2>second || code=$?
  expect_line "message of a second writer that would overwrite" "gradflow train: $folder: another run writes .*" "$(<second)"
  kill -KILL $pid
  ended
}

# Kills and resumes the run again and again, until it ends.
killed_at_random() {
  local kills=${GRADFLOW_KILLS:-20} i begun_again=0 newest now
  train=("${short[@]}" --steps 150000 --checkpoint-steps 5000)
  reference
  RANDOM=1
  lost=0
  for ((i = 0; i < kills; ++i)); do
    start_long
    newest=0
    while :; do
      sleep "0.$(printf '%03d' $((RANDOM % 120)))"
      kill -KILL $pid 2>/dev/null || break
      ended
      now=$(find "$folder" -name 'step-*.safetensors' 2>/dev/null | sort | tail -n 1 | sed 's/.*step-0*\([0-9]\)/\1/; s/\..*//')
      ((${now:-0} >= newest)) || expect "newest checkpoint of kill $i" "at least $newest" "${now:-none}"
      newest=${now:-0}
      ((++i < kills)) || break
      "$gradflow" train --resume "$folder" --quiet >/dev/null 2>stderr &
      pid=$!
      begun_again=$((begun_again + 1))
    done
    ended
    whole_again "killed at random"
  done
  echo "killed at $kills random moments, resumed $begun_again times, $lost times before the first checkpoint"
}

reference
killed_at_every_operation
fails_at_every write 5
fails_at_every fsync 5
fails_at_every rename 5
fails_at_every open 13
short_writes
disk_full
limits
closed_pipe
folders
resume_refuses
killed_at_random
signals
removed_folder
one_writer
finish
