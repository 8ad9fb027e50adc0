#include <gradflow/nn/formula_error.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

using detail::continues_character;

std::size_t characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_character));
}

/// Returns the formula and the caret, as two lines. If the formula is long, returns only the part around the place.
std::string marked(std::string_view formula, std::size_t place) {
  constexpr std::size_t around = 60;
  std::size_t first = place > around ? place - around : 0, last = std::min(formula.size(), place + around);
  for (int i = 0; i < 3 && first > 0 && continues_character(formula[first]); ++i) --first;
  for (int i = 0; i < 3 && last < formula.size() && continues_character(formula[last]); ++i) ++last;
  const std::string before = first > 0 ? "..." : "", after = last < formula.size() ? "..." : "";
  std::string line = before + std::string(formula.substr(first, last - first)) + after;
  std::ranges::replace_if(
      line, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  const std::size_t blanks = before.size() + characters(formula.substr(first, place - first));
  return "\n  " + line + "\n  " + std::string(blanks, ' ') + "^";
}

}  // namespace

FormulaError::FormulaError(std::string_view text, std::size_t place, const std::string& got,
                           const std::string& expected, const std::string& hint)
    : std::invalid_argument(
          gradflow::text(
              {"activation", "column " + std::to_string(characters(text.substr(0, place)) + 1), got, expected, hint}) +
          marked(text, place)),
      column_(characters(text.substr(0, place)) + 1) {}

}  // namespace gradflow
