#!/usr/bin/env bash
# The files that compare_activations and train leave: their form, that they agree with one another, and that they are
# the same bytes whatever the number of threads. And what gradient_theory and check_your_own conclude.
#
#   outputs.sh FOLDER-OF-THE-EXAMPLES
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# iris: 120 samples to train on, 4 batches an epoch, 80 steps; 3 hidden layers and the output.
compare() {
  "$examples/compare_activations" --quiet --dataset iris --depth 3 --width 8 \
    --activations 'sigmoid,leaky_relu(slope=0.1)' --seeds 1,2 --epochs 20 --log-every 25 "$@" >stdout ||
    failures=$((failures + 1))
}

same_bytes() {
  local file
  compare --output again --threads 4
  for file in metrics.csv gradients.csv summary.json; do
    expect "$file with other threads" "same" "$(cmp -s out/$file again/$file && echo same)"
  done
}

# distinct COLUMNS: what gradients.csv has in them
distinct() { tail -n +2 out/gradients.csv | cut -d, -f "$1" | sort -u; }

gradients_form() {
  expect "gradients.csv header" activation,seed,step,layer,quantity,value "$(head -n 1 out/gradients.csv)"
  expect "gradients.csv runs" "leaky_relu(slope=0.1),1 leaky_relu(slope=0.1),2 sigmoid,1 sigmoid,2" \
    "$(distinct 1,2 | paste -sd ' ')"
  expect "gradients.csv steps" "0 25 50 75 79" "$(distinct 3 | sort -n | paste -sd ' ')"
  expect "gradients.csv layers" "0 1 2 3" "$(distinct 4 | paste -sd ' ')"
  expect "gradients.csv quantities" "bias_gradient_norm delta_norm weight_gradient_norm" "$(distinct 5 | paste -sd ' ')"
  expect "gradients.csv, each once: 4 runs, 5 steps, 4 layers, 3 quantities" 240 \
    "$(awk -F, 'NR > 1 && NF == 6 { print $1, $2, $3, $4, $5 }' out/gradients.csv | sort -u | wc -l)"
  expect "gradients.csv lines" 241 "$(wc -l <out/gradients.csv)"
  expect "gradients.csv values that are no positive number" "" \
    "$(awk -F, 'NR > 1 && !($6 ~ /^[0-9.e+-]+$/ && $6 > 0)' out/gradients.csv)"
}

metrics_form() {
  local columns=activation,seed,epoch,steps,learning_rate,train_loss,validation_loss
  columns+=,validation_accuracy,validation_mae,validation_r2
  expect "metrics.csv header" $columns "$(head -n 1 out/metrics.csv)"
  expect "metrics.csv: 20 epochs of 4 steps in each of 4 runs" 80 \
    "$(awk -F, 'NF == 10 && $4 == 4 * ($3 + 1) && $3 < 20 && $5 == 0.03 { print $1, $2, $3 }' out/metrics.csv |
      sort -u | wc -l)"
  expect "metrics.csv lines" 81 "$(wc -l <out/metrics.csv)"
}

