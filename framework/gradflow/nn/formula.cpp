#include <gradflow/nn/formula.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/nn/formula_sweep.hpp>
#include <gradflow/nn/formula_value.hpp>

namespace gradflow {
namespace {

using detail::FormulaNode;
using detail::FormulaOp;

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", digits = "0123456789";

bool contains(std::string_view set, char c) { return set.find(c) != set.npos; }

/// Returns the length of the name that the text begins with; 0: none.
std::size_t name_length(std::string_view text) {
  if (text.empty() || !contains(letters, text[0])) return 0;
  const auto ends = [](char c) { return !contains(letters, c) && !contains(digits, c); };
  return static_cast<std::size_t>(std::ranges::find_if(text, ends) - text.begin());
}

bool has_name(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = name_length(text.substr(at));
    if (text.substr(at, length) == name) return true;
    at += std::max<std::size_t>(length, 1);
  }
  return false;
}

/// Returns the inside of "formula(...)", or nothing.
std::optional<std::string_view> inside_formula(std::string_view text) {
  text = trimmed(text);
  if (text.substr(0, name_length(text)) != Formula::name) return std::nullopt;
  text = trimmed(text.substr(Formula::name.size()));
  if (!text.starts_with('(') || !text.ends_with(')')) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

bool has_z(const FormulaNode& node) { return node.op == FormulaOp::z || std::ranges::any_of(node.parts, has_z); }

/// Returns the value of a tree without z.
double number_of(const FormulaNode& node) {
  const bool is_leaf = node.op == FormulaOp::number || node.op == FormulaOp::parameter;
  return is_leaf ? node.number : detail::formula_value(node, Lanes<double>(0)).first();
}

/// Returns the tree in which each parameter and each part without z is replaced by its number. Throws FormulaError if a
/// constant or an exponent is too large, or if the limits of a clamp() are swapped.
FormulaNode bound(FormulaNode node, std::string_view formula) {
  constexpr double largest = 1e30, largest_power = 1000;
  for (FormulaNode& part : node.parts) part = bound(std::move(part), formula);
  if (node.op == FormulaOp::power && std::abs(node.parts[1].number) > largest_power)
    throw FormulaError(formula, node.parts[1].place, text(node.parts[1].number), "an exponent in [-1000, 1000]");
  if (node.op == FormulaOp::clamp && !(node.parts[1].number <= node.parts[2].number))
    throw FormulaError(formula, node.parts[2].place, text(node.parts[2].number),
                       "an upper limit of at least " + text(node.parts[1].number));
  const bool is_condition = node.op >= FormulaOp::less;
  if (is_condition || has_z(node)) return node;
  const double number = number_of(node);
  if (!(std::abs(number) <= largest))
    throw FormulaError(formula, node.place, text(number), "a constant in [-1e30, 1e30]");
  return {.op = FormulaOp::number, .place = node.place, .number = number};
}

/// Returns whether the formula uses this parameter.
bool uses(const FormulaNode& node, std::string_view parameter) {
  return (node.op == FormulaOp::parameter && node.name == parameter) ||
         std::ranges::any_of(node.parts, [&](const FormulaNode& part) { return uses(part, parameter); });
}

/// Reads the parameters, which stand after the formula: "b=1.7". `arguments` are parts of `text`, because errors show
/// the text with a caret under the place.
std::vector<Setting> parse_settings(std::string_view text, const std::vector<std::string_view>& arguments) {
  std::vector<Setting> settings;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::size_t equals = std::min(arguments[i].find('='), arguments[i].size());
    const std::string_view name = trimmed(arguments[i].substr(0, equals));
    const auto fail = [&](std::string_view got, const std::string& expected, const std::string& hint = {}) {
      const char* const place = got.empty() ? arguments[i].data() : got.data();
      throw FormulaError(text, static_cast<std::size_t>(place - text.data()), in_quotes(shortened(got, 40)), expected,
                         hint);
    };
    if (equals == arguments[i].size()) fail(name, "a parameter such as b=1");
    const std::string_view typed = trimmed(arguments[i].substr(equals + 1));
    const std::optional<double> number = parse_number(typed);
    if (name_length(name) != name.size() || name.empty()) fail(name, "a name of letters, digits and _");
    if (name == "z" || name == "pi") fail(name, "another name", "z and pi are reserved");
    if (std::ranges::find(settings, name, &Setting::name) != settings.end()) fail(name, "each parameter once");
    if (!number || !std::isfinite(*number)) fail(typed, "a number");
    settings.push_back({std::string(name), *number});
  }
  return settings;
}

}  // namespace

