#pragma once
// Mask<T>: the result of a comparison of Lanes<T>, true or false for each lane. select() chooses by a mask. The lanes
// may differ, so a mask does not convert to a bool or a number: code that tries it does not compile, on any processor.
#include <concepts>

#include <gradflow/math/registers.hpp>

namespace gradflow {
namespace detail {

template <class...>
inline constexpr bool always_false = false;

/// Causes the compiler's error if a mask is converted to another type, or combined with anything but a mask.
template <class... Asked>
struct NoSingleAnswer {
  static_assert(always_false<Asked...>,
                "a comparison of several numbers has no single answer: write select(mask, a, b) instead of ?: and if, "
                "& instead of &&, | instead of ||");
};

}  // namespace detail

template <class T>
class Lanes;

/// True or false for each lane of a Lanes<T>.
template <class T>
class Mask {
  using Batch = xsimd::batch_bool<T>;
  template <class Other>
  using NoAnswer = detail::NoSingleAnswer<Mask, Other>;

  Batch v_;
  friend class Lanes<T>;

 public:
  Mask(Batch batch) : v_(batch) {}  ///< from a batch of xsimd

  friend Mask operator&(Mask a, Mask b) { return a.v_ & b.v_; }  ///< true if both are true
  friend Mask operator|(Mask a, Mask b) { return a.v_ | b.v_; }  ///< true if at least one is true
  friend Mask operator!(Mask a) { return !a.v_; }                ///< true becomes false
  /// Returns whether the mask is true in at least one lane. Policies must not use it, because a number must not depend
  /// on the other lanes.
  friend bool any(Mask a) { return xsimd::any(a.v_); }

  // A call of any of these functions does not compile. They exist for their error text, which says what to write
  // instead. A deleted or a missing function would give another error text, and some compilers accept calls of a
  // function marked as unavailable.
  /// @cond
  template <class To>
  operator To() const {
    return NoAnswer<To>();
  }
  friend auto operator-(Mask) { return NoAnswer<Mask>(); }
  template <class Other>
  friend NoAnswer<Other> operator+(Mask, const Other&);
  template <class Other>
  friend NoAnswer<Other> operator-(Mask, const Other&);
  template <class Other>
  friend NoAnswer<Other> operator*(Mask, const Other&);
  template <class Other>
  friend NoAnswer<Other> operator/(Mask, const Other&);
  template <class Other>
  friend NoAnswer<Other> operator==(Mask, const Other&);
  template <class Other>
  friend NoAnswer<Other> operator<=>(Mask, const Other&);
  template <class Other>
  requires(!std::same_as<Other, Mask>) friend NoAnswer<Other> operator+(const Other&, Mask);
  template <class Other>
  requires(!std::same_as<Other, Mask>) friend NoAnswer<Other> operator-(const Other&, Mask);
  template <class Other>
  requires(!std::same_as<Other, Mask>) friend NoAnswer<Other> operator*(const Other&, Mask);
  template <class Other>
  requires(!std::same_as<Other, Mask>) friend NoAnswer<Other> operator/(const Other&, Mask);
  /// @endcond
};

}  // namespace gradflow
