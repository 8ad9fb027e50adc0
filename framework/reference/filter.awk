# Doxygen's input filter. It adds sentences for members that many headers share.
#   awk -f filter.awk framework/gradflow/nn/dense.hpp
# The first comment of a header becomes the description of the file, and the folder becomes the group. Members that every
# policy must have get one sentence each. Line numbers do not change, so that warnings name the right line.
function documented() { return previous ~ /^ *\/\/\// || $0 ~ /\/\/\/</ }
function with(sentence, line) {
  if (!documented()) sub(/^ */, "&/** " sentence " */ ", line)
  return line
}
BEGIN {
  folders = split(ARGV[1], path, "/")
  room = path[folders - 1]
  sentence["name"] = "The name of this struct in text."
  sentence["parameters"] = "The members that text can set, and their ranges."
  sentence["weights"] = "The initialiser that suits this activation."
  sentence["value"] = "f(z), for a number, Lanes or Dual."
  sentence["loss"] = "The loss of an output y for a target t."
  sentence["override"] = "As in the base class."
  sentence["draw"] = "Fills weight, [inputs, outputs], row by row."
  sentence["buffers"] = "Number of values that the optimiser keeps for each parameter."
  sentence["update"] = "The update of one parameter at this learning rate in step t; steps count from 1."
  sentence["factor"] = "The factor for the optimiser's learning rate."
  sentence["learning_rate"] = "The size of a step: at least 0."
  sentence["momentum"] = "The share of the velocity that a step keeps: in [0, 1)."
  sentence["weight_decay"] = "How strongly weights are pulled towards 0: at least 0."
  sentence["epsilon"] = "Added to the divisor, so that the quotient stays finite: at least 0."
  sentence["samples"] = "Number of rows of x and y: at least 1."
  sentence["noise"] = "Standard deviation of the noise added to each coordinate: at least 0."
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
/^extern template / || / = (default|delete);/ { $0 = "" }  # the template has the comment; the others need none
{ previous = $0; print }
