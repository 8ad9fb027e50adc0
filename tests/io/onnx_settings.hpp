#pragma once
// The activations with which the tests try the ONNX exporter.
#include <string>
#include <vector>

#include <gradflow/nn/activations.hpp>

namespace gradflow {

/// Formulas with every operator and function. Many limit z, so that they do not overflow.
inline const std::vector<std::string> formulas = {
    "max(z, -30)*sigmoid(1.7*max(z, -30))",
    "formula(max(z, -30)*sigmoid(b*max(z, -30)), b=1.7)",
    "formula(0.5)",
    "formula(z)",
    "2 - (-z + 1)/3",
    "select(z <= 0, 0.01*z, z)",
    "select(z > 0 & !(z > 1) | z >= 1, z, 0)",
    "select(z == z & z != 1e9, tanh(z), 0)",
    "select(z < 0, -1, 1)*tanh(abs(z))",
    "min(max(z, -1), 1)^3 + 0.1*z",
    "log1p(abs(z)) + sqrt(1 + abs(z)) - log(2 + abs(z))",
    "erfc(z)*softplus(clamp(-z, -9, 9))",
    "expm1(-abs(z)) + exp(-abs(z)/3)",
    "sin(clamp(z, -pi, pi)) + cos(clamp(z, -pi, pi)/2)",
    "(1 + abs(clamp(z, -9, 9)))^0.3 - (1 + clamp(z, -9, 9)^2)^-1 + abs(clamp(z, -9, 9))^1.5",
};

/// Every activation of the library. An activation with parameters also appears with all of them at 1/3 and at 3 times
/// their defaults. And the formulas.
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
  all.insert(all.end(), formulas.begin(), formulas.end());
  return all;
}

}  // namespace gradflow
