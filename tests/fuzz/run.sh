#!/usr/bin/env bash
# Runs a fuzz target, starting from its corpus. Prints the number of executions, the coverage and the peak memory.
#
#   tests/fuzz/run.sh PROGRAM SECONDS [LIBFUZZER-OPTION...]    tests/fuzz/run.sh build/asan-ubsan/tests/fuzz/fuzz_csv 60
#
# An input that fails is saved beside the program as NAME-crash-...; PROGRAM FILE runs it again. The corpus is not changed.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
program=$(readlink -f "$1") seconds=$2
shift 2
name=${program##*/fuzz_}
memory=/dev/shm  # millions of small files: keep them off the disk
[[ -d $memory && -w $memory ]] || memory=${TMPDIR:-/tmp}
work=$(mktemp -d "$memory/gradflow-fuzz-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir found

options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=256 -malloc_limit_mb=256 -max_len=4096 -print_final_stats=1
  -artifact_prefix="${program%/*}/$name-")
[[ ! -e $here/$name.dict ]] || options+=(-dict="$here/$name.dict")
# The address sanitizer holds released memory back for a while, by default up to 256 MB.
export ASAN_OPTIONS=quarantine_size_mb=16
"$program" "${options[@]}" "$@" found "$here/corpus/$name" >log 2>&1 || {
  grep -v '^#[0-9]' log >&2 || true
  exit 1
}
awk -v name="$name" '
  / cov: / { for (i = 1; i < NF; ++i) { if ($i == "cov:") coverage = $(i + 1); if ($i == "ft:") features = $(i + 1) } }
  /^stat::number_of_executed_units/ { executions = $2 }
  /^stat::average_exec_per_sec/ { rate = $2 }
  /^stat::peak_rss_mb/ { memory = $2 }
  END { printf "%s: %d executions (%d a second), coverage %d, features %d, peak rss %d MB\n",
               name, executions, rate, coverage, features, memory }' log
