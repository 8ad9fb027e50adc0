#!/usr/bin/env bash
# The files that compare and train leave: their form, that they agree with one another, and that they are
# the same bytes whatever the number of threads. The gallery of activations. And what theory and check_your_own
# conclude.
#
#   outputs.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# iris: 120 samples to train on, 4 batches an epoch, 80 steps; 3 hidden layers and the output.
compare() {
  "$gradflow" compare --quiet --dataset iris --depth 3 --width 8 \
    --activations 'sigmoid,leaky_relu(slope=0.1)' --seeds 1,2 --epochs 20 --log-every 25 "$@" >stdout ||
    failures=$((failures + 1))
}

same_bytes() {
  local file
  compare --output again --threads 4
  cp stdout compared
  for file in metrics.csv gradients.csv summary.json; do
    expect "$file with other threads" "same" "$(cmp -s out/$file again/$file && echo same)"
  done
}

# distinct COLUMNS: what gradients.csv has in them
distinct() { tail -n +2 out/gradients.csv | cut -d, -f "$1" | sort -u; }

# quantities_of CONDITION: those of the lines for which awk finds it true, each with how many they are
quantities_of() {
  awk -F, "NR > 1 && ($1) { ++count[\$5] } END { for (q in count) print q, count[q] }" out/gradients.csv | sort |
    paste -sd ' '
}

# What a layer has at every step of the runs; what lies between it and the next one; what theory says of the start.
of_layer='activation_deviation activation_mean bias_gradient_norm dead delta_norm numerically_dead saturated slope_factor'
of_layer+=' slope_mean spread update_ratio weight_gradient_norm'
of_pair='factor weight_factor'
of_start='predicted_deviation predicted_factor'

# each COUNT NAME...: as quantities_of has it
each() {
  local count=$1
  shift
  printf "%s $count\n" "$@" | sort | paste -sd ' '
}

