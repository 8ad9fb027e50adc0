#pragma once
// Arrays and objects of JSON, put together of words that are JSON already: the data of a page.
#include <string>
#include <utility>
#include <vector>

#include <gradflow/log/json.hpp>

namespace gradflow::detail {

/// [a,b,...] of the items as `text` has them.
template <class Items, class Text>
std::string json_array(const Items& items, const Text& text) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += text(item);
  }
  return out + "]";
}

inline std::string json_numbers(const std::vector<double>& numbers) { return json_array(numbers, json_number); }

/// Names and values, the values as JSON.
using JsonMembers = std::vector<std::pair<const char*, std::string>>;

inline std::string json_object(const JsonMembers& members) {
  std::string out = json_array(members, [](const auto& m) { return json_text(m.first) + ":" + m.second; });
  out.front() = '{';
  out.back() = '}';
  return out;
}

inline std::string json_truth(bool truth) { return truth ? "true" : "false"; }

}  // namespace gradflow::detail
