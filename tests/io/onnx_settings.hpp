#pragma once
// The activations that exporters are tried with.
#include <string>
#include <vector>

#include <gradflow/nn/activations.hpp>

namespace gradflow {

/// Every one of the library; those with parameters also with these at a third and at three times their default.
inline std::vector<std::string> activations_and_settings() {
  std::vector<std::string> all;
  for_each_type(Activations{}, [&]<class A>(A activation) {
    all.emplace_back(A::name);
    for (const double factor : {1.0 / 3, 3.0}) {
      auto settings = settings_of(activation);
      if (settings.empty()) continue;
      for (Setting& setting : settings) setting.value *= factor;
      all.push_back(describe(A::name, settings, settings_of(activation)));
    }
  });
  return all;
}

}  // namespace gradflow
