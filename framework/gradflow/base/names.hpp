#pragma once
// From text to type: "leaky_relu(slope=0.01)" finds the policy of that name in its family's list and sets its members.
// A policy is a default-constructible struct with a `name` and, where it has any, a tuple `parameters`.
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace gradflow {

template <class... Types>
struct TypeList {
  static constexpr std::size_t size = sizeof...(Types);
};

/// A member that can be set by name, and the numbers it may have: where no bounds are given, all that are finite.
template <class Class, class Value>
struct Parameter {
  std::string_view name;
  Value Class::*member;
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  bool below_max = false;  ///< max itself is too much
};
template <class Class, class Value>
Parameter(std::string_view, Value Class::*) -> Parameter<Class, Value>;
template <class Class, class Value, class... Bounds>
Parameter(std::string_view, Value Class::*, Bounds...) -> Parameter<Class, Value>;

struct Setting {
  std::string name;
  double value;
};

/// "name(key=value, key=value)", taken apart.
struct NamedPolicy {
  std::string name;
  std::vector<Setting> settings;
};

/// Throws NameError where the text is not of that form. family: "activation", the word errors begin with.
NamedPolicy parse_policy(std::string_view family, std::string_view text);

/// "got 'tahn', expected one of: identity sigmoid tanh ...; did you mean 'tanh'?"
[[noreturn]] void throw_unknown_name(std::string_view where, std::string_view what, std::string_view typed,
                                     const std::vector<std::string_view>& choices);

[[noreturn]] void throw_out_of_range(std::string_view where, std::string_view what, double value, double min,
                                     double max, bool below_max);

/// Throws ValueError where the value is not in [min, max], or [min, max) if below_max; NaN never is. An infinity is
/// where max is infinite and not below_max. Inline, because every step of an optimiser asks.
inline void check_range(std::string_view where, std::string_view what, double value, double min, double max,
                        bool below_max) {
  if (!(value >= min) || !(below_max ? value < max : value <= max))
    throw_out_of_range(where, what, value, min, max, below_max);
}

namespace detail {

template <class Policy, class Function>
void for_each_parameter(Function&& function) {
  if constexpr (requires { Policy::parameters; })
    std::apply([&](const auto&... parameter) { (function(parameter), ...); }, Policy::parameters);
}

[[noreturn]] void throw_not_whole(std::string_view where, const Setting& setting, std::string_view expected);

template <class Value>
Value converted(std::string_view where, const Setting& setting) {
  constexpr double exact_below = 9007199254740992;  // 2^53: beyond it a double skips whole numbers
  const bool fits = std::abs(setting.value) < exact_below && (setting.value >= 0 || std::signed_integral<Value>);
  if (fits && static_cast<double>(static_cast<Value>(setting.value)) == setting.value)
    return static_cast<Value>(setting.value);
  throw_not_whole(where, setting, std::same_as<Value, bool> ? "0 or 1" : "a whole number");
}

template <class Policy>
void assign(Policy& policy, const Setting& setting) {
  bool found = false;
  std::vector<std::string_view> choices;
  for_each_parameter<Policy>([&](const auto& parameter) {
    choices.push_back(parameter.name);
    if (parameter.name != setting.name) return;
    using Value = std::remove_reference_t<decltype(policy.*parameter.member)>;
    check_range(Policy::name, parameter.name, setting.value, parameter.min, parameter.max, parameter.below_max);
    if constexpr (std::same_as<Value, double>)
      policy.*parameter.member = setting.value;
    else
      policy.*parameter.member = converted<Value>(Policy::name, setting);
    found = true;
  });
  if (!found) throw_unknown_name(Policy::name, "parameter", setting.name, choices);
}

}  // namespace detail

/// A policy's parameters as they are now, in their order.
template <class Policy>
std::vector<Setting> settings_of(const Policy& policy) {
  std::vector<Setting> settings;
  detail::for_each_parameter<Policy>([&](const auto& parameter) {
    settings.push_back({std::string(parameter.name), static_cast<double>(policy.*parameter.member)});
  });
  return settings;
}

/// Throws ValueError where a member is outside its range.
template <class Policy>
void check_parameters(const Policy& policy) {
  detail::for_each_parameter<Policy>([&](const auto& parameter) {
    check_range(Policy::name, parameter.name, static_cast<double>(policy.*parameter.member), parameter.min,
                parameter.max, parameter.below_max);
  });
}

std::string describe(std::string_view name, const std::vector<Setting>& settings, const std::vector<Setting>& defaults);

/// "leaky_relu(slope=0.01)": what by_name() reads back as the same policy; parameters at their default are left out.
template <class Policy>
std::string describe(const Policy& policy) {
  return describe(Policy::name, settings_of(policy), settings_of(Policy{}));
}

template <class... Policies>
std::vector<std::string_view> names_of(TypeList<Policies...>) {
  return {Policies::name...};
}

template <class Policy, class... Policies>
constexpr bool contains(TypeList<Policies...>) {
  return (std::same_as<Policy, Policies> || ...);
}

/// Calls visit(policy) for every type of the list, default-constructed.
template <class... Policies, class Visit>
void for_each_type(TypeList<Policies...>, Visit&& visit) {
  (visit(Policies{}), ...);
}

/// Makes the policy that the text names and returns visit(policy). Throws NameError or ValueError.
template <class Result, class... Policies, class Visit>
Result by_name(TypeList<Policies...> list, std::string_view family, std::string_view text, Visit&& visit) {
  const NamedPolicy wanted = parse_policy(family, text);
  std::optional<Result> result;
  const auto try_one = [&]<class Policy>(Policy policy) {
    if (Policy::name != wanted.name) return false;
    for (const Setting& setting : wanted.settings) detail::assign(policy, setting);
    result.emplace(visit(policy));
    return true;
  };
  if (!(try_one(Policies{}) || ...)) throw_unknown_name(family, "", wanted.name, names_of(list));
  return *std::move(result);
}

}  // namespace gradflow
