#!/usr/bin/env bash
# Compares gradflow's speed with that of other libraries and with the peak of the machine. Installs missing Debian packages
# (as root or with sudo), builds in build/release, and runs the programs in turn. The machine should be idle otherwise.
#
#   tests/performance/peers/run.sh [OPTION...]    all workloads: about seven minutes
#   tests/performance/peers/run.sh --workloads W2,W3n --programs gradflow,eigen --rounds 5
#   tests/performance/peers/run.sh --check        measures no times; checks that all programs compute the same
#   tests/performance/peers/run.sh --help         prints this text and all options
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
