# Doxygen's input filter: what all headers have alike is said here once, for the reference.
#   awk -f filter.awk framework/gradflow/nn/dense.hpp
# The first comment of a header describes the file, and its folder is the group. Members that every policy must have get
# one sentence each. Lines keep their numbers, so that a warning names the right one.
function documented() { return previous ~ /^ *\/\/\// || $0 ~ /\/\/\/</ }
function with(sentence, line) {
  if (!documented()) sub(/^ */, "&/** " sentence " */ ", line)
  return line
}
BEGIN {
  folders = split(ARGV[1], path, "/")
  room = path[folders - 1]
  sentence["name"] = "The name that chooses it in text."
  sentence["parameters"] = "The members that text can set, and their ranges."
  sentence["weights"] = "The initialiser that suits it."
  sentence["value"] = "f(z), for a number, Lanes or a Dual."
  sentence["loss"] = "What an output y costs if the target is t."
  sentence["override"] = "As in the base class."
  sentence["draw"] = "Fills weight: [inputs, outputs], row after row."
  sentence["buffers"] = "How many numbers it remembers for each parameter."
  sentence["update"] = "The expression for one parameter, at this learning rate, in step t, counted from 1."
  sentence["factor"] = "What the optimiser's own learning rate is multiplied by."
  sentence["learning_rate"] = "The step's length: at least 0."
  sentence["momentum"] = "How much of its velocity a step keeps: [0, 1)."
  sentence["weight_decay"] = "How strongly weights are pulled towards 0: at least 0."
  sentence["epsilon"] = "Keeps the quotient finite: at least 0."
  sentence["samples"] = "How many rows x and y have: at least 1."
  sentence["noise"] = "The standard deviation of what is added to each coordinate: at least 0."
  sentence["seed"] = "The same seed gives the same numbers."
}
/^#pragma once/ { opening = 1; print; next }
opening && /^\/\// {
  if (opening == 1) sub(/^\/\/ /, "/// @file " path[folders] " \\brief "); else sub(/^\/\//, "///")
  opening = 2
  print
  next
}
{ opening = 0 }
/^namespace gradflow \{/ { $0 = "namespace gradflow { /** @addtogroup " room " */ /**@{*/" }
/^\}  \/\/ namespace gradflow$/ { $0 = "/**@}*/ }" }
/^ *template <class V>$/ {
  line = $0
  getline
  print ($0 ~ / V value\(const V& z\)/ ? with(sentence["value"], line) : line)
}
match($0, /^ *static constexpr [A-Za-z_:<>]* (name|parameters|weights)(\[\])? =/) {
  split(substr($0, RSTART, RLENGTH), word, " ")
  sub(/\[\]/, "", word[4])
  $0 = with(sentence[word[4]], $0)
}
/^ *V value\(const V& y, const V& t\)/ { $0 = with(sentence["loss"], $0) }
/ override(;| \{)/ || /^ *void backward\(.*,$/ { $0 = with(sentence["override"], $0) }
/^[A-Z][A-Za-z]*\(.*\) ?-> ?[A-Z].*;$/ { $0 = "" }  # a deduction guide
/^ *void draw\(std::span<double> weight/ { $0 = with(sentence["draw"], $0) }
/^ *std::size_t buffers\(\) const/ { $0 = with(sentence["buffers"], $0) }
/^ *auto update\(double rate/ { $0 = with(sentence["update"], $0) }
/^ *double factor\(const RunProgress& progress\)/ || /^ *double factor\(const RunProgress&\)/ { $0 = with(sentence["factor"], $0) }
match($0, /^ *(double|std::size_t|std::uint64_t) (learning_rate|momentum|weight_decay|epsilon|samples|noise|seed) = /) {
  split(substr($0, RSTART, RLENGTH), word, " ")
  $0 = with(sentence[word[2]], $0)
}
/^extern template / || / = (default|delete);/ { $0 = "" }  # the template has the comment; nothing to say of the others
{ previous = $0; print }
