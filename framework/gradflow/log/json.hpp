#pragma once
// The words of JSON (RFC 8259), for log lines.
#include <string>
#include <string_view>

#include <gradflow/log/sink.hpp>

namespace gradflow {

/// In quotes; quotes, backslashes and control characters are escaped. A byte that is not UTF-8 becomes U+FFFD.
std::string json_text(std::string_view text);

/// As short as it can be read back exactly; null where it is not finite, for JSON has no such numbers.
std::string json_number(double number);

/// {"step":250,"layer":0,"quantity":"delta_norm","value":0.00123}, and "bins":[...] where there are some; layer -1 is
/// the whole network.
std::string json_record(const Record& record);

}  // namespace gradflow
