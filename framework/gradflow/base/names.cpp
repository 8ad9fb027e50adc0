#include <gradflow/base/names.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>

namespace gradflow {
namespace {

/// Returns how many edits turn a into b. An edit changes, inserts or drops a letter, or swaps two neighbours (Damerau &
/// Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::optional<double> number(std::string_view s) {
  if (s == "true") return 1;
  if (s == "false") return 0;
  return parse_number(s);
}

Setting parse_setting(std::string_view family, std::string_view text) {
  const auto equals = text.find('=');
  const auto value = equals == text.npos ? std::nullopt : number(trimmed(text.substr(equals + 1)));
  if (!value) throw NameError({std::string(family), "parameter", in_quotes(trimmed(text)), "key=number", {}});
  return {std::string(trimmed(text.substr(0, equals))), *value};
}

void require_different_names(const NamedPolicy& policy) {
  std::set<std::string_view> names;
  for (const Setting& setting : policy.settings)
    if (!names.insert(setting.name).second)
      throw NameError({policy.name, "parameter", in_quotes(setting.name) + " twice", "only once", {}});
}

/// Describes the range in words. If the range excludes infinity and has no upper limit, the word "finite" is added in
/// two cases: the value is infinite, or the range has no lower limit either.
std::string range_in_words(double value, double min, double max, bool below_max) {
  constexpr auto largest = std::numeric_limits<double>::max();
  const bool infinite_allowed = max > largest && !below_max;
  const bool unlimited = max >= largest;
  if (unlimited && min <= -largest) return infinite_allowed ? "a number" : "a finite number";
  if (unlimited)
    return (std::isinf(value) && !infinite_allowed ? "a finite number of at least " : "at least ") + text(min);
  return "a number in [" + text(min) + ", " + text(max) + (below_max ? ")" : "]");
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = std::min(text.find_first_not_of(blanks), text.size());
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    depth += (text[i] == '(') - (text[i] == ')');
    if (text[i] != ',' || depth != 0) continue;
    parts.push_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

std::string nearest_hint(std::string_view typed, const std::vector<std::string_view>& choices) {
  constexpr std::size_t longest = 100;
  if (typed.size() > longest) return {};
  std::string_view nearest;
  std::size_t distance = longest;
  for (const std::string_view choice : choices) {
    const std::size_t most = std::max<std::size_t>(1, choice.size() / 3);
    if (choice.size() > typed.size() + most || typed.size() > choice.size() + most) continue;
    const std::size_t edits = edit_distance(typed, choice);
    if (edits > most || edits >= distance) continue;
    nearest = choice;
    distance = edits;
  }
  return nearest.empty() ? std::string() : "did you mean " + in_quotes(nearest) + "?";
}

NamedPolicy parse_policy(std::string_view family, std::string_view text) {
  text = trimmed(text);
  const auto open = text.find('(');
  NamedPolicy policy{std::string(trimmed(text.substr(0, open))), {}};
  if (open == text.npos) return policy;
  if (text.back() != ')')
    throw NameError({std::string(family), {}, in_quotes(text), "name or name(key=number, ...)", {}});
  const std::string_view inside = trimmed(text.substr(open + 1, text.size() - open - 2));
  if (!inside.empty())
    for (const std::string_view setting : split_list(inside)) policy.settings.push_back(parse_setting(family, setting));
  require_different_names(policy);
  return policy;
}

void throw_unknown_name(std::string_view where, std::string_view what, std::string_view typed,
                        const std::vector<std::string_view>& choices) {
  std::string expected = choices.empty() ? "none" : "one of:";
  for (const std::string_view choice : choices) expected += " " + std::string(choice);
  throw NameError({std::string(where), std::string(what), in_quotes(typed), expected, nearest_hint(typed, choices)});
}

void throw_out_of_range(std::string_view where, std::string_view what, double value, double min, double max,
                        bool below_max) {
  const std::string expected = range_in_words(value, min, max, below_max);
  throw ValueError({std::string(where), std::string(what), text(value), expected, {}});
}

void detail::require_kind(std::string_view where, const Setting& setting, NumberKind kind) {
  if (kind == NumberKind::real) return;
  constexpr double exact_below = 9007199254740992;  // 2^53: above it, a double cannot hold every whole number
  const double value = setting.value;
  const bool fits = kind == NumberKind::integer ? std::abs(value) <= std::numeric_limits<int>::max()
                    : kind == NumberKind::count ? value >= 0 && value < exact_below
                                                : value == 0 || value == 1;
  if (fits && std::trunc(value) == value) return;
  throw ValueError(
      {std::string(where), setting.name, text(value), kind == NumberKind::flag ? "0 or 1" : "a whole number", {}});
}

std::string describe(std::string_view name, const std::vector<Setting>& settings,
                     const std::vector<Setting>& defaults) {
  std::string inside;
  for (std::size_t i = 0; i < settings.size(); ++i)
    if (settings[i].value != defaults[i].value)
      inside += (inside.empty() ? "" : ", ") + settings[i].name + "=" + text(settings[i].value);
  return std::string(name) + (inside.empty() ? "" : "(" + inside + ")");
}

}  // namespace gradflow
