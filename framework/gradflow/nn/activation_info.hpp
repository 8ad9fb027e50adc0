#pragma once
// An activation as data: its name, its functions in double, and the scheme for the weights of its layer. Code that only
// reads these data needs no policy.
#include <functional>
#include <string>
#include <vector>

#include <gradflow/base/names.hpp>

namespace gradflow {

/// The rule by which AutoInit draws the weights of a layer. Activations that declare no rule, such as your own, get
/// mean_field: the variance of the weights is computed from the activation's own expression.
enum class WeightScheme { glorot_uniform, he_normal, lecun_normal, mean_field };

/// An activation as data, for initialisers, theory and reports. The functions compute in double.
struct ActivationInfo {
  std::string name;                         ///< the text that by_name() reads: "leaky_relu(slope=0.01)"
  std::vector<Setting> settings;            ///< all parameters, also those at their default; empty if there are none
  WeightScheme weights;                     ///< the rule for the weights of its layer
  std::function<double(double)> value;      ///< f(z)
  std::function<double(double)> slope;      ///< f'(z)
  std::function<double(double)> curvature;  ///< f''(z)
};

}  // namespace gradflow