summary_form() {
  local names='activation seed steps train_loss train_accuracy train_r2 validation_loss validation_accuracy'
  names+=' validation_r2 gradient_ratio factor_per_layer verdict outcome divergence'
  expect "summary.json, the names of every run" "4 $names" \
    "$(runs out | cut -f 3 | paste -sd ' ' | sed 's/divergence /divergence\n/g' | sort | uniq -c | sed 's/^ *//')"
  expect "summary.json, the runs in order" "sigmoid 1 sigmoid 2 leaky_relu(slope=0.1) 1 leaky_relu(slope=0.1) 2" \
    "$(runs out | awk -F'\t' '$3 == "steps" { print $1, $2 }' | paste -sd ' ')"
  expect "summary.json, its two parts" 2 "$(grep -cE '^  "(settings": \{|runs": \[)$' out/summary.json)"
  local setting
  for setting in '"activations": ["sigmoid", "leaky_relu(slope=0.1)"]' '"depth": 3' '"width": 8' '"dataset": "iris"' \
    '"learning_rate": 0.03' '"epochs": 20' '"steps": null' '"seeds": [1, 2]' '"log_every": 25' '"samples": null'; do
    expect "summary.json has $setting" 1 "$(grep -cF "    $setting" out/summary.json)"
  done
  command -v jq >/dev/null || return
  expect "jq reads summary.json" "4" "$(jq '.runs | length' out/summary.json)"
}

# norm ACTIVATION SEED LAYER QUANTITY: at step 0
norm() { awk -F, -v key="$1,$2,0,$3,$4" '$1 "," $2 "," $3 "," $4 "," $5 == key { print $6 }' out/gradients.csv; }

# The numbers of a run's summary, once more from gradients.csv and the last line of metrics.csv.
summary_agrees() {
  local a=$1 s=$2 ratio factor verdict last
  ratio=$(awk "BEGIN { print $(norm "$a" "$s" 0 weight_gradient_norm) / $(norm "$a" "$s" 3 weight_gradient_norm) }")
  expect "gradient_ratio of $a $s" "$ratio" "$(awk "BEGIN { print $(value out "$a" "$s" gradient_ratio) }")"
  factor=$(awk "BEGIN { print ($(norm "$a" "$s" 0 delta_norm) / $(norm "$a" "$s" 3 delta_norm)) ^ (1 / 3) }")
  expect "factor_per_layer of $a $s" "$factor" "$(awk "BEGIN { print $(value out "$a" "$s" factor_per_layer) }")"
  verdict=$(awk -v left="$(awk "BEGIN { print $factor ^ 3 }")" \
    'BEGIN { print (left < 0.01 ? "vanishing" : left > 100 ? "exploding" : "healthy") }')
  expect "verdict of $a $s" "$verdict" "$(value out "$a" "$s" verdict)"
  last=$(grep -F "$a,$s," out/metrics.csv | tail -n 1)
  expect "last steps of $a $s" "$(cut -d, -f 4 <<<"$last")" "$(value out "$a" "$s" steps)"
  expect "last loss of $a $s" "$(cut -d, -f 7 <<<"$last")" "$(value out "$a" "$s" validation_loss)"
  expect "last accuracy of $a $s" "$(cut -d, -f 8 <<<"$last")" "$(value out "$a" "$s" validation_accuracy)"
}

# A regression without a validation part.
regression() {
  "$examples/train" --quiet --dataset sine --samples 50 --layers '08, 4' --activation tanh --validation 0 --steps 3 \
    --batch-size 25 --output sine >stdout || failures=$((failures + 1))
  expect "layers of train" 1 "$(grep -cF '    "layers": [8, 4],' sine/summary.json)"
  expect "accuracy of a regression" null "$(value sine tanh 1 train_accuracy)"
  expect "loss without validation" null "$(value sine tanh 1 validation_loss)"
  expect_between "R^2" -10 1 "$(value sine tanh 1 train_r2)"
  expect "what metrics.csv leaves empty" 2 "$(grep -cE '^tanh,1,[01],[23],0.03,[0-9.]+,,,,$' sine/metrics.csv)"
}

# agreement ACTIVATION ARGUMENT...: what gradient_theory says of measurement and theory
agreement() { "$examples/gradient_theory" --activation "$@" | grep "^$1: measured"; }

theory_agrees() {
  local factor='0\.[0-9]+ \+- [0-9.]+ a layer from layer 5 on, theory 0\.[0-9]+'
  expect_line "gradient_theory of its own activation" "signed_log: measured $factor: they agree within [01]\.[0-9] %\." \
    "$(agreement signed_log --seeds 4)"
  expect_line "gradient_theory of a narrow network" "sigmoid: measured $factor: they differ by .* %; .*" \
    "$(agreement sigmoid --seeds 4 --width 2)"
}

# What the README quotes.
fault_is_placed() {
  "$examples/check_your_own" >stdout || failures=$((failures + 1))
  expect "check_your_own of the overwritten Mish" \
    "    worst at x = -2.11: got 0.445873, expected -0.111253" \
    "$(sed -n '/^activation overwritten_mish: WRONG$/,/^$/p' stdout | grep -m 1 -A 1 '^  slope .* WRONG ' | tail -n 1)"
}

compare --output out
same_bytes
gradients_form
metrics_form
summary_form
for activation in sigmoid 'leaky_relu(slope=0.1)'; do
  for seed in 1 2; do summary_agrees "$activation" $seed; done
done
regression
theory_agrees
fault_is_placed
finish