gradients_form() {
  expect "gradients.csv header" activation,seed,step,layer,quantity,value "$(head -n 1 out/gradients.csv)"
  expect "gradients.csv runs" "leaky_relu(slope=0.1),1 leaky_relu(slope=0.1),2 sigmoid,1 sigmoid,2" \
    "$(distinct 1,2 | paste -sd ' ')"
  expect "gradients.csv steps" "0 25 50 75 79" "$(distinct 3 | sort -n | paste -sd ' ')"
  expect "gradients.csv layers" "-1 0 1 2 3" "$(distinct 4 | sort -n | paste -sd ' ')"
  # shellcheck disable=SC2086  # several names
  {
    expect "gradients.csv of no layer: 4 runs, 5 steps" "$(each 20 batch_loss)" "$(quantities_of '$4 < 0')"
    expect "gradients.csv of layer 0 at the start: 4 runs" "$(each 4 $of_layer $of_pair $of_start)" \
      "$(quantities_of '$3 == 0 && $4 == 0')"
    expect "gradients.csv of hidden layers later: 4 runs, 4 steps, 3 layers" "$(each 48 $of_layer $of_pair)" \
      "$(quantities_of '$3 > 0 && $4 >= 0 && $4 < 3')"
    expect "gradients.csv of the output: 4 runs, 5 steps" "$(each 20 $of_layer)" "$(quantities_of '$4 == 3')"
  }
  # 20 losses; 12 quantities of 4 layers and 2 of 3 at 5 steps, 2 of 3 layers at the first, of 4 runs
  expect "gradients.csv, each once" 1124 \
    "$(awk -F, 'NF == 6 && NR > 1 { print $1, $2, $3, $4, $5 }' out/gradients.csv | sort -u | wc -l)"
  expect "gradients.csv lines" 1125 "$(wc -l <out/gradients.csv)"
  expect "gradients.csv values that are no number" "" \
    "$(awk -F, 'NR > 1 && $6 !~ /^-?[0-9.]+(e[+-][0-9]+)?$/' out/gradients.csv)"
  expect "gradients.csv shares that are none" "" \
    "$(awk -F, '$5 ~ /^(saturated|dead|numerically_dead|spread)$/ && !($6 >= 0 && $6 <= 1)' out/gradients.csv)"
  # The rest is positive, but for a mean.
  expect "gradients.csv values that are not positive" "" \
    "$(awk -F, 'NR > 1 && $5 !~ /^(saturated|dead|numerically_dead|spread|activation_mean)$/ && !($6 > 0)' \
      out/gradients.csv)"
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
  names+=' validation_r2 gradient_ratio factor_per_layer gradient_start gradient_end learning'
  names+=' outcome divergence findings cures'
  expect "summary.json, the names of every run" "4 $names" \
    "$(runs out | cut -f 3 | paste -sd ' ' | sed 's/cures /cures\n/g' | sort | uniq -c | sed 's/^ *//')"
  expect "summary.json, the runs in order" "sigmoid 1 sigmoid 2 leaky_relu(slope=0.1) 1 leaky_relu(slope=0.1) 2" \
    "$(runs out | awk -F'\t' '$3 == "steps" { print $1, $2 }' | paste -sd ' ')"
  expect "summary.json, its two parts" 2 "$(grep -cE '^  "(settings": \{|runs": \[)$' out/summary.json)"
  local setting
  for setting in '"activations": ["sigmoid", "leaky_relu(slope=0.1)"]' '"depth": 3' '"width": 8' '"dataset": "iris"' \
    '"learning_rate": 0.03' '"epochs": 20' '"steps": null' '"seeds": [1, 2]' '"log_every": 25' '"samples": null'; do
    expect "summary.json has $setting" 1 "$(joined 4 out/summary.json | grep -cF "    $setting")"
  done
  command -v jq >/dev/null || return
  expect "jq reads summary.json" "4" "$(jq '.runs | length' out/summary.json)"
}

# norm ACTIVATION SEED LAYER QUANTITY [STEP]: at that step, or 0
norm() { awk -F, -v key="$1,$2,${5:-0},$3,$4" '$1 "," $2 "," $3 "," $4 "," $5 == key { print $6 }' out/gradients.csv; }

# The numbers of a run's summary, once more from gradients.csv and the last line of metrics.csv.
summary_agrees() {
  local a=$1 s=$2 ratio factor state step last
  ratio=$(awk "BEGIN { print $(norm "$a" "$s" 0 weight_gradient_norm) / $(norm "$a" "$s" 3 weight_gradient_norm) }")
  expect "gradient_ratio of $a $s" "$ratio" "$(awk "BEGIN { print $(value out "$a" "$s" gradient_ratio) }")"
  factor=$(awk "BEGIN { print ($(norm "$a" "$s" 0 delta_norm) / $(norm "$a" "$s" 3 delta_norm)) ^ (1 / 3) }")
  expect "factor_per_layer of $a $s" "$factor" "$(awk "BEGIN { print $(value out "$a" "$s" factor_per_layer) }")"
  for step in 0 79; do
    state=$(awk -v first="$(norm "$a" "$s" 0 delta_norm $step)" -v last="$(norm "$a" "$s" 3 delta_norm $step)" \
      'BEGIN { left = first / last; print (left < 0.01 ? "vanishing" : left > 100 ? "exploding" : "flowing") }')
    expect "gradient of $a $s at step $step" "$state" \
      "$(value out "$a" "$s" $([[ $step == 0 ]] && echo gradient_start || echo gradient_end))"
  done
  last=$(grep -F "$a,$s," out/metrics.csv | tail -n 1)
  expect "last steps of $a $s" "$(cut -d, -f 4 <<<"$last")" "$(value out "$a" "$s" steps)"
  expect "last loss of $a $s" "$(cut -d, -f 7 <<<"$last" | exact)" "$(value out "$a" "$s" validation_loss | exact)"
  expect "last accuracy of $a $s" "$(cut -d, -f 8 <<<"$last" | exact)" "$(value out "$a" "$s" validation_accuracy | exact)"
}

# A regression without a validation part.
regression() {
  "$gradflow" train --quiet --dataset sine --samples 50 --layers '08, 4' --activation tanh --validation 0 --steps 3 \
    --batch-size 25 --output sine >stdout || failures=$((failures + 1))
  expect "layers of train" 1 "$(joined 4 sine/summary.json | grep -cF '    "layers": [8, 4],')"
  expect "what a model says of its data" 1 \
    "$(grep -caE '"data_checksum":"50 samples, crc32 [0-9a-f]{8}"' sine/model.safetensors)"
  expect "accuracy of a regression" null "$(value sine tanh 1 train_accuracy)"
  expect "loss without validation" null "$(value sine tanh 1 validation_loss)"
  expect_between "R^2" -10 1 "$(value sine tanh 1 train_r2)"
  expect "what metrics.csv leaves empty" 2 "$(grep -cE '^tanh,1,[01],[23],0.03,[0-9.]+,,,,$' sine/metrics.csv)"
}

# agreement ACTIVATION ARGUMENT...: what theory says of measurement and theory
agreement() { "$gradflow" theory --activation "$@" | grep "^$1: measured"; }

# What the doctor says of the first run: the lesson's.
findings_form() {
  "$gradflow" compare --quiet --activations sigmoid --seeds 1,2 --no-report --steps 30 --output ten >stdout ||
    failures=$((failures + 1))
  expect "what ten layers of sigmoid suffer from" 1 \
    "$(value ten sigmoid 1 findings |
      grep -cE '^\[\{"mechanism": "vanishing by small slopes", "first_layer": 0, "last_layer": 9, "text": "[^"]+", "remedies": \["another activation: --activations tanh", ')"
  expect "the same on the terminal" 1 "$(grep -c '^  vanishing by small slopes, layers 0 to 9: ' stdout)"
  expect "what to try, each once" "$(grep '^    try ' stdout | sort -u)" "$(grep '^    try ' stdout | sort)"
  expect "an option to type" 1 "$(grep -c '^    try half as many hidden layers: --depth 5$' stdout)"
  expect "of the other seed" 1 "$(grep -c '^  The same findings\.$' stdout)"
}

