#!/usr/bin/env bash
# The phrases that make a reader read twice stand in no comment, text or document of the project.
#
#   tests/words.sh FOLDER
#
# Prints each line that has one. The list is words.txt: a regular expression each, and what to write instead.
set -euo pipefail
cd "${1:?usage: words.sh FOLDER}"
phrases=$(sed -E '/^(#|$)/d; s/ +=> .*//' tests/words.txt | paste -sd '|')
files=$(find CMakeLists.txt README.md framework examples datasets tests -type f \
  \( -name '*.hpp' -o -name '*.cpp' -o -name '*.md' -o -name '*.sh' -o -name '*.js' -o -name '*.html' -o -name '*.py' \
  -o -name '*.cmake' -o -name '*.txt' \) ! -path 'tests/reference/*' ! -path 'tests/fuzz/corpus/*' ! -name 'words.*' ! -name CHANGELOG.md)
# shellcheck disable=SC2086
if grep -nE -- "$phrases" $files; then
  echo "words: the lines above have phrases of tests/words.txt"
  exit 1
fi
echo "words: $(wc -w <<<"$files") files have none of $(grep -c '=>' tests/words.txt) phrases"
