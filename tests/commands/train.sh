#!/usr/bin/env bash
# The command `train`: a run that diverges, and a finished run that is extended.
#
#   train.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# train ARGUMENT...: runs `gradflow train --quiet ARGUMENT...` and sets $code to its exit code.
train() {
  code=0
  "$gradflow" train --quiet "$@" >stdout 2>stderr || code=$?
}

begin() { train --dataset iris --layers 8 "$@"; }

diverged() {
  local where='step 1: layer 1 \(dense 8 -> 3, identity\): output is not finite'
  begin --learning-rate 1e38 --checkpoint-steps 1 --onnx --output diverged
  expect "exit code of a run that diverges" 1 "$code"
  expect_line "message of a run that diverges" "gradflow train: seed 1 diverged: $where; no model is written" "$(<stderr)"
  expect "files of a run that diverges" "checkpoints gradients.csv metrics.csv summary.json" "$(ls diverged | paste -sd ' ')"
  expect "the last good checkpoint" "diverged/checkpoints/seed-1/step-000000000001.safetensors" \
    "$(grep -o 'diverged/checkpoints/.*safetensors' stdout)"
  expect "the newest checkpoint" "step-000000000001.safetensors" "$(ls diverged/checkpoints/seed-1 | grep step | tail -n 1)"
}

# same FILE: checks that FILE of the extended run has the same bytes as that of the long run.
same() { expect "$1 of a run that was extended" same "$(cmp -s "whole/$1" "longer/$1" && echo same)"; }

longer() {
  local file
  begin --epochs 6 --patience 9 --schedule 'cosine(steps=40)' --output whole
  begin --epochs=3 --patience 9 --schedule 'cosine(steps=40)' --output longer
  cp longer/model.safetensors short
  train --resume longer --epochs 6
  expect "exit code and message of a run that is extended" "0 seed-1: continues from longer/checkpoints/seed-1/step-000000000012.safetensors" \
    "$code $(<stderr)"
  for file in model.safetensors metrics.csv checkpoints/seed-1/best.safetensors; do same "$file"; done
  expect "an extended run has another model" differs "$(cmp -s short longer/model.safetensors || echo differs)"
  expect "epochs in its summary" 6 "$(grep -o '"epochs": [0-9]*' longer/summary.json | grep -o '[0-9]*')"
  train --resume longer
  for file in model.safetensors metrics.csv; do same "$file"; done
  train --resume longer --steps 4
  expect_line "message of a shorter run" \
    ".* run\.total_steps: got 24, expected 4; a run can be made longer, not shorter" "$(tail -n 1 stderr)"
  train --resume longer --steps 26
  expect "exit code and steps with --steps instead of --epochs" "0 26" "$code $(value longer relu 1 steps)"
}

extended() {
  begin --epochs 3 --schedule cosine --output cosine
  train --resume cosine --epochs 6
  expect "exit code of a schedule that depends on the length" 2 "$code"
  expect_line "message of a schedule that depends on the length" \
    "gradflow train: --resume: cannot make the run longer, because the schedule 'cosine' depends on the length of the run; with --extend the run continues, .*" \
    "$(tail -n 1 stderr)"
  train --resume cosine --epochs 3
  expect "exit code of the same length" 0 "$code"
  train --resume cosine --epochs 6 --extend
  expect "a schedule that depends on the length, extended" "0 24" "$code $(value cosine relu 1 steps)"
  expect "message about the changed schedule" "with cosine, steps 0 to 11 have the learning rates of a run of 12 steps, and later steps those of a run of 24 steps." \
    "$(tr '\n' ' ' <stdout | tr -s ' ' | grep -o 'with cosine, steps 0 to 11 .* run of 24 steps\.')"
  begin --extend --output other
  expect "exit code of --extend without --resume" 2 "$code"
}

diverged
longer
extended
finish
