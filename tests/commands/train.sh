#!/usr/bin/env bash
# How `train` ends when its run diverges.
#
#   train.sh FOLDER-OF-THE-EXAMPLES
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# train ARGUMENT...: sets $code.
train() {
  code=0
  "$examples/train" --quiet --dataset iris --layers 8 "$@" >stdout 2>stderr || code=$?
}

diverged() {
  local where='step 1: layer 1 \(dense 8 -> 3, identity\): output is not finite'
  train --learning-rate 1e38 --checkpoint-steps 1 --onnx --output diverged
  expect "exit code of a run that diverges" 1 "$code"
  expect_line "message of a run that diverges" "train: seed 1 diverged: $where; it leaves no model" "$(<stderr)"
  expect "files of a run that diverges" "checkpoints gradients.csv metrics.csv summary.json" "$(ls diverged | paste -sd ' ')"
  expect "the last good checkpoint" "diverged/checkpoints/seed-1/step-000000000001.safetensors" \
    "$(grep -o 'diverged/checkpoints/.*safetensors' stdout)"
  expect "the newest checkpoint" "step-000000000001.safetensors" "$(ls diverged/checkpoints/seed-1 | grep step | tail -n 1)"
}

diverged
finish
