#include <gradflow/observers/layer_line.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <gradflow/terminal/progress_text.hpp>

namespace gradflow::detail {
namespace {

constexpr std::size_t shortest_name = 8;
constexpr std::size_t beside_name = 4 + 8 + LogScale::cells + 2 + Sparkline::cells + 2 + 10;

std::string_view colour(GradientState state) {
  switch (state) {
    case GradientState::flowing:
      return "\x1b[32m";  // green
    case GradientState::vanishing:
      return "\x1b[33m";  // yellow
    case GradientState::dead:
    case GradientState::none:
      return "\x1b[35m";  // magenta
    case GradientState::exploding:
    case GradientState::not_finite:
      return "\x1b[31m";  // red
  }
  return {};
}

}  // namespace

std::string layer_line(const LayerLine& line, const LayerLineStyle& style) {
  const std::size_t room = std::max(style.width, beside_name + shortest_name) - beside_name;
  const std::size_t name_width = std::min(style.name_width, room);
  const std::string head = fmt::format("  {:<{}}  {:>7.1e} ", cut(line.name, name_width), name_width, line.norm);
  const std::string tail = fmt::format("{}  {}  {}", style.scale.bar(line.norm), line.history.text(), name(line.state));
  std::string text = cut(head + tail, style.width);
  if (style.coloured && text.size() > head.size()) text.insert(head.size(), colour(line.state)).append("\x1b[m");
  return text;
}

}  // namespace gradflow::detail
