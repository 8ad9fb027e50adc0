#pragma once
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace gradflow::detail {

/// Stores each name once. The views that keep() returns are valid as long as the store.
class NameStore {
 public:
  std::string_view keep(std::string_view name) {
    const auto found = names_.find(name);
    return found != names_.end() ? *found : *names_.emplace(name).first;
  }

 private:
  std::set<std::string, std::less<>> names_;
};

}  // namespace gradflow::detail
