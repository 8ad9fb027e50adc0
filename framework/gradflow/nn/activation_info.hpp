#pragma once
// An activation as data: its name, its functions in double, and how the weights before it are drawn. Code that only
// reads them needs no policy.
#include <functional>
#include <string>
#include <vector>

#include <gradflow/base/names.hpp>

namespace gradflow {

/// The rule by which the weights of a layer are drawn where none is named: see AutoInit. mean_field is for the
/// activations that declare none, yours among them: what suits them follows from their own expression.
enum class WeightScheme { glorot_uniform, he_normal, lecun_normal, mean_field };

/// An activation as data: what initialisers, theory and reports read. Evaluated in double.
struct ActivationInfo {
  std::string name;                         ///< as by_name reads it: "leaky_relu(slope=0.01)"
  std::vector<Setting> settings;            ///< all its parameters, also those at their default; empty: it has none
  WeightScheme weights;                     ///< the rule for the weights of the layer it stands in
  std::function<double(double)> value;      ///< f(z)
  std::function<double(double)> slope;      ///< f'(z)
  std::function<double(double)> curvature;  ///< f''(z)
};

}  // namespace gradflow
