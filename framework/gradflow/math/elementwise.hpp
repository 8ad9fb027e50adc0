#pragma once
// elementwise(): the one loop over lanes.
#include <cstddef>
#include <type_traits>

#include <gradflow/math/lanes.hpp>

namespace gradflow {
namespace detail {

template <class T>
inline constexpr std::size_t lanes = Lanes<T>::size;

/// A batch of an array, in a register while it is worked on; written back unless the array is constant.
template <class T>
class WholePiece {
 public:
  using Value = std::remove_const_t<T>;
  Lanes<Value> value;

  explicit WholePiece(T* at) : value(Lanes<Value>::load(at)), at_(at) {}
  void write_back() const {
    if constexpr (!std::is_const_v<T>) value.store(at_);
  }

 private:
  T* at_;
};

template <class T>
class PartialPiece {
 public:
  using Value = std::remove_const_t<T>;
  Lanes<Value> value;

  PartialPiece(T* at, std::size_t n) : value(Lanes<Value>::load(at, n)), at_(at), n_(n) {}
  void write_back() const {
    if constexpr (!std::is_const_v<T>) value.store(at_, n_);
  }

 private:
  T* at_;
  std::size_t n_;
};

template <class F, class... Pieces>
void apply(const F& f, Pieces... pieces) {
  f(pieces.value...);
  (pieces.write_back(), ...);
}

}  // namespace detail

/// Calls f(a, b, ...) with the numbers of n-long arrays, a batch at a time, and writes back those whose array is not
/// constant: elementwise(n, [](Lanes<T>& y, Lanes<T> x) { y = exp(x); }, y.data(), x.data()). Arrays may be the same
/// but may not overlap otherwise. The padding of the last batch is 0. What f captures by value stays as it is.
template <class F, class First, class... Rest>
[[gnu::flatten]] void elementwise(std::size_t n, const F& f, First* first, Rest*... rest) {
  // Flattened, that is with all inlined that f calls: an exp() that a value and its slope both need is computed once.
  // And with a copy of f, so that its numbers stay in registers: for all the compiler knows, the arrays hold those of
  // f.
  const F call = f;
  constexpr std::size_t step = detail::lanes<std::remove_const_t<First>>;
  std::size_t i = 0;
  for (; i + step <= n; i += step) detail::apply(call, detail::WholePiece(first + i), detail::WholePiece(rest + i)...);
  if (i < n) detail::apply(call, detail::PartialPiece(first + i, n - i), detail::PartialPiece(rest + i, n - i)...);
}

}  // namespace gradflow
