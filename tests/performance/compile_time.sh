#!/usr/bin/env bash
# Measures compile times (processor time in seconds) and file sizes: of the first example, which is the README's program,
# of the library, and of each header alone.
#
#   tests/performance/compile_time.sh              the program and the library; takes two minutes
#   tests/performance/compile_time.sh --headers    also each header, the slowest first; takes a minute more
#   tests/performance/compile_time.sh --help       prints this text
#
# Compiles in a temporary folder with $CXX, or c++. The exit code is 1 if the program takes 3 s or more.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=../../framework/tools/build.sh
source "$here/../../framework/tools/build.sh"

case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p;}' "$here/compile_time.sh"
    exit 0
    ;;
  '' | --headers) ;;
  *) fail "got '$1', expected --headers or --help" ;;
esac
need_build_tools
install_missing
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
compiler=${CXX:-c++}
# The flags with which CMake compiles a Release program that links gradflow.
flags=(-std=c++20 -O3 -DNDEBUG -march=native -ffp-contract=off -I "$root/framework")
program=$root/examples/010_first_network.cpp

# cpu COMMAND...: runs COMMAND and prints its processor time in seconds, user and system together.
cpu() {
  local TIMEFORMAT='%U %S' times
  times=$({ time "$@" >"$scratch/log" 2>&1; } 2>&1) || { cat "$scratch/log" >&2; fail "failed: $*"; }
  awk '{ printf "%.2f\n", $1 + $2 }' <<<"$times"
}

bytes() { stat -c %s "$1" | numfmt --to=iec-i --suffix=B; }

compile_program() { "$compiler" "${flags[@]}" -c "$program" -o "$scratch/program.o"; }

# The median of five.
for _ in 1 2 3 4 5; do cpu compile_program; done | sort -n >"$scratch/times"
seconds=$(sed -n 3p "$scratch/times")
echo "the README's program compiles in   $seconds s"

cmake -S "$root" -B "$scratch/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
  -DGRADFLOW_TESTS=OFF -DGRADFLOW_EXAMPLES=OFF >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "cmake failed"; }
echo "the library compiles in            $(cpu cmake --build "$scratch/build" --target gradflow) s"
library=$(find "$scratch/build" -name libgradflow.a)
"$compiler" "$scratch/program.o" "$library" -lspdlog -lfmt -lz -lpthread -s -o "$scratch/program"
echo "libgradflow.a                      $(bytes "$library")"
echo "the README's program, stripped     $(bytes "$scratch/program")"

if [[ ${1:-} == --headers ]]; then
  (cd "$root/framework" && find gradflow -name '*.hpp') | while read -r header; do
    echo "#include <$header>" >"$scratch/header.cpp"
    echo "$(cpu "$compiler" "${flags[@]}" -c "$scratch/header.cpp" -o "$scratch/header.o") s  $header"
  done | sort -rn
fi
awk '{ exit !($1 < 3) }' <<<"$seconds" || fail "the README's program: got $seconds s, expected less than 3"