# data REPORT: what a report has for its script to draw, without the elements around it
data() { sed -n 's|^<script type="application/json" id="data">\(.*\)</script>$|\1|p' "$1"; }

reports() {
  local page=out/report.html text
  expect "reports, of the main job alone and not where it is told so" "again/report.html out/report.html" \
    "$(find . -name '*.html' | sed 's|^\./||' | sort | paste -sd ' ')"
  expect_between "bytes of a report" 100000 1500000 "$(stat -c %s $page)"
  expect "line of its data" 1 "$(data $page | wc -l)"
  for text in '"name":"sigmoid","seed":"1"' '"name":"sigmoid","seed":"2"' '"name":"leaky_relu(slope=0.1)","seed":"1"' \
    '"name":"leaky_relu(slope=0.1)","seed":"2"' '["learning_rate","0.03"]' '["seeds","[1, 2]"]' '["dataset","\"iris\""]' \
    '"steps":[0,25,50,75,79]' '"points":null'; do
    expect_between "times that a report has $text" 1 4 "$(data $page | grep -oF "$text" | wc -l)"
  done
  expect "scripts of a report, its data among them" 3 "$(grep -c '<script' $page)"
  expect "what a report says on the terminal" 1 "$(grep -c '^Open in a browser: again/report.html$' compared)"
}

# A report is data, whatever the files and their columns are called.
nothing_breaks_out() {
  local evil='a</script><b>.csv' i  # as a path: a file in a folder
  mkdir 'a<'
  {
    echo 'x</script>,"<b>",class'
    for ((i = 0; i < 30; ++i)); do echo "$i.5,$((i * 7 % 11)),</script><i>$((i % 3))"; done
  } >"$evil"
  "$gradflow" compare --quiet --dataset "$evil" --steps 3 --activations tanh --output evil >stdout ||
    failures=$((failures + 1))
  expect "a raw < in the data" 0 "$(data evil/report.html | grep -c '<')"
  expect_between "times the file's name is in it" 1 9 "$(data evil/report.html | grep -oF 'u003c/script>' | wc -l)"
  expect "scripts of that report" 3 "$(grep -c '<script' evil/report.html)"
  command -v jq >/dev/null || return
  expect "jq reads the name" "\"$evil\"" \
    "$(data evil/report.html | jq -r '.settings[] | select(.[0] == "dataset") | .[1]')"
}

