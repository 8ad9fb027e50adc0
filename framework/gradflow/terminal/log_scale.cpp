#include <gradflow/terminal/log_scale.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include <gradflow/terminal/locale.hpp>

namespace gradflow {
namespace {

std::string blocks(int eighths) {
  constexpr const char* parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  return out + parts[eighths % 8] + std::string(static_cast<std::size_t>(LogScale::cells - (eighths + 7) / 8), ' ');
}

std::string hashes(int eighths) {
  const auto n = static_cast<std::size_t>((eighths + 7) / 8);
  return std::string(n, '#') + std::string(LogScale::cells - n, ' ');
}

}  // namespace

void LogScale::include(double value) {
  if (!(value > 0) || !std::isfinite(value)) return;
  low_ = std::min(low_, std::floor(std::log10(value)));
  high_ = std::max(high_, std::ceil(std::log10(value)));
}

std::string LogScale::bar(double value) const {
  if (value == 0) return std::string(cells, ' ');
  if (!std::isfinite(value)) return "!" + std::string(cells - 1, ' ');
  const double part = std::clamp((std::log10(value) - low_) / std::max(1.0, high_ - low_), 0.0, 1.0);
  const int eighths = std::max(1, static_cast<int>(std::lround(part * cells * 8)));
  return locale_is_utf8() ? blocks(eighths) : hashes(eighths);
}

}  // namespace gradflow
