# shellcheck shell=bash
# Helpers for the tests of the commands. A test script sources this file; its first argument is the build folder.
# Sets $gradflow, the path of the program, and $examples, the folder of the examples. Changes into a new temporary folder,
# which is removed at the end. finish() prints the number of failures.

build=$(cd "${1:?usage: $(basename "$0") FOLDER-OF-THE-BUILD}" && pwd)
# shellcheck disable=SC2034
gradflow=$build/bin/gradflow examples=$build/examples
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
checks=0 failures=0

# expect WHAT EXPECTED GOT: counts a check, and prints a failure if GOT differs from EXPECTED.
expect() {
  checks=$((checks + 1))
  [[ $3 == "$2" ]] && return
  failures=$((failures + 1))
  printf 'FAILED %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "${3:0:500}"
}

# expect_line WHAT REGEX TEXT: TEXT must be one line, and REGEX must match the whole line.
expect_line() {
  local whole="^($2)\$"
  checks=$((checks + 1))
  [[ $3 != *$'\n'* && $3 =~ $whole ]] && return
  failures=$((failures + 1))
  printf 'FAILED %s\n  expected: one line: %s\n  got:      %s\n' "$1" "$2" "${3:0:500}"
}

# expect_between WHAT LOW HIGH NUMBER: NUMBER must be in [LOW, HIGH].
expect_between() {
  local inside
  inside=$(awk -v low="$2" -v high="$3" -v x="$4" 'BEGIN { print (x ~ /^[-+.0-9]/ && x + 0 >= low && x + 0 <= high) }')
  [[ $inside == 1 ]] && inside="in [$2, $3]" || inside="$4"
  expect "$1" "in [$2, $3]" "$inside"
}

# joined INDENT FILE: prints indented JSON, with each member at INDENT blanks joined into one line.
joined() {
  awk -v indent="$1" '
    { text = $0; sub(/^ */, "", text); depth = length($0) - length(text) }
    depth > indent || (depth == indent && text ~ /^[]}]/) { line = line (line ~ /,$/ ? " " : "") text; next }
    NR > 1 { print line }
    { line = $0 }
    END { print line }' "$2"
}

# exact: rewrites the numbers of a CSV text with 17 digits, so that equal numbers have equal texts.
exact() {
  awk -F, -v OFS=, '{
    for (i = 1; i <= NF; ++i) if ($i ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/) $i = sprintf("%.17g", $i)
    print }'
}

# runs FOLDER: prints the runs of summary.json as lines of four fields, separated by tabs: ACTIVATION SEED NAME VALUE.
runs() {
  joined 6 "$1/summary.json" | awk -v OFS='\t' '
    /^  "runs":/ { inside = 1 }
    inside && /^      "/ {
      name = $0; sub(/^ *"/, "", name); sub(/":.*/, "", name)
      value = $0; sub(/^[^:]*: /, "", value); sub(/,$/, "", value); gsub(/^"|"$/, "", value)
      if (name == "activation") { activation = value; next }
      if (name == "seed") { seed = value; print activation, seed, "activation", activation }
      print activation, seed, name, value
    }'
}

# value FOLDER ACTIVATION SEED NAME: prints this value of a run in summary.json.
value() { runs "$1" | awk -F'\t' -v a="$2" -v s="$3" -v n="$4" '$1 == a && $2 == s && $3 == n { print $4 }'; }

deadline=1000  # number of waits of 0.05 s: enough for a slow machine, and a test must not wait for ever

# ended: waits for the process $pid, and kills it after 50 seconds or more. Sets $code to its exit code.
# shellcheck disable=SC2154
ended() {
  local looks
  for ((looks = 0; looks < deadline; ++looks)); do
    kill -0 "$pid" || break
    sleep 0.05
  done 2>/dev/null
  ((looks < deadline)) || kill -KILL "$pid"
  code=0
  wait "$pid" 2>/dev/null || code=$?
}

finish() {
  echo "$checks checks, $failures failed"
  exit $((failures > 0))
}