# Without a report; with one where it is asked for.
train_reports_when_asked() {
  local train=("$gradflow" train --quiet --dataset moons --samples 60 --steps 4)
  "${train[@]}" --report --output asked >stdout || failures=$((failures + 1))
  expect_between "points in the report of train" 30 60 \
    "$(data asked/report.html | grep -o '"points":.*' | grep -o '"class":.*' | tr -cd '01' | wc -c)"
  expect "a decision boundary" 1 "$(data asked/report.html | grep -c '"boundary":{"low":')"
}

# names REPORT: of the activations in a gallery
names() { data "$1" | grep -oE '\{"name":"[^"]+"' | cut -d '"' -f 4 | paste -sd ' '; }

gallery() {
  local page=runs/activations/report.html known drawings
  "$gradflow" activations >stdout || failures=$((failures + 1))
  drawings=$(grep -c '^[^ ]*: \* f, ' stdout)
  expect "galleries that were not asked for" "" "$(find runs -name '*.html' 2>/dev/null)"
  "$gradflow" activations --report >stdout || failures=$((failures + 1))
  known=$("$gradflow" activations --help | tr -s ' \n' ' ' | sed 's/.*draw these alone: //; s/ --range.*//')
  expect "activations of the gallery" "$known" "$(names $page)"
  expect "drawings besides" "$drawings" "$(grep -c '^[^ ]*: \* f, ' stdout)"
  expect "what is said of the gallery" "Open in a browser: $page" "$(tail -n 1 stdout)"
  expect "scripts of a gallery" 3 "$(grep -c '<script' $page)"
  "$gradflow" activations --report --draw 'tanh,leaky_relu(slope=0.1)' --range 2 --output drawn >stdout ||
    failures=$((failures + 1))
  expect "activations that were drawn" "tanh leaky_relu(slope=0.1)" "$(names drawn/report.html)"
  expect "where z begins" 1 "$(data drawn/report.html | grep -c '"z":\[-2\.0,-1\.98,')"
}

theory_agrees() {
  local factor='0\.[0-9]+ \+- [0-9.]+ a layer from layer 5 on, theory 0\.[0-9]+'
  expect_line "theory of its own activation" "signed_log: measured $factor: they agree within [01]\.[0-9] %\." \
    "$(agreement signed_log --seeds 4)"
  expect_line "theory of a narrow network" "sigmoid: measured $factor: they differ by .* %; .*" \
    "$(agreement sigmoid --seeds 4 --width 2)"
}

# What the README quotes.
fault_is_placed() {
  "$examples/check_your_own" >stdout || failures=$((failures + 1))
  expect "check_your_own of the overwritten Mish" \
    "    worst at x = -2.11: got 0.445873, expected -0.111253" \
    "$(sed -n '/^activation overwritten_mish: WRONG$/,/^$/p' stdout | grep -m 1 -A 1 '^  slope .* WRONG ' | tail -n 1)"
}

# Rows of a run that is measured at every step would take 280 MB; the program is given 100. The address sanitizer has a
# way of its own with memory, as has that for threads.
long_runs_take_no_more_memory() {
  grep -qE '__[at]san_init' "$gradflow" && return
  (ulimit -v 100000 && "$gradflow" train --quiet --dataset moons --samples 100 --batch-size 50 --layers 4,4 \
    --steps 40000 --log-every 1 --threads 1 --output long >/dev/null) || failures=$((failures + 1))
  expect "steps of the long run" 40000 "$(grep -c ,batch_loss, long/gradients.csv)"
  rm -rf long
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
findings_form
reports
nothing_breaks_out
train_reports_when_asked
gallery
theory_agrees
fault_is_placed
long_runs_take_no_more_memory
finish
