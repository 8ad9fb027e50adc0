#!/usr/bin/env bash
# The command `sweep`: its file, its tables and its report page. An interrupted sweep resumes and ends with the same bytes
# as an uninterrupted sweep. It refuses settings and files that do not fit the runs in the folder.
#
#   sweep.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

columns=activation,init,depth,seed,steps,train_loss,train_metric,validation_loss,validation_metric
columns+=,gradient_left,factor_per_layer,gradient_start,gradient_end,learning,outcome
way_out='choose another --output to keep the existing runs, or add --restart to delete them'

# 40 runs; each takes some hundredths of a second.
grid=(--dataset iris --activations 'sigmoid,leaky_relu(slope=0.1)' --inits 'auto,he_normal' --depths '6,1'
  --width 8 --seeds '1,2,3,4,5' --epochs 200)

# sweep ARGUMENT...: runs `gradflow sweep`, which must succeed.
sweep() { "$gradflow" sweep --quiet "$@" >stdout 2>stderr || failures=$((failures + 1)); }

# refuses CODE REGEX ARGUMENT...: sweep must end with this exit code and print one line that matches REGEX on stderr.
refuses() {
  local code=0
  "$gradflow" sweep --quiet "${@:3}" >stdout 2>stderr || code=$?
  expect "exit code of: ${*:3}" "$1" "$code"
  expect_line "stderr of: ${*:3}" "gradflow sweep: $2" "$(cat stderr)"
}

# runs_of FOLDER: prints the runs in sweep.csv, sorted. An unfinished sweep has them in the order in which they ended.
runs_of() { tail -n +2 "$1/sweep.csv" | sort; }

# same_file FOLDER: prints "same" if its sweep.csv has the same bytes as that of the uninterrupted sweep.
same_file() { cmp -s through/sweep.csv "$1/sweep.csv" && echo same; }

# tables: prints the output of the sweep without the lines about the folder and its files.
tables() { sed '/ runs are in .* already\.$/d; /^The last line of /d; /^Written: /d; /^Open in a browser: /d' stdout; }

form() {
  sweep "${grid[@]}" --threads 1 --output through
  tables >through.txt
  expect "header" "$columns" "$(head -n 1 through/sweep.csv)"
  expect "files" "report.html sweep.csv sweep.json" "$(find through -type f -printf '%f\n' | sort | paste -sd ' ')"
  expect "each run once" "40 40" "$(runs_of through | wc -l) $(runs_of through | cut -d, -f 1-4 | sort -u | wc -l)"
  expect "steps and outcome of all runs" "800,finished" "$(runs_of through | awk -F, '{ print $5 "," $15 }' | sort -u)"
  expect "columns of the tables" "activation init depth 1 depth 6" \
    "$(grep '^activation ' through.txt | tr -s ' ' | sort -u)"
  expect "columns" 15 "$(awk -F, '{ print NF }' through/sweep.csv | sort -u)"
  sweep "${grid[@]}" --threads 5 --output again
  expect "runs with other threads" "same" "$(same_file again)"
  expect "tables with other threads" "$(cat through.txt)" "$(tables)"
}

# compare, with the same network and seed, must get the same numbers.
agrees_with_compare() {
  local columns_there run
  "$gradflow" compare --quiet --dataset iris --activations sigmoid --init he_normal --depth 6 --width 8 \
    --seeds 3 --epochs 200 --output main >stdout || failures=$((failures + 1))
  columns_there='steps train_loss train_accuracy validation_loss validation_accuracy factor_per_layer'
  columns_there+=' gradient_start gradient_end learning outcome'
  run=$(for name in $columns_there; do value main sigmoid 3 "$name"; done | paste -sd , | exact)
  expect "sweep.csv and summary.json" "$run" \
    "$(grep '^sigmoid,he_normal,6,3,' through/sweep.csv | cut -d, -f 5-9,11-15 | exact)"
  expect "gradient_left and factor_per_layer" "" \
    "$(runs_of through | awk -F, '{ d = $10 / $11 ^ $3; if (d < 0.999999 || d > 1.000001) print }')"
}

