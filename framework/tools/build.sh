# shellcheck shell=bash
# Functions for examples/run.sh, tests/run.sh and the benchmarks: install missing packages, configure and build a preset
# of CMakePresets.json in build/PRESET. This file is sourced, not run. Sets $root to the project's folder. All messages
# go to stderr.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd -P)
missing=()  # Debian packages

# fail MESSAGE: prints the message and exits with code 1.
fail() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

# need_program PROGRAM PACKAGE: adds the package to $missing if the program is not in PATH.
need_program() {
  command -v "$1" >/dev/null || missing+=("$2")
}

# need_package PACKAGE...: adds the packages that are not installed to $missing.
need_package() {
  local package
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
}

# Adds the missing packages that every build needs.
need_build_tools() {
  need_program cmake cmake
  need_program "${CXX:-c++}" g++
  command -v make >/dev/null || need_program ninja ninja-build
  need_package libcli11-dev libfmt-dev libspdlog-dev libxsimd-dev libxtensor-dev nlohmann-json3-dev xtl-dev zlib1g-dev \
    node-d3 libprotobuf-dev protobuf-compiler
}

# Installs the packages in $missing. Without apt-get, prints their names on the first build; CMake then names those that
# it cannot find.
install_missing() {
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    [[ -e $root/build/release/CMakeCache.txt ]] ||
      echo "apt-get was not found. Please install the contents of these Debian packages: ${missing[*]}" >&2
    return 0
  fi
  local as_root=(env DEBIAN_FRONTEND=noninteractive) log
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "packages are missing; as root, run: apt-get install ${missing[*]}"
    as_root=(sudo "${as_root[@]}")
  fi
  echo "Installing ${missing[*]}" >&2
  log=$(mktemp)
  { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; rm -f "$log"; fail "apt-get could not install ${missing[*]}"; }
  rm -f "$log"
  hash -r
}

# configure PRESET [OPTION...]: prints nothing unless it fails. Starts afresh if the project's folder was moved or
# copied.
configure() {
  local build=$root/build/$1 fresh=() log
  if [[ -e $build/CMakeCache.txt ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"; then
    fresh=(--fresh)
  fi
  if command -v ninja >/dev/null; then export CMAKE_GENERATOR="${CMAKE_GENERATOR:-Ninja}"; fi
  mkdir -p "$build"
  log=$build/configure.log
  (cd "$root" && cmake --preset "$@" "${fresh[@]}") >"$log" 2>&1 || { cat "$log" >&2; fail "configuring $1 failed"; }
}

# configured PRESET: whether the preset was configured successfully in this folder.
configured() {
  local build=$root/build/$1
  [[ -e $build/build.ninja || -e $build/Makefile ]] &&
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"
}

# build PRESET TARGET...: builds the targets. Shows one line, on a terminal with a counter. Shows nothing if everything
# is built already.
build() {
  local preset=$1 build=$root/build/$1 log=$root/build/$1/build.log
  shift
  cmake --build "$build" --parallel "$(nproc)" --target "$@" 2>&1 | tee "$log" | show_progress "$preset: $*" ||
    { grep -v '^\[' "$log" >&2; fail "building $preset: $* failed"; }
}

# Reads the output of ninja or make and prints the progress.
show_progress() {
  local line shown=
  while IFS= read -r line; do
    [[ $line == \[*\]*@(Building|Linking)* ]] || continue
    if [[ -t 2 ]]; then
      printf '\rBuilding %s %s' "$1" "${line%%]*}]" >&2
    elif [[ -z $shown ]]; then
      printf 'Building %s' "$1" >&2
    fi
    shown=yes
  done
  [[ -z $shown ]] || echo >&2
}
