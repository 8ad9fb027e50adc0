#pragma once
// From text to type: "leaky_relu(slope=0.01)" finds the policy of that name in its family's list and sets its members.
// A policy is a default-constructible struct with a `name` and, where it has any, an array `parameters`.
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

/// What numbers a member can hold.
enum class NumberKind {
  real,     ///< any
  integer,  ///< whole numbers
  count,    ///< whole numbers that are not negative
  flag      ///< 0 and 1
};

/// A family's list: its types, in their order.
template <class... Types>
struct TypeList {
  static constexpr std::size_t size = sizeof...(Types);  ///< how many they are
};

/// A member that text can set: a double, a whole number (int, std::size_t) or a bool.
template <class Class>
class Member {
 public:
  constexpr Member(double Class::*member) : real_(member) {}        ///< any number
  constexpr Member(int Class::*member) : small_(member) {}          ///< whole numbers
  constexpr Member(std::size_t Class::*member) : whole_(member) {}  ///< whole numbers that are not negative
  constexpr Member(bool Class::*member) : flag_(member) {}          ///< 0 or 1

  /// The object's value.
  constexpr double get(const Class& object) const {
    return real_    ? object.*real_
           : small_ ? object.*small_
           : whole_ ? static_cast<double>(object.*whole_)
                    : object.*flag_;
  }
  /// The value as the member can hold it.
  constexpr void set(Class& object, double value) const {
    if (real_) object.*real_ = value;
    if (small_) object.*small_ = static_cast<int>(value);
    if (whole_) object.*whole_ = static_cast<std::size_t>(value);
    if (flag_) object.*flag_ = value != 0;
  }
  /// Which numbers it can hold; require_kind() has the limits.
  constexpr NumberKind kind() const {
    return real_ ? NumberKind::real : small_ ? NumberKind::integer : whole_ ? NumberKind::count : NumberKind::flag;
  }

 private:
  double Class::*real_ = nullptr;
  int Class::*small_ = nullptr;
  std::size_t Class::*whole_ = nullptr;
  bool Class::*flag_ = nullptr;
};

/// A member by its name, and the numbers that it may have: without bounds, all finite ones.
///     static constexpr Parameter<LeakyRelu> parameters[] = {{"slope", &LeakyRelu::slope}};
template <class Class>
struct Parameter {
  std::string_view name;                               ///< "slope"
  Member<Class> member;                                ///< &LeakyRelu::slope
  double min = std::numeric_limits<double>::lowest();  ///< the smallest
  double max = std::numeric_limits<double>::max();     ///< the largest
  bool below_max = false;                              ///< max itself is too much
};

/// A parameter by its name, and a value for it.
struct Setting {
  std::string name;  ///< "slope"
  double value;      ///< whole numbers and bools too
};

/// "name(key=value, key=value)", taken apart.
struct NamedPolicy {
  std::string name;               ///< "leaky_relu"
  std::vector<Setting> settings;  ///< {{"slope", 0.01}}
};

/// Throws NameError where the text is not of that form. family: "activation", the word errors begin with.
NamedPolicy parse_policy(std::string_view family, std::string_view text);

/// "got 'tahn', expected one of: identity sigmoid tanh ...; did you mean 'tanh'?"
[[noreturn]] void throw_unknown_name(std::string_view where, std::string_view what, std::string_view typed,
                                     const std::vector<std::string_view>& choices);

/// Throws ValueError: "where: what: got 2, expected 0 to 1".
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

/// The policy's parameters, or none.
template <class Policy>
constexpr std::span<const Parameter<Policy>> parameters_of() {
  if constexpr (requires { Policy::parameters; }) {
    static_assert(
        std::is_array_v<decltype(Policy::parameters)>,
        "parameters is an array: static constexpr Parameter<Mine> parameters[] = {{\"slope\", &Mine::slope}};");
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

/// A policy's parameters as they are now, in their order.
template <class Policy>
std::vector<Setting> settings_of(const Policy& policy) {
  std::vector<Setting> settings;
  for (const Parameter<Policy>& parameter : detail::parameters_of<Policy>())
    settings.push_back({std::string(parameter.name), parameter.member.get(policy)});
  return settings;
}

/// Throws ValueError where a member is outside its range.
template <class Policy>
void check_parameters(const Policy& policy) {
  for (const Parameter<Policy>& parameter : detail::parameters_of<Policy>())
    check_range(Policy::name, parameter.name, parameter.member.get(policy), parameter.min, parameter.max,
                parameter.below_max);
}

/// "leaky_relu(slope=0.01)": settings that equal their default are left out.
std::string describe(std::string_view name, const std::vector<Setting>& settings, const std::vector<Setting>& defaults);

/// "leaky_relu(slope=0.01)": what by_name() reads back as the same policy; parameters at their default are left out.
template <class Policy>
std::string describe(const Policy& policy) {
  return describe(Policy::name, settings_of(policy), settings_of(Policy{}));
}

/// The names of a list's policies, in their order.
template <class... Policies>
std::vector<std::string_view> names_of(TypeList<Policies...>) {
  return {Policies::name...};
}

/// Whether the list has this type.
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
