#pragma once
// Formats texts, numbers and records as JSON (RFC 8259), for log lines.
#include <string>
#include <string_view>

#include <gradflow/log/sink.hpp>

namespace gradflow {

/// Returns the text in quotes. Escapes quotes, backslashes and control characters. Replaces each byte that is not UTF-8
/// by U+FFFD.
std::string json_text(std::string_view text);

/// Returns the shortest text that reads back as exactly the same number; "null" if the number is not finite, because
/// JSON has neither NaN nor infinities.
std::string json_number(double number);

/// Returns {"step":250,"layer":0,"quantity":"delta_norm","value":0.00123}, with "bins":[...] if the record has bins.
/// Layer -1 is the whole network.
std::string json_record(const Record& record);

}  // namespace gradflow
