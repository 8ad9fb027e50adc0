#pragma once
// check_initializer() tests that an initialiser writes every number, with the right mean and variance, and that no two
// units are alike.
#include <cstddef>
#include <cstdint>
#include <optional>

#include <gradflow/check/check_report.hpp>
#include <gradflow/nn/initializers.hpp>

namespace gradflow {

/// The layer that check_initializer() draws.
struct InitializerCheckOptions {
  std::size_t inputs = 200;   ///< fan_in: at least 1
  std::size_t outputs = 100;  ///< fan_out: at least 1; not 200, so that the check finds fan_in and fan_out swapped
  const ActivationInfo* activation = nullptr;           ///< the layer's activation; may be null
  const ActivationInfo* previous_activation = nullptr;  ///< activation of the layer before; may be null
  std::optional<double> variance = {};  ///< expected variance of the weights, such as 2.0 / inputs; empty: not checked
  std::uint64_t seed = 1;
};

/// Draws one layer and checks its numbers. The mean of n weights must be within 4 sigma / sqrt(n) of 0. Their variance
/// may differ from the expected one by a relative error of 4 sqrt(2 / n). For normal weights, both limits are four
/// standard deviations. Zeros and Constant fail, as they should, because units that start alike stay alike. Throws
/// ShapeError if a width is 0.
CheckReport check_initializer(const Initializer& initializer, const InitializerCheckOptions& options = {});

}  // namespace gradflow
