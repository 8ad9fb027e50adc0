#!/usr/bin/env bash
# The files that compare and train write: their format, agreement between the files, and the same bytes with any number
# of threads. Also the gallery of activations, and the conclusions of theory and check_your_own.
#
#   outputs.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# iris: 120 training samples, 4 batches an epoch, 80 steps. The network has 3 hidden layers and the output layer.
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

# distinct COLUMNS: prints the distinct values in these columns of gradients.csv.
distinct() { tail -n +2 out/gradients.csv | cut -d, -f "$1" | sort -u; }

# quantities_of CONDITION: prints the quantities in the rows for which this awk condition is true, with their counts.
quantities_of() {
  awk -F, "NR > 1 && ($1) { ++count[\$5] } END { for (q in count) print q, count[q] }" out/gradients.csv | sort |
    paste -sd ' '
}

# Quantities of each layer at every recorded step, of each pair of neighbouring layers, and predictions of theory at step 0.
of_layer='activation_deviation activation_mean bias_gradient_norm dead delta_norm numerically_dead saturated slope_factor'
of_layer+=' slope_mean spread update_ratio weight_gradient_norm'
of_pair='factor weight_factor'
of_start='predicted_deviation predicted_factor'

# each COUNT NAME...: prints the names with COUNT, in the format of quantities_of.
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
  # shellcheck disable=SC2086  # each variable holds several names
  {
    expect "gradients.csv of no layer: 4 runs, 5 steps" "$(each 20 batch_loss)" "$(quantities_of '$4 < 0')"
    expect "gradients.csv of layer 0 at the start: 4 runs" "$(each 4 $of_layer $of_pair $of_start)" \
      "$(quantities_of '$3 == 0 && $4 == 0')"
    expect "gradients.csv of hidden layers later: 4 runs, 4 steps, 3 layers" "$(each 48 $of_layer $of_pair)" \
      "$(quantities_of '$3 > 0 && $4 >= 0 && $4 < 3')"
    expect "gradients.csv of the output: 4 runs, 5 steps" "$(each 20 $of_layer)" "$(quantities_of '$4 == 3')"
  }
  # 20 losses. For each of 4 runs: 12 quantities of 4 layers and 2 of 3 layers at 5 steps, and 2 of 3 layers at step 0.
  expect "gradients.csv, distinct rows" 1124 \
    "$(awk -F, 'NF == 6 && NR > 1 { print $1, $2, $3, $4, $5 }' out/gradients.csv | sort -u | wc -l)"
  expect "gradients.csv lines" 1125 "$(wc -l <out/gradients.csv)"
  expect "gradients.csv values that are not numbers" "" \
    "$(awk -F, 'NR > 1 && $6 !~ /^-?[0-9.]+(e[+-][0-9]+)?$/' out/gradients.csv)"
  expect "gradients.csv shares outside [0, 1]" "" \
    "$(awk -F, '$5 ~ /^(saturated|dead|numerically_dead|spread)$/ && !($6 >= 0 && $6 <= 1)' out/gradients.csv)"
  # All other quantities are positive, except activation_mean, which may have any sign.
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

# norm ACTIVATION SEED LAYER QUANTITY [STEP]: prints the value in gradients.csv at STEP, by default 0.
norm() { awk -F, -v key="$1,$2,${5:-0},$3,$4" '$1 "," $2 "," $3 "," $4 "," $5 == key { print $6 }' out/gradients.csv; }

# Computes the numbers in a run's summary again, from gradients.csv and the last line of metrics.csv.
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
  expect "metadata of the model about its data" 1 \
    "$(grep -caE '"data_checksum":"50 samples, crc32 [0-9a-f]{8}"' sine/model.safetensors)"
  expect "accuracy of a regression" null "$(value sine tanh 1 train_accuracy)"
  expect "loss without validation" null "$(value sine tanh 1 validation_loss)"
  expect_between "R^2" -10 1 "$(value sine tanh 1 train_r2)"
  expect "empty fields in metrics.csv" 2 "$(grep -cE '^tanh,1,[01],[23],0.03,[0-9.]+,,,,$' sine/metrics.csv)"
}

# agreement ACTIVATION ARGUMENT...: prints the line in which `gradflow theory` compares measurement and theory.
agreement() { "$gradflow" theory --activation "$@" | grep "^$1, factor per layer"; }

# The findings of the default sigmoid network: vanishing by small slopes, as in the README.
findings_form() {
  "$gradflow" compare --quiet --activations sigmoid --seeds 1,2 --no-report --steps 30 --output ten >stdout ||
    failures=$((failures + 1))
  expect "finding for ten layers of sigmoid, in summary.json" 1 \
    "$(value ten sigmoid 1 findings |
      grep -cE '^\[\{"mechanism": "vanishing by small slopes", "first_layer": 0, "last_layer": 9, "text": "[^"]+", "remedies": \["another activation: --activations tanh", ')"
  expect "the same finding on the terminal" 1 "$(grep -c '^  vanishing by small slopes, layers 0 to 9: ' stdout)"
  expect "each remedy is printed once" "$(grep '^    try ' stdout | sort -u)" "$(grep '^    try ' stdout | sort)"
  expect "a remedy with an option to type" 1 "$(grep -c '^    try half as many hidden layers: --depth 5$' stdout)"
  expect "short form for the second seed" 1 "$(grep -c '^  The same findings\.$' stdout)"
}

