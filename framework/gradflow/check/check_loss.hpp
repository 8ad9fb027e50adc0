#pragma once
// Is a loss the mean over its batch, is what it writes its gradient, and does no sample depend on the samples beside
// it? For a policy of your own, check_loss<LogCosh>(), and for any Loss with outputs and targets that suit it.
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <gradflow/check/check_report.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/losses.hpp>

namespace gradflow {

/// Batches and tolerances of check_loss().
struct LossCheckOptions {
  std::size_t samples = 8;  ///< of each batch that is drawn: at least 2
  std::size_t outputs = 3;  ///< of each batch that is drawn
  std::uint64_t seed = 1;
  double tolerance = 1e-7;        ///< of the gradient against difference quotients
  double mean = 1e-12;            ///< of the batch twice against the batch, and of a sample among others
  double float_tolerance = 1e-5;  ///< of float against double; of the gradient as a part of its largest
  double left_out = 0.02;         ///< this share of the outputs may be left out
  double kink = 1e-2;             ///< a gradient that jumps by this part of the largest: a kink, left out
};

/// outputs: [batch, outputs], targets as Loss::evaluate() takes them; two samples at least, no neighbours with the same
/// target. Throws what the loss throws, and ShapeError where the two do not meet or the loss writes another delta.
CheckReport check_loss(const Loss<double>& loss, const Matrix<double>& outputs, const Matrix<double>& targets,
                       const LossCheckOptions& options = {});

namespace detail {

/// What a loss wants to be near to.
enum class Targets { numbers, probabilities, classes };

CheckReport check_loss(const Loss<float>& in_float, const Loss<double>& in_double, Targets targets,
                       const LossCheckOptions& options);

}  // namespace detail

/// With normal outputs and with targets that suit the policy: normal numbers, [0, 1] where it reads logits; class
/// indices and rows of probabilities where it looks at whole rows; it has to take at least one of them. Those that
/// read logits have to be finite for +-1e4.
template <class Policy>
requires(!std::derived_from<Policy, Loss<double>>) CheckReport
    check_loss(const Policy& policy = {}, const LossCheckOptions& options = {}) {
  const bool logits = detail::reading_of<Policy>(options.outputs) != Reading::values;
  const auto targets = detail::LooksAtRows<Policy, double> ? detail::Targets::classes
                       : logits                            ? detail::Targets::probabilities
                                                           : detail::Targets::numbers;
  return detail::check_loss(*make_loss<float>(policy), *make_loss<double>(policy), targets, options);
}

}  // namespace gradflow