# cell DEPTH: prints the cell of leaky_relu, auto in the table of the metric.
cell() {
  awk -v column="depth $1" 'BEGIN { FS = "  +" }
    /^activation/ && !at { for (i = 1; i <= NF; ++i) if ($i == column) at = i }
    at && /^leaky_relu/ { print $at; exit }' through.txt
}

# Computed here: the mean of five seeds, and 2.776 (Student's t) standard deviations of the mean.
means_and_intervals() {
  local depth
  for depth in 1 6; do
    expect "the cell at depth $depth" "$(grep "^leaky_relu(slope=0.1),auto,$depth," through/sweep.csv |
      awk -F, '{ ++n; sum += $9; squares += $9 * $9 }
        END { s = sqrt((squares - sum * sum / n) / (n - 1)); printf "%.3f +- %.1g\n", sum / n, 2.77645 * s / sqrt(n) }')" \
      "$(cell $depth)"
  done
  # Means of three, two and one run: Student's t is 4.303 for three runs and 12.706 for two.
  crafted 'relu,auto,1,1,1,1,1,1,0.5,1,1,flowing,flowing,learned,finished' 'relu,auto,1,2,1,1,1,1,0.7,1,1,flowing,flowing,learned,finished' \
    'relu,auto,1,3,1,1,1,1,0.9,1,1,flowing,flowing,learned,finished' 'relu,auto,2,1,1,1,1,1,0.5,1,1,flowing,flowing,learned,finished' \
    'relu,auto,2,2,1,1,1,1,0.6,1,1,flowing,flowing,learned,finished' 'relu,auto,2,3,1,,,,,1e+09,99,flowing,not finite,diverged,diverged' \
    'relu,auto,3,1,1,1,1,1,0.25,1,1,flowing,flowing,learned,finished' 'relu,auto,3,2,1,,,,,1,1,flowing,not finite,diverged,diverged' \
    'relu,auto,3,3,1,,,,,0,0,vanishing,vanishing,learned nothing,finished' 'relu,auto,4,1,1,,,,,1,1,flowing,not finite,diverged,diverged' \
    'relu,auto,4,2,1,,,,,1,1,flowing,not finite,diverged,diverged' 'relu,auto,4,3,1,,,,,1,1,flowing,not finite,diverged,diverged'
  show --activations relu --inits auto --depths 1,2,3,4 --seeds 1,2,3
  expect "means and intervals" "relu auto|0.700 +- 0.5|0.550 +- 0.6 (2 of 3)|0.250 (1 of 3)|-" \
    "$(grep '^relu  ' stdout | head -n 1 | sed -E 's/  +/|/g; s/\|/ /')"
  expect "note on runs without a metric" 1 "$(grep -c '^(2 of 3) means that two of three runs have a value' stdout)"
  expect "no such note if all runs have a metric" 0 "$(grep -c '^(2 of 3) means that two of three runs have a value' through.txt)"
  expect "the gradient at the start" "relu auto|flowing|flowing|2 flowing, 1 vanishing|flowing" \
    "$(grep '^relu  ' stdout | sed -n 2p | sed -E 's/  +/|/g; s/\|/ /')"
  expect "the gradient at the end" \
    "relu auto|flowing|2 flowing, 1 not finite|1 flowing, 1 not finite, 1 vanishing|not finite" \
    "$(grep '^relu  ' stdout | sed -n 3p | sed -E 's/  +/|/g; s/\|/ /')"
  expect "what was learned" \
    "relu auto|learned|1 diverged, 2 learned|1 diverged, 1 learned, 1 learned nothing|diverged" \
    "$(grep '^relu  ' stdout | sed -n 4p | sed -E 's/  +/|/g; s/\|/ /')"
}

