#pragma once
#include <string_view>

namespace gradflow {

/// A custom activation, in no list of the library: 1 / (1 + z^2).
struct Bump {
  static constexpr std::string_view name = "bump";
  template <class V>
  V value(const V& z) const {
    return 1 / (1 + z * z);
  }
};

}  // namespace gradflow
