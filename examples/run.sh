#!/usr/bin/env bash
# Runs the program gradflow or an example. First installs missing Debian packages, as root or through sudo, and builds
# the program if it is not built yet.
#
#   examples/run.sh                    the main job: gradflow compare with its defaults
#   examples/run.sh --OPTION ...       the same with your own options: examples/run.sh --depth 4
#   examples/run.sh NAME [ARGUMENT...] another command, or an example: examples/run.sh train --help
#   examples/run.sh --help             prints this text and the names
#
# Runs in the current folder. The exit code is that of the program. The build is in build/release.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=../framework/tools/build.sh
source "$here/../framework/tools/build.sh"

list_names() {
  echo "Commands of gradflow:"
  printf '%s\n' "$root"/framework/cli/commands/*.cpp | sed -E 's|.*/(.*)\.cpp$|  \1|'
  echo "Examples:"
  printf '%s\n' "$here"/[0-9]*_*.cpp | sed -E 's|.*/[0-9]+_(.*)\.cpp$|  \1|'
}

name=compare
case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p;}' "$here/run.sh"
    list_names
    exit 0
    ;;
  '' | -*) ;;
  *)
    name=$1
    shift
    ;;
esac
case $name in  # names from version 0.1
  compare_activations) name=compare ;;
  gradient_theory) name=theory ;;
esac

if [[ -e $root/framework/cli/commands/$name.cpp ]]; then
  target=gradflow_program
  program=("$root/build/release/bin/gradflow" "$name")
elif compgen -G "$here/[0-9]*_$name.cpp" >/dev/null; then
  target=$name
  program=("$root/build/release/examples/$name")
else
  { echo "run.sh: there is no command or example '$name'"; list_names; } >&2
  exit 2
fi
need_build_tools
install_missing
configured release || configure release -DGRADFLOW_TESTS=OFF
build release "$target"
printf -v GRADFLOW_COMMAND %q "$0"  # the command that pages and messages show
export GRADFLOW_COMMAND
exec "${program[@]}" "$@"
