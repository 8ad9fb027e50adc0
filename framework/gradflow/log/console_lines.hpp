#pragma once
// Formats records as lines of text for people.
#include <span>
#include <string>

#include <gradflow/log/sink.hpp>

namespace gradflow::detail {

/// Returns one line for each layer, with the quantities in columns. Lines are separated by '\n'; the last has
/// none:
///   step   250  layer  0  ‖dL/dW‖ 1.23e-03  ‖dL/db‖ 4.56e-04  ‖dL/dz‖ 7.89e-03
/// Quantities of the whole network are on a line without a layer. If utf8 is false: |dL/dW| instead of ‖dL/dW‖.
std::string console_lines(std::span<const Record> records, bool utf8);

}  // namespace gradflow::detail
