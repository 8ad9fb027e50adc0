#!/usr/bin/env bash
# Compares gradflow's speed with that of its peers and of the machine. Installs what is missing (Debian's packages, as
# root or by sudo), builds in build/release, and runs them in turn on an otherwise idle machine.
#
#   tests/performance/peers/run.sh [OPTION...]    all workloads: about seven minutes
#   tests/performance/peers/run.sh --workloads W2,W3n --programs gradflow,eigen --rounds 5
#   tests/performance/peers/run.sh --check        no times: do all compute the same?
#   tests/performance/peers/run.sh --help         all options
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=../../../framework/tools/build.sh
source "$here/../../../framework/tools/build.sh"

case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p;}' "$here/run.sh"
    exec "$here/compare.py" --help
    ;;
esac
need_build_tools
need_program python3 python3
need_package libgtest-dev libbenchmark-dev libeigen3-dev libopenblas-dev libxsmm-dev libdlib-dev libtorch-dev \
  python3-torch python3-numpy
install_missing
configure release -DGRADFLOW_BENCHMARKS=ON -DGRADFLOW_TESTS=ON
build release peers
exec "$here/compare.py" "$@"
