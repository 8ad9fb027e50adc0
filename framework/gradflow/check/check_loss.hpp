#pragma once
// check_loss() tests that a loss is the mean over its batch, that the gradient it writes is right, and that no sample
// depends on the samples beside it. Use check_loss<LogCosh>() for a policy of your own. Any Loss can be checked with
// outputs and targets that suit it.
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <gradflow/check/check_report.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/nn/losses.hpp>

namespace gradflow {

/// Batches and tolerances of check_loss().
struct LossCheckOptions {
  std::size_t samples = 8;  ///< in each batch that is drawn: at least 2
  std::size_t outputs = 3;  ///< columns of each batch that is drawn
  std::uint64_t seed = 1;
  double tolerance = 1e-7;        ///< tolerance for the gradient against difference quotients
  double mean = 1e-12;            ///< tolerance for samples that are repeated, weighted or evaluated alone
  double float_tolerance = 1e-5;  ///< tolerance for float against double; for gradients, a share of the largest one
  double left_out = 0.02;         ///< largest share of outputs that may be left out
  double kink = 1e-2;             ///< leaves an output out if its gradient jumps by over this share of the largest one
};

/// Checks a loss on one batch. outputs: [batch, outputs]; targets: as Loss::evaluate() takes them. The batch needs at
/// least two samples, and neighbouring samples need different targets. Throws what the loss throws. Throws ShapeError
/// if outputs and targets do not fit together, or if the loss writes a delta of another shape.
CheckReport check_loss(const Loss<double>& loss, const Matrix<double>& outputs, const Matrix<double>& targets,
                       const LossCheckOptions& options = {});

namespace detail {

/// The targets with which a loss is checked: normal numbers, numbers in [0, 1], or classes.
enum class Targets { numbers, probabilities, classes };

CheckReport check_loss(const Loss<float>& in_float, const Loss<double>& in_double, Targets targets,
                       const LossCheckOptions& options);

}  // namespace detail

/// Checks a policy on normal outputs, with targets that suit it. A policy that reads logits gets targets in [0, 1]. A
/// policy that looks at whole rows gets class indices and rows of probabilities. Any other policy gets normal numbers.
/// The policy must accept at least one of these batches; if not, throws what the policy throws. A policy that reads
/// logits or looks at whole rows must also be finite for outputs of +-1e4.
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
