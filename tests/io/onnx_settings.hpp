#pragma once
// The activations with which the tests try the ONNX exporter.
#include <string>
#include <vector>

#include <gradflow/nn/activations.hpp>

namespace gradflow {

/// Every activation of the library. An activation with parameters also appears with all of them at 1/3 and at 3 times
/// their defaults.
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
