#pragma once
// Does an initialiser write every number, with the mean and variance it should have, and no two units alike?
#include <cstddef>
#include <cstdint>
#include <optional>

#include <gradflow/check/check_report.hpp>
#include <gradflow/nn/initializers.hpp>

namespace gradflow {

/// The layer that check_initializer() draws.
struct InitializerCheckOptions {
  std::size_t inputs = 200;                    ///< fan_in: at least 1
  std::size_t outputs = 100;                   ///< fan_out: at least 1; unlike inputs, so that the two are told apart
  const ActivationInfo* activation = nullptr;  ///< the layer's own
  const ActivationInfo* previous_activation = nullptr;  ///< that of the layer before
  std::optional<double> variance = {};                  ///< of the weights, where it is known: 2.0 / inputs
  std::uint64_t seed = 1;
};

/// One layer is drawn. The mean of n weights has to be within 4 sigma / sqrt(n) of 0, their variance within
/// 4 sqrt(2 / n) of the one expected: four deviations of normal weights. Zeros and Constant fail, as they should: units
/// that start alike stay alike. Throws ShapeError where a width is 0.
CheckReport check_initializer(const Initializer& initializer, const InitializerCheckOptions& options = {});

}  // namespace gradflow