# data REPORT: prints the data (JSON) in a report, without the HTML around them.
data() { sed -n 's|^<script type="application/json" id="data">\(.*\)</script>$|\1|p' "$1"; }

reports() {
  local page=out/report.html text
  expect "reports: only by compare, and not with --no-report" "again/report.html out/report.html" \
    "$(find . -name '*.html' | sed 's|^\./||' | sort | paste -sd ' ')"
  expect_between "bytes of a report" 100000 1500000 "$(stat -c %s $page)"
  expect "lines of the data in a report" 1 "$(data $page | wc -l)"
  for text in '"name":"sigmoid","seed":"1"' '"name":"sigmoid","seed":"2"' '"name":"leaky_relu(slope=0.1)","seed":"1"' \
    '"name":"leaky_relu(slope=0.1)","seed":"2"' '["learning_rate","0.03"]' '["seeds","[1, 2]"]' '["dataset","\"iris\""]' \
    '"steps":[0,25,50,75,79]' '"points":null'; do
    expect_between "number of times that a report has $text" 1 4 "$(data $page | grep -oF "$text" | wc -l)"
  done
  expect "scripts of a report, with the data" 3 "$(grep -c '<script' $page)"
  expect "message about a report on the terminal" 1 "$(grep -c '^Open in a browser: again/report.html$' compared)"
}

# A report escapes the names of files, columns and classes: they cannot add HTML or scripts.
nothing_breaks_out() {
  local evil='a</script><b>.csv' i  # the file 'script><b>.csv' in the folder 'a<'
  mkdir 'a<'
  {
    echo 'x</script>,"<b>",class'
    for ((i = 0; i < 30; ++i)); do echo "$i.5,$((i * 7 % 11)),</script><i>$((i % 3))"; done
  } >"$evil"
  "$gradflow" compare --quiet --dataset "$evil" --steps 3 --activations tanh --output evil >stdout ||
    failures=$((failures + 1))
  expect "a raw < in the data" 0 "$(data evil/report.html | grep -c '<')"
  expect_between "times that the report has the file name" 1 9 "$(data evil/report.html | grep -oF 'u003c/script>' | wc -l)"
  expect "scripts of the report with these names" 3 "$(grep -c '<script' evil/report.html)"
  command -v jq >/dev/null || return
  expect "jq reads the name" "\"$evil\"" \
    "$(data evil/report.html | jq -r '.settings[] | select(.[0] == "dataset") | .[1]')"
}

# train writes a report only with --report.
train_reports_when_asked() {
  local train=("$gradflow" train --quiet --dataset moons --samples 60 --steps 4)
  "${train[@]}" --report --output asked >stdout || failures=$((failures + 1))
  expect_between "points in the report of train" 30 60 \
    "$(data asked/report.html | grep -o '"points":.*' | grep -o '"class":.*' | tr -cd '01' | wc -c)"
  expect "a decision boundary" 1 "$(data asked/report.html | grep -c '"boundary":{"low":')"
}

# names REPORT: prints the names of the activations in a gallery.
names() { data "$1" | grep -oE '\{"name":"[^"]+"' | cut -d '"' -f 4 | paste -sd ' '; }

gallery() {
  local page=runs/activations/report.html known drawings
  "$gradflow" activations >stdout || failures=$((failures + 1))
  drawings=$(grep -c '^[^ ]*: \* f, ' stdout)
  expect "no gallery without --report" "" "$(find runs -name '*.html' 2>/dev/null)"
  "$gradflow" activations --report >stdout || failures=$((failures + 1))
  known=$("$gradflow" activations --help | tr -s ' \n' ' ' | sed 's/.*--draw .* Names: //; s/ --range.*//')
  expect "activations of the gallery" "$known" "$(names $page)"
  expect "plots in the terminal" "$drawings" "$(grep -c '^[^ ]*: \* f, ' stdout)"
  expect "message about the gallery" "Open in a browser: $page" "$(tail -n 1 stdout)"
  expect "scripts of a gallery" 3 "$(grep -c '<script' $page)"
  "$gradflow" activations --report --draw 'tanh,leaky_relu(slope=0.1)' --range 2 --output drawn >stdout ||
    failures=$((failures + 1))
  expect "activations that were drawn" "tanh leaky_relu(slope=0.1)" "$(names drawn/report.html)"
  expect "range of z" 1 "$(data drawn/report.html | grep -c '"z":\[-2\.0,-1\.98,')"
}

theory_agrees() {
  local factor='factor per layer from layer 5 on: measured 0\.[0-9]+ \+- [0-9.]+, theory 0\.[0-9]+'
  expect_line "theory of its own activation" "signed_log, $factor\. They agree within [01]\.[0-9] %\." \
    "$(agreement signed_log --seeds 4)"
  expect_line "theory of a narrow network" "sigmoid, $factor\. They differ by .* %\. .*" \
    "$(agreement sigmoid --seeds 4 --width 2)"
}

# The README quotes this output.
fault_is_placed() {
  "$examples/check_your_own" >stdout || failures=$((failures + 1))
  expect "check_your_own of the overwritten Mish" \
    "    worst: x = -2.11 (got 0.445873, expected -0.111253)" \
    "$(sed -n '/^activation overwritten_mish: WRONG$/,/^$/p' stdout | grep -m 1 -A 1 '^  slope .* WRONG ' | tail -n 1)"
}

# A run that is measured at every step: its rows would take 280 MB if they were kept, but the program may use only 100 MB.
# Skipped with the address and thread sanitizers, because they use memory of their own.
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
