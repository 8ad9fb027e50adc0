#pragma once
#include <string_view>

namespace gradflow {

/// An activation that no list has.
struct Bump {
  static constexpr std::string_view name = "bump";
  template <class V>
  V value(const V& z) const {
    return 1 / (1 + z * z);
  }
};

}  // namespace gradflow
