#!/usr/bin/env bash
# Builds the tests and runs them. Installs missing Debian packages with apt, as root or through sudo.
#
#   tests/run.sh                            builds the release preset with the default compiler, and runs all tests
#                                           except the long ones
#   tests/run.sh CTEST-ARGUMENT...          runs some tests. -R data/csv: tests whose name contains data/csv (builds only
#                                           their programs). -L long: the long tests, which compile a lot and take minutes
#   tests/run.sh --all [CTEST-ARGUMENT...]  runs all tests of continuous integration:
#                                           - g++ and clang++ with warnings as errors, and every header alone
#                                           - the address and undefined-behaviour sanitizers, and with them the fuzz
#                                             targets, 15 seconds each (clang++)
#                                           - the source layout, Fashion-MNIST, the reference data against PyTorch, the
#                                             report in a browser, exported networks in ONNX Runtime
#                                           g++ compiles for the processor of this machine, clang++ for any processor of
#                                           its architecture. The sanitizers' build is for AVX2 and FMA on x86-64
#   tests/run.sh --help                     prints this text
#
# Stops at the first failure. The builds are in build/PRESET (CMakePresets.json).
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=../framework/tools/build.sh
source "$here/../framework/tools/build.sh"

# run_tests PRESET [CTEST-ARGUMENT...]: runs one test more than there are processors, because some tests mostly wait.
run_tests() {
  local preset=$1 log=$root/build/$1/ctest.log tests=$(($(nproc) + 1))
  shift
  (cd "$root" && ctest --preset "$preset" --parallel $tests "$@") 2>&1 | tee "$log" || fail "$preset: a test failed"
}

# targets_of PATTERN: prints the programs whose tests match PATTERN. Prints `all` if no program has such a test, or if
# other tests match, too.
targets_of() {
  local name targets=() others
  while read -r name; do
    if sed -nE "s/^ *(TYPED_)?TEST(_F|_P)?\(([^,]*), (.*)\) \{/${name//\//\\/}.\3.\4/p" "$here/${name}_test.cpp" | grep -qE -- "$1"; then
      targets+=("test_${name//\//_}")
    fi
  done < <(test_names)
  others=$(cd "$root" && ctest --preset release -N -R "$1" | sed -nE 's/^ *Test +#[0-9]+: //p' |
    grep -vFf <(test_names | sed 's/$/./') | grep -v '_NOT_BUILT$') || true
  if ((${#targets[@]})) && [[ -z $others ]]; then echo "${targets[@]}"; else echo all; fi
}

# test_names: prints the names of the test programs: data/csv for tests/data/csv_test.cpp, ...
test_names() { (cd "$here" && find . -name '*_test.cpp' | sed 's|^\./||; s|_test\.cpp$||' | sort); }

options=()  # further CMake options for all presets

# check PRESET TARGET [CTEST-ARGUMENT...]: builds one preset, and TARGET if it is not empty, and runs its tests.
check() {
  local preset=$1 target=$2 targets=all
  shift 2
  echo "== $preset" >&2
  configure "$preset" -DGRADFLOW_TESTS=ON -DGRADFLOW_EXAMPLES=ON -DGRADFLOW_PROGRAM=ON "${options[@]}"
  [[ $preset != release || ${1:-} != -R ]] || targets=$(targets_of "${2:-}")
  # shellcheck disable=SC2086
  build "$preset" $targets ${target:+"$target"}
  run_tests "$preset" "$@"
}

check_all() {
  local presets=(gcc-werror clang-werror asan-ubsan) headers=all_verify_interface_header_sets preset
  # Tests that train many networks and compare only final numbers: minutes with clang++, half an hour with the sanitizers
  local networks='flow/(diagnosis_runs|layers_measured)|commands/verdicts'
  # Tests that take minutes with the sanitizers, and whose code other tests run there, too
  local slow='^(flow/(predicted_factor|theory_measured|two_measures)|train/same_bytes|data/fashion_mnist)\.'
  slow+='|^examples/fashion_mnist$|^gradflow theory$|WithEveryKindOfLayer|(HasEvery|HasNo)[A-Za-z]*Function'
  need_program clang++ clang
  need_program clang-format clang-format
  need_program node nodejs
  need_program npm npm
  need_program doxygen doxygen
  need_package libclang-rt-dev dataset-fashion-mnist python3-torch python3-numpy chromium chromium-driver python3-selenium
  install_missing
  GRADFLOW_KILLS=100 check gcc-werror $headers "$@"
  set -- "$@" -LE '^once$'  # see CMakeLists.txt
  options=(-DGRADFLOW_NATIVE=OFF)
  check clang-werror '' "$@" -E "^($networks)\."
  [[ $(uname -m) != x86_64 ]] || options+=(-DCMAKE_CXX_FLAGS_DEBUG='-O2 -g1 -march=x86-64-v3')
  check asan-ubsan '' "$@" -E "^($networks)\.|$slow"
  for preset in "${presets[@]}"; do
    echo "== $preset"
    sed -n '/tests passed/,$p' "$root/build/$preset/ctest.log"
  done
  grep -E '^[a-z_]+: [0-9]+ executions' "$root/build/asan-ubsan/Testing/Temporary/LastTest.log" || true  # the fuzz targets
}

case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p;}' "$here/run.sh"
    exit 0
    ;;
esac
need_build_tools
need_package libgtest-dev
if [[ ${1:-} == --all ]]; then
  shift
  check_all "$@"
else
  install_missing
  (($#)) || set -- -LE '^long$'
  check release '' "$@"
fi
