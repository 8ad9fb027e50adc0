#include <gradflow/terminal/progress_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include <fmt/format.h>

namespace gradflow::detail {
namespace {

/// "0:06", "12:34", "1:02:03"
std::string duration(double seconds) {
  const auto s = static_cast<unsigned long long>(std::lround(seconds));
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string rate_text(const Progress& p) {
  return p.rate < 100 ? fmt::format("{:.3g} {}/s", p.rate, p.unit) : fmt::format("{:.0f} {}/s", p.rate, p.unit);
}

std::string time_text(const Progress& p) {
  if (p.finished) return "in " + duration(p.seconds);
  return duration(static_cast<double>(p.total - p.done) / p.rate) + " left";
}

/// Returns the text without the label. A narrow line leaves out the rate.
std::string status(const Progress& p, bool with_rate = true) {
  const std::string total = std::to_string(p.total);
  std::string text = fmt::format("{:>{}}/{}", p.done, total.size(), total);
  if (p.loss) text += fmt::format("  loss {:<8.4g}", *p.loss);
  if (!p.metric_name.empty()) text += fmt::format("  {} {:.3f}", p.metric_name, p.metric);
  if (p.rate > 0) text += (with_rate ? "  " + rate_text(p) : "") + "  " + time_text(p);
  return text;
}

std::string label(const Progress& p) { return p.label.empty() ? "" : p.label + "  "; }

}  // namespace

std::string progress_text(const Progress& p) { return label(p) + status(p); }

std::string progress_bar(const Progress& p, std::size_t width) {
  constexpr std::size_t shortest = 10, longest = 40;
  const std::string head = label(p), tail = status(p);
  const std::size_t taken = head.size() + tail.size() + 4;  // "[", "]" and two blanks
  if (width < head.size() + tail.size()) return cut(head + status(p, false), width);
  if (width < taken + shortest) return head + tail;
  const std::size_t length = std::min(width - taken, longest);
  const std::size_t filled = p.total == 0 ? 0 : length * p.done / p.total;
  return head + "[" + std::string(filled, '#') + std::string(length - filled, '-') + "]  " + tail;
}

std::string cut(std::string text, std::size_t width) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool continues = (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;  // not the first byte of a character
    if (!continues && ++characters > width) return text.substr(0, i);
  }
  return text;
}

}  // namespace gradflow::detail
