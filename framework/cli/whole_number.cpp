#include <cli/whole_number.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>

using namespace gradflow;

std::size_t to_whole(std::string_view where, std::string_view typed, std::size_t min) {
  const auto number = parse_whole<std::size_t>(typed);
  if (number && *number >= min) return *number;
  throw ValueError({std::string(where), {}, in_quotes(typed), "a whole number of at least " + std::to_string(min), {}});
}
