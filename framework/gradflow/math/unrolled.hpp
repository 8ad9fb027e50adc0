#pragma once
// Short loops in which every index is a constant, so that the arrays stay in registers.
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace gradflow::detail {

/// Calls f with the constants 0, 1, ... n - 1, one after the other. Arrays stay in registers only if their indices are
/// constants.
template <std::size_t n, class F>
[[gnu::always_inline]] inline void unrolled(const F& f) {
  [&]<std::size_t... i>(std::index_sequence<i...>) { (f(std::integral_constant<std::size_t, i>{}), ...); }
  (std::make_index_sequence<n>{});
}

/// Returns the array {f(0), f(1), ... f(n - 1)}.
template <std::size_t n, class F>
[[gnu::always_inline]] inline auto filled(const F& f) {
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return std::array<decltype(f(std::integral_constant<std::size_t, 0>{})), n>{
        f(std::integral_constant<std::size_t, i>{})...};
  }
  (std::make_index_sequence<n>{});
}

}  // namespace gradflow::detail