struct Formula::Sweeps {
  detail::FormulaSweep<float> value_float, slope_float;
  detail::FormulaSweep<double> value_double, slope_double;

  template <class T>
  const detail::FormulaSweep<T>& of(bool with_slope) const {
    if constexpr (std::same_as<T, float>)
      return with_slope ? slope_float : value_float;
    else
      return with_slope ? slope_double : value_double;
  }
};

Formula::Formula() : Formula("formula(z)") {}

Formula::Formula(std::string_view typed) {
  const auto inside = inside_formula(typed);
  const std::vector<std::string_view> parts = inside ? split_list(*inside) : std::vector{typed};
  const auto place = [typed](const char* at) { return static_cast<std::size_t>(at - typed.data()); };
  const std::size_t begin = place(parts[0].data());
  std::vector<Setting> settings = parse_settings(typed, parts);
  const FormulaNode tree = detail::parse_formula(typed, begin, begin + parts[0].size(), settings);
  for (std::size_t i = 0; i < settings.size(); ++i)
    if (!uses(tree, settings[i].name))
      throw FormulaError(typed, place(parts[i + 1].data()), "parameter " + in_quotes(settings[i].name),
                         "only parameters that the formula uses");
  std::string text = detail::text(tree);
  if (!settings.empty() || !is_meant(text)) {
    for (const Setting& setting : settings) text += ", " + setting.name + "=" + gradflow::text(setting.value);
    text = std::string(name) + "(" + text + ")";
  }
  FormulaNode expression = bound(tree, typed);
  const auto sweep = [&]<class T>(T, bool with_slope) {
    return detail::FormulaSweep<T>(expression, with_slope, typed);
  };
  auto sweeps = std::make_shared<const Sweeps>(
      Sweeps{sweep(0.0f, false), sweep(0.0f, true), sweep(0.0, false), sweep(0.0, true)});
  parts_ = std::make_shared<const Parts>(
      Parts{std::move(text), std::move(settings), std::move(expression), std::move(sweeps)});
}

bool Formula::is_meant(std::string_view text) {
  text = trimmed(text);
  if (inside_formula(text)) return true;
  try {
    const NamedPolicy policy = parse_policy("activation", text);
    const auto is_name = [](std::string_view word) { return name_length(word) == word.size(); };
    const auto has_a_name = [&](const Setting& setting) { return is_name(setting.name); };
    if (is_name(policy.name) && std::ranges::all_of(policy.settings, has_a_name)) return false;
  } catch (const NameError&) {  // not of the form name(key=number, ...)
  }
  if (has_name(text, "z")) return true;
  return has_name(text, "x") && text.find('=') == text.npos;  // the error says: write z
}

template <class V>
V Formula::value(const V& z) const {
  return detail::formula_value(parts_->bound, z);
}

template <class T>
void Formula::sweep(std::span<T> a) const {
  parts_->sweeps->of<T>(false).run(a, {});
}

template <class T>
void Formula::sweep(std::span<T> a, std::span<T> slope) const {
  require_size([] { return "formula"; }, "slope", slope.size(), a.size(), "as many as z");
  parts_->sweeps->of<T>(true).run(a, slope);
}

template Lanes<float> Formula::value(const Lanes<float>&) const;
template Lanes<double> Formula::value(const Lanes<double>&) const;
template Dual<Lanes<float>> Formula::value(const Dual<Lanes<float>>&) const;
template Dual<Lanes<double>> Formula::value(const Dual<Lanes<double>>&) const;
template Dual<Dual<Lanes<float>>> Formula::value(const Dual<Dual<Lanes<float>>>&) const;
template Dual<Dual<Lanes<double>>> Formula::value(const Dual<Dual<Lanes<double>>>&) const;
template void Formula::sweep(std::span<float>) const;
template void Formula::sweep(std::span<double>) const;
template void Formula::sweep(std::span<float>, std::span<float>) const;
template void Formula::sweep(std::span<double>, std::span<double>) const;

}  // namespace gradflow
