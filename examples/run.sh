#!/usr/bin/env bash
# Runs the examples. Installs what is missing (Debian's packages, as root or by sudo) and builds what is not built yet.
#
#   examples/run.sh                    the main job: compare_activations with its defaults
#   examples/run.sh --OPTION ...       the same with options of yours: examples/run.sh --depth 4
#   examples/run.sh NAME [ARGUMENT...] another example: examples/run.sh train --help
#   examples/run.sh --help             this text
#
# Runs in the folder where you are; its exit status is the example's. The build is in build/release.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=../tests/support/build.sh
source "$here/../tests/support/build.sh"

list_examples() {
  echo "Examples:"
  printf '%s\n' "$here"/[0-9]*_*.cpp | sed -E 's|.*/[0-9]+_(.*)\.cpp$|  \1|'
}

name=compare_activations
printf -v GRADFLOW_COMMAND %q "$0"  # what pages and messages tell the reader to type
case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /!p;}' "$here/run.sh"
    list_examples
    exit 0
    ;;
  '' | -*) ;;
  *)
    name=$1
    GRADFLOW_COMMAND+=" $name"
    shift
    ;;
esac

if ! compgen -G "$here/[0-9]*_$name.cpp" >/dev/null; then
  { echo "run.sh: there is no example '$name'"; list_examples; } >&2
  exit 2
fi
need_build_tools
install_missing
configured release || configure release -DGRADFLOW_TESTS=OFF
build release "$name"
export GRADFLOW_COMMAND
exec "$root/build/release/examples/$name" "$@"