# data FOLDER: prints the data (JSON) in its report.html.
data() { sed -n 's|^<script type="application/json" id="data">\(.*\)</script>$|\1|p' "$1/report.html"; }

# The page shows the same results of the runs in sweep.csv as the terminal.
page() {
  expect "message about the page" "Open in a browser: again/report.html" "$(tail -n 1 stdout)"
  expect "conclusions of the page" "$(sed -n 's/^\(sigmoid\|leaky_relu(slope=0.1)\), [a-z_]*: \(.*\)\.$/\2/p' through.txt)" \
    "$(data through | grep -oE '"conclusion":"[^"]*"' | cut -d '"' -f 4)"
  expect "runs in the page" 40 "$(data through | grep -o '{"seed":' | wc -l)"
  expect "the page with other threads" "$(data through | sed 's/,"command".*//')" "$(data again | sed 's/,"command".*//')"
  # As in means_and_intervals. The geometric mean of the factors 1, 1 and 8 is 2.
  crafted 'relu,auto,1,1,1,1,1,1,0.5,1,1,flowing,flowing,learned,finished' 'relu,auto,1,2,1,1,1,1,0.7,1,1,flowing,flowing,learned,finished' \
    'relu,auto,1,3,1,1,1,1,0.9,8,8,vanishing,vanishing,learned nothing,finished' 'relu,auto,2,1,1,,,,,1,1,flowing,not finite,diverged,diverged' \
    'relu,auto,2,2,1,,,,,1,1,flowing,not finite,diverged,diverged' 'relu,auto,2,3,1,,,,,1,1,flowing,not finite,diverged,diverged'
  local few=(--activations relu --inits auto --depths 1,2 --seeds 1,2,3 --trains-above 0.6)
  show "${few[@]}"
  expect_line "a cell of the page" '"metric":0\.(7|69999)[0-9]*,"interval":0\.4968[0-9]*,"factor":(2|1\.999)[0-9.]*,"trains":true' \
    "$(data made | grep -oE '"metric":[0-9.]*,"interval":[0-9.]*,"factor":[0-9.]*,"trains":[a-z]*')"
  expect_line "a cell without a metric" '"metric":null,"interval":null,"factor":1\.0,"trains":false' \
    "$(data made | grep -oE '"metric":null,"interval[^[]*"trains":[a-z]*')"
  expect "the gradient at the start in the page" "flowing flowing flowing flowing flowing vanishing" \
    "$(data made | grep -oE '"start":"[a-z]*"' | cut -d '"' -f 4 | sort | paste -sd ' ')"
  expect "what was learned in the page" "diverged diverged diverged learned learned learned nothing" \
    "$(data made | grep -oE '"learning":"[a-z ]*"' | cut -d '"' -f 4 | sort | paste -sd ' ')"
  rm made/report.html
  show "${few[@]}" --no-report
  expect "no page with --no-report" "" "$(find made -name '*.html'; grep 'in a browser' stdout)"
}

# crafted LINE...: makes a folder `made` with these runs in sweep.csv.
crafted() {
  rm -rf made
  sweep --dataset iris --activations relu --inits auto --depths 1 --seeds 1 --steps 1 --output made
  printf '%s\n' "$columns" "$@" >made/sweep.csv
}

# show ARGUMENT...: prints the tables of the crafted runs. No run may be repeated.
show() {
  cp made/sweep.csv made.csv
  sweep --dataset iris --steps 1 --output made "$@"
  expect "runs of: $*" "$(sort made.csv)" "$(sort made/sweep.csv)"
}

# concludes SENTENCE METRIC...: for networks of depth 1, 2, ... with these metrics, sweep must print SENTENCE.
concludes() {
  local sentence=$1 depth=0 lines=() depths='' metric
  shift
  for metric in "$@"; do
    depth=$((depth + 1))
    depths+=,$depth
    lines+=("relu,auto,$depth,1,1,1,1,1,$metric,1,1,flowing,flowing,learned,finished")
  done
  crafted "${lines[@]}"
  show --activations relu --inits auto --depths "${depths#,}" --seeds 1
  expect "conclusion for $*" "relu, auto: $sentence." "$(grep '^relu, auto: ' stdout)"
}

# Iris has three classes of 50 samples: a network counts as trained if its accuracy is above two thirds.
conclusions() {
  concludes "trains up to depth 2, but not at depth 3" 0.9 0.67 0.66 0.3
  concludes "trains at every depth tried, up to 3" 0.9 0.9 0.9
  concludes "did not train at any depth" 0.3 0.3
  concludes "trains at depths 1 and 3, but not at depth 2" 0.9 0.3 0.9
  concludes "trains at depth 1" 0.9
  concludes "did not train at depth 1" ''
  expect "the default threshold" 1 "$(grep -c 'accuracy above 0\.667\. This is halfway' stdout)"
  crafted 'relu,auto,1,1,1,1,1,1,0.8,1,1,flowing,flowing,learned,finished' 'relu,auto,2,1,1,1,1,1,0.7,1,1,flowing,flowing,learned,finished'
  show --activations relu --inits auto --depths 1,2 --seeds 1 --trains-above 0.75
  expect "another threshold" "relu, auto: trains up to depth 1, but not at depth 2." "$(grep '^relu, auto: ' stdout)"
  crafted 'relu,auto,1,1,1,1,1,1,0.9,1,1,flowing,flowing,learned,finished' \
    'relu,auto,2,1,1,1,1,1,0.4,1,1,flowing,flowing,ended too early,finished' \
    'relu,auto,3,1,1,1,1,1,0.3,1,1,flowing,flowing,learned nothing,finished'
  show --activations relu --inits auto --depths 1,2,3 --seeds 1
  expect "a loss that was still falling" "relu, auto: trains up to depth 1, but not at depth 3; ended too early at depth 2 \
(the loss was still falling, so train longer)." "$(grep '^relu, auto: ' stdout)"
  # A depth counts as trained if more than half of its seeds train. Exactly half is not enough.
  crafted 'relu,auto,1,1,1,1,1,1,0.9,1,1,flowing,flowing,learned,finished' 'relu,auto,1,2,1,1,1,1,0.1,1,1,flowing,flowing,learned,finished'
  show --activations relu --inits auto --depths 1 --seeds 1,2
  expect "half of the seeds" "relu, auto: did not train at depth 1." "$(grep '^relu, auto: ' stdout)"
}

# A regression without a validation part.
regression() {
  sweep --dataset sine --samples 50 --validation 0 --activations tanh --inits auto --depths 2 --seeds 1 --steps 5 \
    --batch-size 50 --output sine
  expect_line "a line of a regression" 'tanh,auto,2,1,5,[0-9.e-]+,-?[0-9.e-]+,,,[0-9.e-]+,[0-9.e-]+,flowing,flowing,[a-z ]+,finished' \
    "$(runs_of sine)"
  expect "table of a regression" 1 "$(grep -c '^The train R^2 by number of hidden layers (32 units each): seed 1\.$' stdout)"
  expect "threshold of a regression" 1 "$(grep -c 'a train R^2 above 0\.5\. ' stdout)"
}

divergence() {
  sweep --dataset sine --samples 50 --activations relu --inits auto --depths 2 --seeds 1 --steps 50 --optimizer sgd \
    --learning-rate 1e30 --output diverged
  expect_line "a run that diverges" 'relu,auto,2,1,[0-9]+,(inf)?,,(inf)?,,[0-9.e-]+,[0-9.e-]+,flowing,not finite,diverged,diverged' "$(runs_of diverged)"
}

# A run that early stopping ended is finished, and is not repeated.
early_stopping() {
  local few=(--dataset iris --activations relu --inits auto --depths 2 --seeds '1,2' --epochs 500 --patience 3)
  sweep "${few[@]}" --output early
  expect "outcome of a run that early stopping ended" "stopped" "$(runs_of early | cut -d, -f 15 | sort -u)"
  sweep "${few[@]}" --output early
  expect "runs that early stopping ended" "2 of 2 runs are in early/sweep.csv already." "$(head -n 1 stdout)"
}

# start_sweep LINES ARGUMENT...: starts a sweep in the background, and waits until LINES runs have ended. Sets $pid.
start_sweep() {
  local enough=$1 looks
  shift
  rm -rf out
  env --default-signal=INT,TERM "$gradflow" sweep --output out "$@" >stdout 2>stderr &
  pid=$!
  for ((looks = 0; looks < deadline; ++looks)); do
    (($(wc -l 2>/dev/null <out/sweep.csv || echo 0) <= enough)) || break
    sleep 0.02
  done
}

# goes_on HOW: runs the same command in that folder again. The result must equal that of the uninterrupted sweep.
goes_on() {
  local there
  there=$(runs_of out | wc -l)
  cp out/sweep.csv before.csv
  sweep "${grid[@]}" --output out
  expect "message, $1" 1 "$(grep -cx "$there of 40 runs are in out/sweep.csv already\." stdout)"
  expect "runs that were there, $1" "$there" "$(tail -n +2 before.csv | grep -cxFf out/sweep.csv)"
  expect "runs, $1" "same" "$(same_file out)"
  expect "tables, $1" "$(cat through.txt)" "$(tables)"
}

ended_by() {
  local signal=$1 expected=$2 there tries
  for ((tries = 0; tries < 20; ++tries)); do  # on a busy machine all runs may end before the signal arrives
    start_sweep 3 "${grid[@]}"
    kill -"$signal" "$pid" 2>/dev/null || true
    ended
    there=$(runs_of out | wc -l)
    ((there == 40)) || break
  done
  expect "exit code after $signal" "$expected" "$code"
  expect_between "runs after $signal" 3 39 "$there"
  if [[ $signal != KILL ]]; then
    expect "message after $signal" \
      "Ended by a signal with $there of 40 runs done. To continue, run the same command again." "$(grep '^Ended' stdout)"
    expect "tables after $signal" 4 "$(grep -c '^activation  *init' stdout)"
    expect "line of the sweep after $signal" 1 "$(tail -n 1 stderr | grep -c "^sweep  *$there/40 .* runs/s  in 0:0")"
  fi
  goes_on "after $signal"
}

# A run whose line is cut anywhere is repeated. A run with a complete line is not.
torn() {
  local size last cut
  size=$(wc -c <out/sweep.csv)
  last=$(tail -n 1 out/sweep.csv | wc -c)
  for cut in 1 5 $((last - 1)); do
    truncate -s $((size - cut)) out/sweep.csv
    sweep "${grid[@]}" --output out
    expect "message with $cut bytes cut" \
      "The last line of out/sweep.csv is incomplete, so its run is repeated.|39 of 40 runs are in out/sweep.csv already." \
      "$(head -n 2 stdout | paste -sd '|')"
    expect "runs with $cut bytes cut" "same" "$(same_file out)"
    expect "tables with $cut bytes cut" "$(cat through.txt)" "$(tables)"
    size=$(wc -c <out/sweep.csv)
    last=$(tail -n 1 out/sweep.csv | wc -c)
  done
  truncate -s 10 out/sweep.csv  # cuts inside the header
  sweep "${grid[@]}" --output out
  expect "runs with all cut" "same" "$(same_file out)"
}

# A sweep in the same folder may add runs. A setting that would change the existing runs is refused.
settings() {
  local few=(--activations relu --inits auto --depths 1 --steps 3 --output few)
  printf 'a,b,c\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n9,1,x\n2,2,y\n' >some.csv
  sweep "${few[@]}" --dataset some.csv --seeds 1,2
  sweep "${few[@]}" --dataset some.csv --seeds 2,3 --activations relu,tanh --threads 2 --trains-above 0.1
  expect "message about the existing runs" "1 of 4 runs are in few/sweep.csv already." "$(head -n 1 stdout)"
  expect "runs, old and new" 5 "$(runs_of few | wc -l)"
  cp -r few kept
  refuses 2 "few/sweep.json: width: got 9, expected 32, as in the existing runs; $way_out" \
    "${few[@]}" --dataset some.csv --width 9
  refuses 2 "few/sweep.json: label: got \"c\", expected \"\", as in the existing runs; $way_out" \
    "${few[@]}" --dataset some.csv --label c
  refuses 2 "few/sweep.json: optimizer: got \"adam\", expected \"sgd\", as in the existing runs; learning_rate differs too; .*" \
    "${few[@]}" --dataset some.csv --optimizer adam
  refuses 2 "few/sweep.json: optimizer: .*; learning_rate, steps and width differ too; $way_out" \
    "${few[@]}" --dataset some.csv --optimizer adam --steps 4 --width 9
  echo 1,1,x >>some.csv
  refuses 2 "few/sweep.json: content: got \"[0-9a-f]{16}\", expected \"[0-9a-f]{16}\", as in the existing runs; $way_out" \
    "${few[@]}" --dataset some.csv
  expect "folder unchanged after a refusal" "same" "$(diff -r few kept && echo same)"
  local odd=$'"quoted" \\ and \xff.csv'
  cp some.csv "$odd"
  sweep "${few[@]}" --dataset "$odd" --seeds 1 --output odd
  sweep "${few[@]}" --dataset "$odd" --seeds 1 --output odd
  expect "a file whose name needs escapes" "1 of 1 runs are in odd/sweep.csv already." "$(head -n 1 stdout)"
  sweep "${few[@]}" --dataset some.csv --width 9 --seeds 1 --restart
  expect "runs and width with --restart" "1 9" "$(runs_of few | wc -l) $(sed -n 's/^  "width": \([0-9]*\),$/\1/p' few/sweep.json)"
}

# refuses_line REGEX LINE: sweep must refuse a sweep.csv with LINE as a run of iris, and leave the file unchanged.
refuses_line() {
  crafted "$2"
  refuses 1 "made/sweep.csv:2: $1" --dataset iris --steps 1 --output made
  expect "the file with: $2" "$(printf '%s\n' "$columns" "$2")" "$(cat made/sweep.csv)"
}

spoilt_files() {
  refuses_line "columns: got 2, expected 15" 'relu,auto'
  refuses_line "column 'depth': got 'x', expected a whole number; $way_out" 'relu,auto,x,1,1,1,1,1,1,1,1,flowing,flowing,learned,finished'
  refuses_line "column 'train_loss': got '1e', expected a number or an empty field; .*" \
    'relu,auto,1,1,1,1e,1,1,1,1,1,flowing,flowing,learned,finished'
  refuses_line "column 'gradient_start': got 'fine', expected one of: flowing, vanishing, exploding, dead, none, not finite; .*" \
    'relu,auto,1,1,1,1,1,1,1,1,1,fine,flowing,learned,finished'
  printf 'a,b\n1,2\n' >made/sweep.csv
  refuses 1 "made/sweep.csv:1: header: got 'a,b', expected activation,.*; $way_out" --dataset iris --output made
  printf 'somebody' >made/sweep.csv
  refuses 1 "made/sweep.csv:1: header: got 'somebody', expected activation,.*" --dataset iris --output made
  expect "a file of another kind, unchanged" somebody "$(cat made/sweep.csv)"
  crafted 'relu,auto,1,1,1,1,1,1,1,1,1,flowing,flowing,learned,finished'
  rm made/sweep.json
  refuses 1 "made/sweep.json: got no file, expected the settings of the runs in made/sweep.csv; $way_out" \
    --dataset iris --steps 1 --output made
  crafted 'relu,auto,1,1,1,1,1,1,1,1,1,flowing,flowing,learned,finished'
  cp made/sweep.json whole.json
  tr -d ' \n' <whole.json >made/sweep.json
  show --activations relu --inits auto --depths 1 --seeds 1
  grep -v '"steps"' whole.json >made/sweep.json
  refuses 2 "made/sweep.json: steps: got 1, expected none, as in the existing runs; $way_out" --dataset iris --steps 1 --output made
  head -n 3 whole.json >made/sweep.json
  refuses 2 "made/sweep.json: got invalid JSON at byte [0-9]+, expected the settings of the runs in made/sweep.csv; $way_out" \
    --dataset iris --steps 1 --output made
  echo '["iris"]' >made/sweep.json
  refuses 2 "made/sweep.json: got a JSON array, expected the settings of .*; $way_out" --dataset iris --steps 1 --output made
}

# Only one sweep may use a folder. The lock ends with its process, also if the process is killed.
two_at_once() {
  start_sweep 1 "${grid[@]}" --quiet --epochs 20000
  refuses 1 "out/sweep.csv: another sweep is running in this folder; wait until it ends, or choose .*" \
    "${grid[@]}" --epochs 20000 --output out
  refuses 1 "out/sweep.csv: another sweep is running .*" "${grid[@]}" --output out --restart
  expect "file of the first sweep" "$columns" "$(head -n 1 out/sweep.csv)"
  expect "the first sweep still runs" 1 "$(kill -0 "$pid" && echo 1)"
  kill -KILL "$pid"
  ended
  sweep "${grid[@]}" --restart --output out
  expect "runs after the first sweep was killed" "$(runs_of through)" "$(runs_of out)"
}

# On a full disk, the lines written so far are complete, and their tables are printed. When there is room again, the sweep
# resumes.
full_disk() {
  local code=0 there
  rm -rf out
  # shellcheck disable=SC2016
  bash -c 'trap "" XFSZ && ulimit -f 4 && exec "$0" "$@"' "$gradflow" sweep --quiet "${grid[@]}" --output out \
    >stdout 2>stderr || code=$?
  there=$(runs_of out | wc -l)
  expect "exit code on a full disk" 1 "$code"
  expect_line "stderr on a full disk" "gradflow sweep: out/sweep.csv: cannot write: File too large" "$(cat stderr)"
  expect_between "runs on a full disk" 10 39 "$there"
  expect "incomplete lines on a full disk" "" "$(awk -F, 'NF != 15' out/sweep.csv)"
  expect "the last byte on a full disk" '\n' "$(tail -c 1 out/sweep.csv | od -An -c | tr -d ' ')"
  expect "tables on a full disk" 4 "$(grep -c '^activation  *init' stdout)"
  goes_on "after a full disk"
}

# The sweep prints about ten lines of progress, and none for a single run.
progress() {
  "$gradflow" sweep "${grid[@]}" --epochs 2 --output progress >stdout 2>stderr || failures=$((failures + 1))
  expect "lines of progress" "10 10" "$(wc -l <stderr) $(grep -cE '^sweep  +[0-9]+/40  [0-9.]+ runs/s  (in )?[0-9:]+' stderr)"
  expect "time left" 9 "$(grep -c ' left$' stderr)"
  sweep "${grid[@]}" --epochs 2 --output progress
  expect "with --quiet" "" "$(cat stderr)"
}

form
page
agrees_with_compare
means_and_intervals
conclusions
regression
divergence
early_stopping
ended_by INT 130
ended_by TERM 143
ended_by KILL 137
torn
settings
spoilt_files
two_at_once
full_disk
progress
finish
