#pragma once
// Does an initialiser write every number, with the mean and variance it should have, and no two units alike?
#include <cstddef>
#include <cstdint>
#include <optional>

#include <gradflow/check/check_report.hpp>
#include <gradflow/nn/initializers.hpp>

namespace gradflow {

struct InitializerCheckOptions {
  std::size_t inputs = 200, outputs = 100;     ///< unlike, so that fan_in is not taken for fan_out
  const ActivationInfo* activation = nullptr;  ///< the layer's own
  const ActivationInfo* fed_by = nullptr;      ///< that of the layer before
  std::optional<double> variance = {};         ///< of the weights, where it is known: 2.0 / inputs
  std::uint64_t seed = 1;
};

/// One layer is drawn. The mean of n weights has to be within 4 sigma / sqrt(n) of 0, their variance within
/// 4 sqrt(2 / n) of the one expected: four deviations of normal weights. Zeros and Constant fail, as they should: units
/// that start alike stay alike. Throws ShapeError where a width is 0.
CheckReport check_initializer(const Initializer& initializer, const InitializerCheckOptions& options = {});

}  // namespace gradflow
