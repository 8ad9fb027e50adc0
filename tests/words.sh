#!/usr/bin/env bash
# Checks that no comment, text or document of the project has a phrase that makes a reader read twice.
#
#   tests/words.sh FOLDER
#
# Prints the place of each phrase, also of one that goes over the end of a line. words.txt lists the phrases: a regular
# expression each, and what to write instead.
set -euo pipefail
cd "${1:?usage: words.sh FOLDER}"
files=$(find CMakeLists.txt README.md framework examples datasets tests -type f \
  \( -name '*.hpp' -o -name '*.cpp' -o -name '*.inc' -o -name '*.md' -o -name '*.sh' -o -name '*.js' -o -name '*.html' \
  -o -name '*.py' -o -name '*.cmake' -o -name '*.txt' \) \
  ! -path 'tests/fuzz/corpus/*' ! -name 'words.*' ! -name CHANGELOG.md)
# shellcheck disable=SC2086
found=$(perl -e '
  open my $list, "<", "tests/words.txt" or die "tests/words.txt: $!";
  my @phrases = map { s/ +=> .*//r } grep { !/^(#|$)/ } map { chomp; $_ } <$list>;
  s{ }{[\\s/#*]+}g for @phrases;  # a phrase may continue in the next line of a comment
  my $phrase = join "|", @phrases;
  for my $file (@ARGV) {
    open my $in, "<", $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    while ($text =~ /($phrase)/gi) {
      my ($words, $line) = ($1, 1 + (substr($text, 0, $-[0]) =~ tr/\n//));
      $words =~ s{[\s/#*]+}{ }g;
      print "$file:$line: $words\n";
    }
  }' $files)
if [[ -n $found ]]; then
  echo "$found"
  echo "words: the lines above have phrases of tests/words.txt"
  exit 1
fi
echo "words: $(wc -w <<<"$files") files have none of $(grep -c '=>' tests/words.txt) phrases"
