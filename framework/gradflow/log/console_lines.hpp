#pragma once
// Records as lines for people.
#include <span>
#include <string>

#include <gradflow/log/sink.hpp>

namespace gradflow::detail {

/// A line for each layer, quantities in columns, lines divided by '\n', none after the last:
///   step   250  layer  0  ‖dL/dW‖ 1.23e-03  ‖dL/db‖ 4.56e-04  ‖dL/dz‖ 7.89e-03
/// What the whole network has stands on a line without a layer. In ASCII |dL/dW| in place of ‖dL/dW‖.
std::string console_lines(std::span<const Record> records, bool utf8);

}  // namespace gradflow::detail
