#pragma once
// The line that the live view shows for a layer.
#include <cstddef>
#include <string>

#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/terminal/log_scale.hpp>
#include <gradflow/terminal/sparkline.hpp>

namespace gradflow {

/// The gradient at a layer: its norm now, and its history since the run began.
struct LayerLine {
  std::string name;                              ///< " 0 dense 64 -> 32, sigmoid"
  double norm = 0;                               ///< the norm of dL/dz over a batch
  Sparkline history = {};                        ///< all norms since the run began
  GradientState state = GradientState::flowing;  ///< its name ends the line, in a colour
};

namespace detail {

/// The layout that all lines of a drawing share.
struct LayerLineStyle {
  const LogScale& scale;
  std::size_t name_width;  ///< characters of the longest name
  std::size_t width;       ///< characters of the terminal
  bool coloured = false;   ///< true: the state at the end of the line is coloured
};

/// Returns "   0 dense 64 -> 32, sigmoid  1.5e-07 ▏       ▇▆▅▅▄▄▃▂▁             vanishing", at most `width` characters
/// wide. If the line is too long, the name is shortened first, to 8 characters at least; then the line is cut off.
std::string layer_line(const LayerLine& line, const LayerLineStyle& style);

}  // namespace detail
}  // namespace gradflow
