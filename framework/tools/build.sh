# shellcheck shell=bash
# What examples/run.sh, tests/run.sh and the benchmarks share: install what is missing, configure and build a preset of CMakePresets.json
# in build/PRESET. Sourced, not run. Sets $root, the project's folder. All messages go to stderr.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd -P)
missing=()  # Debian packages

# fail MESSAGE: says so and ends.
fail() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

# need_program PROGRAM PACKAGE: notes the package when there is no such program, wherever it may come from.
need_program() {
  command -v "$1" >/dev/null || missing+=("$2")
}

# need_package PACKAGE...: notes those that are not installed.
need_package() {
  local package
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
}

# What every build needs.
need_build_tools() {
  need_program cmake cmake
  need_program "${CXX:-c++}" g++
  command -v make >/dev/null || need_program ninja ninja-build
  need_package libcli11-dev libfmt-dev libspdlog-dev libxsimd-dev libxtensor-dev nlohmann-json3-dev xtl-dev zlib1g-dev \
    node-d3 libprotobuf-dev protobuf-compiler
}

# Installs what was noted. Where that cannot be done, names the packages; CMake then says which of them it lacks.
install_missing() {
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    [[ -e $root/build/release/CMakeCache.txt ]] ||
      echo "No apt-get here. Needed is what Debian has in these packages: ${missing[*]}" >&2
    return 0
  fi
  local as_root=(env DEBIAN_FRONTEND=noninteractive) log
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "as root, first: apt-get install ${missing[*]}"
    as_root=(sudo "${as_root[@]}")
  fi
  echo "Installing ${missing[*]}" >&2
  log=$(mktemp)
  { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; rm -f "$log"; fail "apt-get could not install ${missing[*]}"; }
  rm -f "$log"
  hash -r
}

# configure PRESET [OPTION...]: quiet unless it fails. Starts afresh when the project's folder was moved or copied.
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

# configured PRESET: was it, here, and to the end?
configured() {
  local build=$root/build/$1
  [[ -e $build/build.ninja || -e $build/Makefile ]] &&
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"
}

# build PRESET TARGET...: one line that counts on a terminal, one line elsewhere, none when all is built already.
build() {
  local preset=$1 build=$root/build/$1 log=$root/build/$1/build.log
  shift
  cmake --build "$build" --parallel "$(nproc)" --target "$@" 2>&1 | tee "$log" | show_progress "$preset: $*" ||
    { grep -v '^\[' "$log" >&2; fail "building $preset: $* failed"; }
}

# Reads what ninja or make say while they build.
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
