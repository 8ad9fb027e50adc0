#pragma once
// Mask<T>: the answer of a comparison of Lanes<T>, a yes or no for each lane. select() chooses by it. Lanes may
// disagree, so a mask never becomes a bool or a number: a program that asks for one does not compile, on any processor.
#include <concepts>

#include <gradflow/math/registers.hpp>

namespace gradflow {
namespace detail {

template <class...>
inline constexpr bool always_false = false;

/// The compiler's error wherever a mask meets something that it cannot be or cannot be combined with.
template <class... Asked>
struct NoSingleAnswer {
  static_assert(always_false<Asked...>,
                "a comparison of several numbers has no single answer: write select(mask, a, b) in place of ?: and if, "
                "& in place of &&, | in place of ||");
};

}  // namespace detail

template <class T>
class Lanes;

/// A yes or no for each lane of a Lanes<T>.
template <class T>
class Mask {
  using Batch = xsimd::batch_bool<T>;
  template <class Other>
  using NoAnswer = detail::NoSingleAnswer<Mask, Other>;

  Batch v_;
  friend class Lanes<T>;

 public:
  Mask(Batch batch) : v_(batch) {}  ///< what xsimd computed

  friend Mask operator&(Mask a, Mask b) { return a.v_ & b.v_; }  ///< yes in both
  friend Mask operator|(Mask a, Mask b) { return a.v_ | b.v_; }  ///< yes in one of them or in both
  friend Mask operator!(Mask a) { return !a.v_; }                ///< yes becomes no
  /// Whether the answer is yes in one lane at least. Not for a policy, whose numbers must not depend on each other.
  friend bool any(Mask a) { return xsimd::any(a.v_); }

  // None of these compiles. They are there for their error, which says what to write instead. A deleted function, or
  // none, would give other errors, and some compilers accept an unavailable one.
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
