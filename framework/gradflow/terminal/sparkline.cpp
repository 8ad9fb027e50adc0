#include <gradflow/terminal/sparkline.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

#include <gradflow/terminal/locale.hpp>

namespace gradflow {
namespace {

constexpr std::array<const char*, 8> sparks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, 8> plain_sparks = {".", ":", "-", "=", "+", "*", "#", "@"};

/// The range of log10 over the cells of a sparkline.
struct Decades {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

  void include(double decade) {
    if (!std::isfinite(decade)) return;
    low = std::min(low, decade);
    high = std::max(high, decade);
  }
  /// Returns a level from 0 to 7. Numbers that hardly change stay in the middle, so that noise does not look like a
  /// trend.
  std::size_t level(double decade) const {
    const double span = std::max(1.0, high - low), part = 0.5 + (decade - (low + high) / 2) / span;
    return static_cast<std::size_t>(std::clamp(std::round(part * 8), 0.0, 7.0));
  }
};

}  // namespace

void Sparkline::add(double value) {
  if (in_last_ == per_cell_) begin_cell();
  sums_[used_ - 1] += std::log10(value);
  ++in_last_;
}

void Sparkline::begin_cell() {
  if (used_ == cells) {
    static_assert(cells % 2 == 0, "every cell has a neighbour");
    for (std::size_t i = 0; i < cells / 2; ++i) sums_[i] = sums_[2 * i] + sums_[2 * i + 1];
    used_ /= 2;
    per_cell_ *= 2;
  }
  sums_[used_++] = 0;
  in_last_ = 0;
}

std::string Sparkline::text() const {
  const auto mean = [&](std::size_t i) {
    return sums_[i] / static_cast<double>(i + 1 == used_ ? in_last_ : per_cell_);
  };
  Decades decades;
  for (std::size_t i = 0; i < used_; ++i) decades.include(mean(i));
  const auto& levels = locale_is_utf8() ? sparks : plain_sparks;
  std::string out;
  for (std::size_t i = 0; i < used_; ++i) {
    const double decade = mean(i);
    if (std::isfinite(decade))
      out += levels[decades.level(decade)];
    else
      out += decade < 0 ? ' ' : '!';
  }
  return out + std::string(cells - used_, ' ');
}

}  // namespace gradflow
