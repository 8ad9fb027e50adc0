#pragma once
// From text to type: for "leaky_relu(slope=0.01)", by_name() finds the policy with the name leaky_relu in the list of
// its family and sets its member slope. A policy is a default-constructible struct with a `name` and, if it has
// parameters, an array `parameters`.
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gradflow {

/// The kind of numbers that a member can hold.
enum class NumberKind {
  real,     ///< any number
  integer,  ///< whole numbers
  count,    ///< whole numbers that are not negative
  flag      ///< 0 or 1
};

/// The list of all policies of a family, in a fixed order, such as Activations.
template <class... Types>
struct TypeList {
  static constexpr std::size_t size = sizeof...(Types);  ///< the number of policies
};

/// A member that can be set from text: a double, a whole number (int, std::size_t) or a bool.
template <class Class>
class Member {
 public:
  constexpr Member(double Class::*member) : real_(member) {}        ///< any number
  constexpr Member(int Class::*member) : small_(member) {}          ///< whole numbers
  constexpr Member(std::size_t Class::*member) : whole_(member) {}  ///< whole numbers that are not negative
  constexpr Member(bool Class::*member) : flag_(member) {}          ///< 0 or 1

  /// Returns the value of the member in the object.
  constexpr double get(const Class& object) const {
    return real_    ? object.*real_
           : small_ ? object.*small_
           : whole_ ? static_cast<double>(object.*whole_)
                    : object.*flag_;
  }
  /// Converts the value to the type of the member and stores it in the object.
  constexpr void set(Class& object, double value) const {
    if (real_) object.*real_ = value;
    if (small_) object.*small_ = static_cast<int>(value);
    if (whole_) object.*whole_ = static_cast<std::size_t>(value);
    if (flag_) object.*flag_ = value != 0;
  }
  /// Returns which numbers the member can hold; require_kind() checks their range.
  constexpr NumberKind kind() const {
    return real_ ? NumberKind::real : small_ ? NumberKind::integer : whole_ ? NumberKind::count : NumberKind::flag;
  }

 private:
  double Class::*real_ = nullptr;
  int Class::*small_ = nullptr;
  std::size_t Class::*whole_ = nullptr;
  bool Class::*flag_ = nullptr;
};

/// A parameter of a policy: its name, its member and its allowed range. By default all finite numbers are allowed.
///     static constexpr Parameter<LeakyRelu> parameters[] = {{"slope", &LeakyRelu::slope}};
template <class Class>
struct Parameter {
  std::string_view name;                               ///< "slope"
  Member<Class> member;                                ///< &LeakyRelu::slope
  double min = std::numeric_limits<double>::lowest();  ///< the smallest allowed value
  double max = std::numeric_limits<double>::max();     ///< the largest allowed value
  bool below_max = false;                              ///< true: max itself is not allowed
};

/// The name of a parameter and a value for it.
struct Setting {
  std::string name;  ///< "slope"
  double value;      ///< whole numbers and bools too are stored as double
};

/// The parts of a text of the form "name(key=value, key=value)".
struct NamedPolicy {
  std::string name;               ///< "leaky_relu"
  std::vector<Setting> settings;  ///< {{"slope", 0.01}}
};

/// Returns the text without the blanks and tabs at its ends: a part of the same text.
std::string_view trimmed(std::string_view text);

/// Splits a list at the commas outside parentheses: "a, b(c=1,d=2)" -> "a", "b(c=1,d=2)". The parts are trimmed parts
/// of the same text. An empty text has one part, which is empty.
std::vector<std::string_view> split_list(std::string_view text);

/// Splits a text into its parts. Throws NameError if it does not have the form "name(key=number, ...)". family: the
/// first word of the error text, such as "activation".
NamedPolicy parse_policy(std::string_view family, std::string_view text);

/// Returns "did you mean 'X'?" for the nearest choice X, or an empty text if no choice is similar. Also returns an
/// empty text if `typed` has more than 100 bytes, and skips choices of very different length. So the search is fast
/// even for a file with long names or many names.
std::string nearest_hint(std::string_view typed, const std::vector<std::string_view>& choices);

/// Throws NameError: "where: what: got 'tahn', expected one of: identity sigmoid tanh ...; did you mean 'tanh'?".
[[noreturn]] void throw_unknown_name(std::string_view where, std::string_view what, std::string_view typed,
                                     const std::vector<std::string_view>& choices);

/// Throws ValueError: "where: what: got 2, expected a number in [0, 1]".
[[noreturn]] void throw_out_of_range(std::string_view where, std::string_view what, double value, double min,
                                     double max, bool below_max);

/// Throws ValueError unless the value is in [min, max], or in [min, max) if below_max is true. NaN is never in the
/// range. Infinity is in the range only if max is infinite and below_max is false. This function is inline because
/// optimisers call it at every step.
inline void check_range(std::string_view where, std::string_view what, double value, double min, double max,
                        bool below_max) {
  if (!(value >= min) || !(below_max ? value < max : value <= max))
    throw_out_of_range(where, what, value, min, max, below_max);
}

namespace detail {

/// Returns the `parameters` of the policy, or an empty span if it declares none.
template <class Policy>
constexpr std::span<const Parameter<Policy>> parameters_of() {
  if constexpr (requires { Policy::parameters; }) {
    static_assert(
        std::is_array_v<decltype(Policy::parameters)>,
        "parameters must be an array: static constexpr Parameter<Mine> parameters[] = {{\"slope\", &Mine::slope}};");
    return Policy::parameters;
  } else {
    return {};
  }
}

/// Throws ValueError if a member of this kind cannot hold the value.
void require_kind(std::string_view where, const Setting& setting, NumberKind kind);

template <class Policy>
void assign(Policy& policy, const Setting& setting) {
  std::vector<std::string_view> choices;
  for (const Parameter<Policy>& parameter : parameters_of<Policy>()) {
    choices.push_back(parameter.name);
    if (parameter.name != setting.name) continue;
    check_range(Policy::name, parameter.name, setting.value, parameter.min, parameter.max, parameter.below_max);
    require_kind(Policy::name, setting, parameter.member.kind());
    return parameter.member.set(policy, setting.value);
  }
  throw_unknown_name(Policy::name, "parameter", setting.name, choices);
}

}  // namespace detail

/// Returns the names and current values of a policy's parameters, in the order of its `parameters`.
template <class Policy>
std::vector<Setting> settings_of(const Policy& policy) {
  std::vector<Setting> settings;
  for (const Parameter<Policy>& parameter : detail::parameters_of<Policy>())
    settings.push_back({std::string(parameter.name), parameter.member.get(policy)});
  return settings;
}

/// Throws ValueError if a member is outside its range.
template <class Policy>
void check_parameters(const Policy& policy) {
  for (const Parameter<Policy>& parameter : detail::parameters_of<Policy>())
    check_range(Policy::name, parameter.name, parameter.member.get(policy), parameter.min, parameter.max,
                parameter.below_max);
}

/// Returns a text such as "leaky_relu(slope=0.01)". It leaves out settings that are equal to their default.
std::string describe(std::string_view name, const std::vector<Setting>& settings, const std::vector<Setting>& defaults);

/// Returns a text such as "leaky_relu(slope=0.01)", from which by_name() makes the same policy. It leaves out
/// parameters that are equal to their default.
template <class Policy>
std::string describe(const Policy& policy) {
  return describe(Policy::name, settings_of(policy), settings_of(Policy{}));
}

/// Returns the names of the list's policies, in the order of the list.
template <class... Policies>
std::vector<std::string_view> names_of(TypeList<Policies...>) {
  return {Policies::name...};
}

/// Returns whether the list contains the type Policy.
template <class Policy, class... Policies>
constexpr bool contains(TypeList<Policies...>) {
  return (std::same_as<Policy, Policies> || ...);
}

/// Calls visit(policy) with a default-constructed policy of each type in the list.
template <class... Policies, class Visit>
void for_each_type(TypeList<Policies...>, Visit&& visit) {
  (visit(Policies{}), ...);
}

/// Makes the policy that the text describes and returns visit(policy). Throws NameError for an unknown name or a text
/// of another form, ValueError for a value outside its range.
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
