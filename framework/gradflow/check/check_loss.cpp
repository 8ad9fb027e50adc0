#include <gradflow/check/check_loss.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/check/comparison.hpp>
#include <gradflow/check/difference_quotient.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {
namespace {

using detail::Comparison;
using detail::relative_error;
using detail::Targets;

struct Batch {
  std::string note;  ///< prefix for the name of each check: "with class indices: "
  Matrix<double> outputs, targets;
};

template <class T>
struct Evaluated {
  double loss;
  Matrix<T> delta;
};

template <class T>
Evaluated<T> evaluate(const Loss<T>& loss, const Matrix<T>& outputs, const Matrix<T>& targets,
                      const SampleWeights<T>& weights = {}) {
  Evaluated<T> result;
  result.loss = loss.evaluate(outputs, targets, result.delta, weights);
  require_shape([&] { return loss.describe(); }, "delta", result.delta,
                {rows(outputs), columns(outputs), "the shape of the output"});
  return result;
}

std::string place(const Matrix<double>& m, std::size_t i) {
  return "sample " + std::to_string(i / columns(m)) + ", output " + std::to_string(i % columns(m));
}

double largest(const Matrix<double>& m) {
  double largest = 0;
  for (const double x : flat(m)) largest = std::max(largest, std::abs(x));
  return largest;
}

template <class T, class From>
Matrix<T> converted(const Matrix<From>& m) {
  Matrix<T> result = zeros<T>(rows(m), columns(m));
  std::ranges::transform(flat(m), result.data(), [](From x) { return static_cast<T>(x); });
  return result;
}

Matrix<double> twice(const Matrix<double>& m) {
  Matrix<double> result = zeros<double>(2 * rows(m), columns(m));
  std::ranges::copy(flat(m), result.data());
  std::ranges::copy(flat(m), result.data() + m.size());
  return result;
}

Check gradient(const Loss<double>& loss, const Batch& batch, const LossCheckOptions& options) {
  const auto [whole, delta] = evaluate(loss, batch.outputs, batch.targets);
  const double value_error = 4 * std::numeric_limits<double>::epsilon() * std::abs(whole);
  const double kink = options.kink * largest(delta);
  Comparison comparison(batch.note + "gradient against difference quotients of the loss", options.tolerance,
                        options.left_out);
  Matrix<double> outputs = batch.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto along_output = [&](double y) {
      outputs.data()[i] = y;
      const auto [value, slopes] = evaluate(loss, outputs, batch.targets);
      outputs.data()[i] = batch.outputs.data()[i];
      return detail::ValueAndSlope{value, slopes.data()[i]};
    };
    const auto quotient = detail::difference_quotient(along_output, outputs.data()[i], value_error);
    const double got = delta.data()[i];
    if (quotient.slope_jump > kink)
      comparison.leave_out();
    else
      comparison.add(relative_error(got, quotient.value, quotient.uncertainty), got, quotient.value,
                     [&] { return place(outputs, i); });
  }
  return comparison.result();
}

Check mean(const Loss<double>& loss, const Batch& batch, const LossCheckOptions& options) {
  const auto once = evaluate(loss, batch.outputs, batch.targets);
  const auto both = evaluate(loss, twice(batch.outputs), twice(batch.targets));
  Comparison comparison(batch.note + "a repeated batch has the same loss and half the gradient", options.mean);
  comparison.add(relative_error(both.loss, once.loss), both.loss, once.loss, [] { return "the loss"; });
  for (std::size_t i = 0; i < both.delta.size(); ++i) {
    const double got = both.delta.data()[i], expected = once.delta.data()[i % once.delta.size()] / 2;
    comparison.add(relative_error(got, expected), got, expected, [&] { return place(once.delta, i); });
  }
  return comparison.result();
}

/// Returns counts[i] copies of each row i.
Matrix<double> repeated(const Matrix<double>& m, std::span<const double> counts) {
  Matrix<double> result =
      zeros<double>(static_cast<std::size_t>(std::accumulate(counts.begin(), counts.end(), 0.0)), columns(m));
  double* to = result.data();
  for (std::size_t i = 0; i < rows(m); ++i)
    for (double n = 0; n < counts[i]; ++n) to = std::ranges::copy(row(m, i), to).out;
  return result;
}

