#!/usr/bin/env bash
# Errors for options that a command does not have: one line, with what the reader may have meant. The table has
# abbreviations of the field, options of other commands, values and parameters typed as options, and nonsense. Every
# option of every command must also be found if it is misspelled.
#
#   unknown_option.sh FOLDER-OF-THE-BUILD
# shellcheck source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# error ARGUMENT...: prints what `gradflow ARGUMENT...` prints, if it ends as for wrong usage and prints one line.
error() {
  local code=0
  "$gradflow" "$@" >stdout 2>stderr || code=$?
  [[ $code == 2 && ! -s stdout && $(wc -l <stderr) == 1 ]] && cat stderr || echo "exit code $code: $(cat stdout stderr)"
}

# Each line: what is typed, and the hint. "help" stands for the hint that names only the command's --help.
while IFS='|' read -r typed hint; do
  [[ -z $typed ]] && continue
  read -ra arguments <<<"$typed"
  command=${arguments[0]}
  for ((i = 1; i < ${#arguments[@]}; ++i)); do [[ ${arguments[i]} == -* ]] && break; done
  wrong=${arguments[i]:-${arguments[1]}}
  [[ $wrong == -* ]] && kind=option || kind=argument
  [[ $hint == help ]] && hint="$(printf '%q' "$gradflow") $command --help shows all options"
  expect "error of: gradflow $typed" \
    "gradflow $command: $kind: got '${wrong%%=*}', expected an option of gradflow $command; $hint" \
    "$(error "${arguments[@]}")"
done <<'END'
train --lr 0.1|did you mean '--learning-rate'?
train --lr=0.1|did you mean '--learning-rate'?
train -lr 0.1|did you mean '--learning-rate'?
train --learningrate 0.1|did you mean '--learning-rate'?
train --Learning_Rate=0.1|did you mean '--learning-rate'?
train --rate 0.1|did you mean '--learning-rate'?
train -epochs 3|did you mean '--epochs'?
train --epoch 3|did you mean '--epochs'?
train --eopchs 3|did you mean '--epochs'?
train --num-epochs 3|did you mean '--epochs'?
train -e 3|did you mean '--epochs' or '--extend'?
train epochs 3|did you mean '--epochs'?
train --bs 3|did you mean '--batch-size'?
train --batch 3|did you mean '--batch-size'?
train --batchsize 3|did you mean '--batch-size'?
train --act tanh|did you mean '--activation'?
train --activations tanh|did you mean '--activation'?
train --optim adam|did you mean '--optimizer'?
train --optimiser adam|did you mean '--optimizer'?
train --lr-schedule cosine|did you mean '--schedule'?
train --lr_scheduler cosine|did you mean '--schedule'?
train --initializer auto|did you mean '--init'?
train --out x|did you mean '--output'?
train --out-dir=x|did you mean '--output'?
train --data iris|did you mean '--dataset'?
train --val-split 0.1|did you mean '--validation'?
train --clip 3|did you mean '--clip-norm' or '--clip-value'?
train --header|did you mean '--no-header'?
train --hidden 3|did you mean '--layers' or '--activation'?
train -hidden 3|did you mean '--layers' or '--activation'?
train --hidden-layers 3|did you mean '--layers'?
train --early-stopping 3|did you mean '--patience'?
train --momentum 0.9|did you mean '--optimizer "sgd(momentum=0.9)"'?
train --weight-decay 0.1|did you mean '--optimizer "adamw(weight_decay=0.01)"'?
train --wd 0.1|did you mean '--optimizer "adamw(weight_decay=0.01)"'?
train --adam|did you mean '--optimizer'?
train --relu|did you mean '--activation'?
train --mse|did you mean '--loss'?
train --bce|did you mean '--loss'?
train iris|did you mean '--dataset'?
train --depth 3|compare and theory have '--depth'
train --depths 3|sweep has '--depths'
train --gpu|help
train --cuda|help
train --dropout 0.1|help
train --verbose|help
train --xyzzy|help
train --xyzzy=1|help
train --|help
train -5|help
train xyzzy|help
train 0.01|help
compare --lr 0.1|did you mean '--learning-rate'?
compare --act tanh|did you mean '--activations'?
compare --hidden 3|did you mean '--activations', '--depth' or '--width'?
compare --layers 3|train has '--layers'
compare --xyzzy|help
sweep --lr 0.1|did you mean '--learning-rate'?
sweep --depth 3|did you mean '--depths'?
sweep --init auto|did you mean '--inits'?
sweep --xyzzy|help
predict --model m.safetensors|did you mean 'MODEL'?
predict --sep ;|did you mean '--separator'?
predict --lr 0.1|compare, train and sweep have '--learning-rate'
predict --dataset iris|compare, train and sweep have '--dataset'
predict --xyzzy|help
activations --lr 0.1|compare, train and sweep have '--learning-rate'
activations --act relu|train and theory have '--activation', compare and sweep have '--activations'
activations --xyzzy|help
theory --seed 1|did you mean '--seeds'?
theory --activations relu|did you mean '--activation'?
theory --sigma 1|did you mean '--sigma-w' or '--sigma-b'?
theory --epochs 3|compare, train and sweep have '--epochs'
theory --xyzzy|help
END

before='gradflow: command: got'
commands='expected one of: compare train predict sweep activations theory --help --version --completion --man'
expect "an option without a command" \
  "$before '--lr', expected a command before its options; compare, train and sweep have '--learning-rate'" \
  "$(error --lr 0.1)"
expect "a misspelled command" "$before 'trian', $commands; did you mean 'train'?" "$(error trian --epochs 3)"
expect "a misspelled option of the program" "$before '--versoin', $commands; did you mean '--version'?" "$(error --versoin)"
expect "nonsense as a command" "$before 'xyzzy', $commands" "$(error xyzzy)"
expect "nonsense as an option" "$before '--xyzzy', $commands" "$(error --xyzzy)"

# misspelled COMMAND OPTION TYPED: the error for TYPED must name OPTION.
misspelled() {
  local got
  got=$(error "$1" "$3")
  [[ $got == *"; did you mean "*"'$2'"*"?" ]] && got=named
  expect "hint for: gradflow $1 $3" named "$got"
}

"$gradflow" --completion | grep -oE "^ +[a-z]+\) words='[^']*" | tr -d ")'" | sed 's/words=//' >options
expect "commands with options" 6 "$(wc -l <options)"
while read -ra words; do
  for option in "${words[@]:1}"; do
    [[ $option == --help ]] && continue
    option_in_capitals=${option^^}
    misspelled "${words[0]}" "$option" "${option_in_capitals#-}=1"
    [[ " ${words[*]} " == *" ${option%?} "* ]] || misspelled "${words[0]}" "$option" "${option%?}"
  done
done <options
finish
