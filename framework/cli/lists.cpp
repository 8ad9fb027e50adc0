#include <cli/lists.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>

using namespace gradflow;

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items(1);
  int depth = 0;
  for (const char c : text) {
    depth += (c == '(') - (c == ')');
    if (c == ',' && depth == 0)
      items.emplace_back();
    else if (c != ' ' || !items.back().empty())
      items.back() += c;
  }
  for (std::string& item : items) item.erase(item.find_last_not_of(' ') + 1);
  return items;
}

std::size_t to_whole(std::string_view where, std::string_view typed, std::size_t min) {
  const auto number = parse_whole<std::size_t>(typed);
  if (number && *number >= min) return *number;
  throw ValueError({std::string(where), {}, in_quotes(typed), "a whole number of at least " + std::to_string(min), {}});
}
