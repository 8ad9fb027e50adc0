// Target: formulas, the activations that a user types. Input: the text. A wrong formula must get an error with a caret.
// Otherwise reading its text gives the same formula, and a number has the same bits in an array and alone.
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gradflow/nn/formula.hpp>

#include "fuzz.hpp"

namespace gradflow::fuzz {
namespace {

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

template <class T>
void check_sweep(const Formula& formula) {
  const std::array<T, 21> z = {0,     T(-0.0), 1,       -1,       T(0.5),  T(-0.5),      2,
                               -2,    3,       T(1e-3), T(-1e-3), 6,       10,           50,
                               T(-9), T(-70),  T(1e3),  T(-1e3),  T(1e30), T(-INFINITY), T(INFINITY)};
  std::vector<T> a(z.begin(), z.end()), both = a, slope(z.size());
  formula.sweep(std::span(a));
  formula.sweep(std::span(both), std::span(slope));
  for (std::size_t i = 0; i < z.size(); ++i) {
    const Dual<Lanes<T>> alone = formula.value(Dual<Lanes<T>>(z[i], T(1)));
    require(same_bits(a[i], formula.value(Lanes<T>(z[i])).first()), formula.text());
    require(same_bits(both[i], alone.value.first()), formula.text() + " with its slope");
    require(same_bits(slope[i], alone.slope.first()), "the slope of " + formula.text());
    (void)formula.value(Dual<Dual<Lanes<T>>>(Dual<Lanes<T>>(z[i], T(1)), Dual<Lanes<T>>(T(1), T(0))));
  }
}

/// The error has three lines, and the caret stands below a character of the second, or just behind it.
void check_error(const FormulaError& error) {
  const std::string text = error.what();
  const std::size_t first = text.find('\n'), second = text.find('\n', first + 1);
  require(first != text.npos && second != text.npos && text.find('\n', second + 1) == text.npos, "three lines");
  require(text.ends_with("^") && text.size() - second <= second - first + 1, "a caret below the formula");
  require(text.size() < 2000, "a short error");
}

}  // namespace
}  // namespace gradflow::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gradflow;
  using namespace gradflow::fuzz;
  const std::string text = expanded(std::string(reinterpret_cast<const char*>(data), size));
  const MemoryLimit limit((std::size_t(1) << 23) + 256 * text.size());
  (void)Formula::is_meant(text);
  try {
    const Formula formula(text);
    require(Formula(formula.text()).text() == formula.text(), formula.text());
    require(Formula::is_meant(formula.text()), formula.text());
    check_sweep<float>(formula);
    check_sweep<double>(formula);
  } catch (const FormulaError& error) {
    check_error(error);
  }
  return 0;
}
