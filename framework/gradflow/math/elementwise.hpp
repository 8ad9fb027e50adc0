#pragma once
// elementwise(): the loop that applies a function to whole arrays, one batch of lanes at a time.
#include <cstddef>
#include <type_traits>

#include <gradflow/math/lanes.hpp>

namespace gradflow {
namespace detail {

template <class T>
inline constexpr std::size_t lanes = Lanes<T>::size;

/// One batch of an array: as many numbers as a register holds. write_back() stores the batch in the array, unless the
/// array is const.
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

/// Calls f(a, b, ...) with the numbers of the arrays, one batch at a time, and writes the results to the arrays that
/// are not const. Every array has n numbers. Example: elementwise(n, [](Lanes<T>& y, Lanes<T> x) { y = exp(x); },
/// y.data(), x.data()). Two arrays may be the same, but must not overlap otherwise; if both are written, the later one
/// in the list counts. If the last batch is not full, its other lanes are 0. f is copied and called as const, so values
/// captured by f do not change.
template <class F, class First, class... Rest>
[[gnu::flatten]] void elementwise(std::size_t n, const F& f, First* first, Rest*... rest) {
  // gnu::flatten inlines everything that f calls: if a value and its slope both need the same exp(), it is computed
  // once. The copy of f lets the compiler keep the numbers in f in registers. Without the copy, the compiler would have
  // to assume that a write to an array changes these numbers.
  const F call = f;
  constexpr std::size_t step = detail::lanes<std::remove_const_t<First>>;
  std::size_t i = 0;
  for (; i + step <= n; i += step) detail::apply(call, detail::WholePiece(first + i), detail::WholePiece(rest + i)...);
  if (i < n) detail::apply(call, detail::PartialPiece(first + i, n - i), detail::PartialPiece(rest + i, n - i)...);
}

}  // namespace gradflow