bool takes_weights(const Loss<double>& loss, const Batch& batch, std::span<const double> weights) {
  try {
    evaluate(loss, batch.outputs, batch.targets, {weights});
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

/// A sample of weight 2 must count like two samples, and a sample of weight 0 not at all.
Check weights(const Loss<double>& loss, const Batch& batch, std::span<const double> weights,
              const LossCheckOptions& options) {
  const auto got = evaluate(loss, batch.outputs, batch.targets, {weights});
  const auto expected = evaluate(loss, repeated(batch.outputs, weights), repeated(batch.targets, weights));
  Comparison comparison(batch.note + "a sample of weight 2 counts like two samples", options.mean);
  comparison.add(relative_error(got.loss, expected.loss), got.loss, expected.loss, [] { return "the loss"; });
  std::size_t copy = 0;
  for (std::size_t i = 0; i < rows(got.delta); ++i) {
    for (std::size_t j = 0; j < columns(got.delta); ++j) {
      const double g = row(got.delta, i)[j], e = weights[i] > 0 ? weights[i] * row(expected.delta, copy)[j] : 0;
      comparison.add(g == e ? 0 : relative_error(g, e), g, e,
                     [&] { return place(got.delta, i * columns(got.delta) + j); });
    }
    copy += static_cast<std::size_t>(weights[i]);
  }
  return comparison.result();
}

/// Another target must change the loss.
Check target(const Loss<double>& loss, const Batch& batch) {
  const double before = evaluate(loss, batch.outputs, batch.targets).loss;
  Comparison comparison(batch.note + "another target changes the loss", 0);
  for (std::size_t i = 0; i < rows(batch.targets); ++i) {
    Matrix<double> targets = batch.targets;
    std::ranges::copy(row(batch.targets, (i + 1) % rows(targets)), row(targets, i).begin());
    const bool changes = evaluate(loss, batch.outputs, targets).loss != before;
    comparison.add(changes,
                   [i] { return "another target of sample " + std::to_string(i) + " does not change the loss"; });
  }
  return comparison.result();
}

/// Returns a matrix of m's shape that repeats `unit` numbers of m, beginning with index `from`.
Matrix<double> copies(const Matrix<double>& m, std::size_t from, std::size_t unit) {
  Matrix<double> result = zeros<double>(rows(m), columns(m));
  for (std::size_t i = 0; i < m.size(); ++i) result.data()[i] = m.data()[from + i % unit];
  return result;
}

/// Compares each sample with a batch in which all samples are copies of it. If the loss looks at one number at a time,
/// compares each number in the same way. The tolerance is needed because the losses are summed in another order.
Check alone_and_among_others(const Loss<double>& loss, const Batch& batch, bool whole_rows,
                             const LossCheckOptions& options) {
  const std::size_t unit = whole_rows ? columns(batch.outputs) : 1;
  const std::size_t target_unit = whole_rows ? columns(batch.targets) : 1;
  const std::size_t units = batch.outputs.size() / unit;
  const auto among = evaluate(loss, batch.outputs, batch.targets);
  Comparison comparison(batch.note + "a sample's loss and gradient do not depend on other samples", options.mean);
  double sum = 0;
  for (std::size_t u = 0; u < units; ++u) {
    const auto alone =
        evaluate(loss, copies(batch.outputs, u * unit, unit), copies(batch.targets, u * target_unit, target_unit));
    sum += alone.loss;
    for (std::size_t i = u * unit; i < (u + 1) * unit; ++i) {
      const double got = among.delta.data()[i], expected = alone.delta.data()[i];
      comparison.add(detail::error_in_bits(got, expected), got, expected, [&] { return place(batch.outputs, i); });
    }
  }
  const double expected = sum / static_cast<double>(units);
  comparison.add(detail::error_in_bits(among.loss, expected), among.loss, expected, [] { return "the loss"; });
  return comparison.result();
}

Check in_float(const Loss<float>& single, const Loss<double>& loss, const Batch& batch,
               const LossCheckOptions& options) {
  const auto outputs = converted<float>(batch.outputs), targets = converted<float>(batch.targets);
  const auto got = evaluate(single, outputs, targets);
  const auto expected = evaluate(loss, converted<double>(outputs), converted<double>(targets));
  const double scale = largest(expected.delta);
  Comparison comparison(batch.note + "loss and gradient in float against double", options.float_tolerance);
  comparison.add(relative_error(got.loss, expected.loss), got.loss, expected.loss, [] { return "the loss"; });
  for (std::size_t i = 0; i < got.delta.size(); ++i) {
    const double g = got.delta.data()[i], e = expected.delta.data()[i];
    comparison.add(g == e ? 0 : std::abs(g - e) / scale, g, e, [&] { return place(batch.outputs, i); });
  }
  return comparison.result();
}

/// Checks logits of +-1e4. A network that has learned well, or has diverged, may reach them.
template <class T>
void huge_logits(Comparison& comparison, const Loss<T>& loss, const Batch& batch, const std::string& in) {
  Matrix<T> outputs = converted<T>(batch.outputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs.data()[i] = i % 3 == 1 ? T(1e4) : T(-1e4);
  const auto result = evaluate(loss, outputs, converted<T>(batch.targets));
  comparison.add(std::isfinite(result.loss), [&] { return "the loss" + in + " is " + text(result.loss); });
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const double d = result.delta.data()[i];
    comparison.add(std::isfinite(d),
                   [&] { return "the gradient" + in + " at " + place(batch.outputs, i) + " is " + text(d); });
  }
}

Check finite(const Loss<float>& single, const Loss<double>& loss, const Batch& batch) {
  Comparison comparison(batch.note + "finite for logits of +-1e4", 0);
  huge_logits(comparison, loss, batch, "");
  huge_logits(comparison, single, batch, " in float");
  return comparison.result();
}

Matrix<double> normal_numbers(std::size_t rows, std::size_t columns, Rng& rng) {
  Matrix<double> m = zeros<double>(rows, columns);
  for (double& x : flat(m)) x = rng.normal();
  return m;
}

std::vector<Batch> batches_for(Targets kind, const LossCheckOptions& options) {
  Rng rng(options.seed, "check_loss");
  const Matrix<double> outputs = normal_numbers(options.samples, options.outputs, rng);
  const Matrix<double> numbers = normal_numbers(options.samples, options.outputs, rng);
  if (kind == Targets::numbers) return {{"", outputs, numbers}};
  if (kind == Targets::probabilities) return {{"", outputs, sigmoid(numbers)}};
  Matrix<double> classes = zeros<double>(options.samples, 1);
  for (std::size_t i = 0; i < options.samples; ++i) classes(i, 0) = static_cast<double>(i % options.outputs);
  return {{"with class indices: ", outputs, classes}, {"with probabilities: ", outputs, softmax(numbers)}};
}

/// Returns the batches whose targets the loss accepts. If the loss accepts none, throws its last exception.
std::vector<Batch> accepted(const Loss<double>& loss, std::vector<Batch> batches) {
  std::vector<Batch> taken;
  for (std::size_t i = 0; i < batches.size(); ++i) try {
      evaluate(loss, batches[i].outputs, batches[i].targets);
      taken.push_back(std::move(batches[i]));
    } catch (const std::invalid_argument&) {
      if (taken.empty() && i + 1 == batches.size()) throw;
    }
  return taken;
}

void check_on_batch(std::vector<Check>& checks, const Loss<double>& loss, const Batch& batch,
                    const LossCheckOptions& options) {
  checks.push_back(gradient(loss, batch, options));
  checks.push_back(mean(loss, batch, options));
  checks.push_back(target(loss, batch));
  std::vector<double> counts(rows(batch.outputs));
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = static_cast<double>((i + 1) % 3);
  if (takes_weights(loss, batch, counts)) checks.push_back(weights(loss, batch, counts, options));
}

}  // namespace

CheckReport check_loss(const Loss<double>& loss, const Matrix<double>& outputs, const Matrix<double>& targets,
                       const LossCheckOptions& options) {
  require_shape(
      "check_loss", "outputs", outputs,
      {std::max<std::size_t>(2, rows(outputs)), std::max<std::size_t>(1, columns(outputs)), "at least two rows"});
  detail::require_targets("check_loss", "targets", targets, rows(outputs), columns(outputs));
  CheckReport report{"loss " + loss.describe(), {}};
  const Batch batch{"", outputs, targets};
  check_on_batch(report.checks, loss, batch, options);
  report.checks.push_back(alone_and_among_others(loss, batch, /*whole_rows=*/true, options));
  return report;
}

CheckReport detail::check_loss(const Loss<float>& single, const Loss<double>& loss, Targets targets,
                               const LossCheckOptions& options) {
  CheckReport report{"loss " + loss.describe(), {}};
  for (const Batch& batch : accepted(loss, batches_for(targets, options))) {
    check_on_batch(report.checks, loss, batch, options);
    Batch of_any_size = batch;
    spread(flat(of_any_size.outputs));
    report.checks.push_back(alone_and_among_others(loss, of_any_size, targets == Targets::classes, options));
    report.checks.push_back(in_float(single, loss, batch, options));
    if (targets != Targets::numbers) report.checks.push_back(finite(single, loss, batch));
  }
  return report;
}

}  // namespace gradflow
