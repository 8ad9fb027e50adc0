#include <gradflow/data/classes.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/csv_field.hpp>

namespace gradflow {

void detail::require_classes(const std::string& path, const std::string& what, const std::vector<std::string>& names,
                             std::size_t samples, bool numbers) {
  constexpr std::size_t usual = 20, samples_of_each = 3;
  if (names.size() < 2) throw ValueError({path, what, "only " + shown_field(names.front()), "at least 2", {}});
  if (numbers && names.size() > usual && names.size() * samples_of_each > samples)
    throw FormatError({path, what,
                       std::to_string(names.size()) + " different numbers in " + std::to_string(samples) + " samples",
                       "a few classes", "for a regression set .target = Target::values (--target values)"});
}

}  // namespace gradflow
