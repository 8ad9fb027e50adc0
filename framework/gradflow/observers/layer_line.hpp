#pragma once
// What the live view says of a layer.
#include <cstddef>
#include <string>

#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/terminal/log_scale.hpp>
#include <gradflow/terminal/sparkline.hpp>

namespace gradflow {

/// How the gradient is at a layer, and how it was since the run began.
struct LayerLine {
  std::string name;                              ///< " 0 dense 64 -> 32, sigmoid"
  double norm = 0;                               ///< of dL/dz over a batch
  Sparkline history = {};                        ///< of the norm
  GradientState state = GradientState::flowing;  ///< the word at the end of the line, and its colour
};

namespace detail {

/// What lines below each other have in common.
struct LayerLineStyle {
  const LogScale& scale;
  std::size_t name_width;  ///< characters, that of the longest name
  std::size_t width;       ///< characters, that of the terminal
  bool coloured = false;   ///< what the word at the end says is also shown by a colour
};

/// "   0 dense 64 -> 32, sigmoid  1.5e-07 ▏       ▇▆▅▅▄▄▃▂▁             vanishing", at most `width` characters wide:
/// where there is not room enough the name is shortened, and then the line is cut off.
std::string layer_line(const LayerLine& line, const LayerLineStyle& style);

}  // namespace detail
}  // namespace gradflow
