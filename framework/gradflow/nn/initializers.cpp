#include <gradflow/nn/initializers.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gradflow/math/root.hpp>
#include <gradflow/math/shapes.hpp>
#include <gradflow/nn/moments.hpp>

namespace gradflow {
namespace {

void fill_uniform(std::span<double> values, double limit, Rng& rng) {
  for (double& value : values) value = rng.uniform(-limit, limit);
}

void fill_normal(std::span<double> values, double deviation, Rng& rng) {
  for (double& value : values) value = deviation * rng.normal();
}

/// Draws from U(-l, l) with the given variance, which is l^2 / 3.
void fill_uniform_of_variance(std::span<double> values, double variance, Rng& rng) {
  fill_uniform(values, std::sqrt(3 * variance), rng);
}

double fan_in(const LayerPlace& place) { return static_cast<double>(place.inputs); }
double mean_fan(const LayerPlace& place) { return static_cast<double>(place.inputs + place.outputs) / 2; }

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Makes the vector orthogonal to the orthonormal vectors in `before` and scales it to length 1. Two passes are enough
/// to remove the rounding errors (Kahan).
void orthonormalise(std::span<double> vector, std::span<const double> before) {
  for (int pass = 0; pass < 2; ++pass) {
    for (std::size_t start = 0; start < before.size(); start += vector.size()) {
      const auto other = before.subspan(start, vector.size());
      const double shared = dot(vector, other);
      for (std::size_t i = 0; i < vector.size(); ++i) vector[i] -= shared * other[i];
    }
    const double length = std::sqrt(dot(vector, vector));
    for (double& value : vector) value /= length;
  }
}

/// Returns ln(chi_1 chi_2 ... chi_10), where chi is defined at balanced_sigma_w(). If the result is above 0, the
/// gradient grows. Returns infinity if the variance q grows beyond 1e100.
double log_growth(const ActivationInfo& activation, double sigma_w) {
  constexpr int layers = 10;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double q = sigma_w * sigma_w, sum = 0;
  for (int layer = 0; layer < layers && sum > -infinity; ++layer) {
    if (!(q < 1e100)) return infinity;
    sum += std::log(sigma_w * sigma_w * mean_square_slope(activation, q));
    q = sigma_w * sigma_w * mean_square_value(activation, q);
  }
  return sum;
}

double rounded_to_12_bits(double x) {
  int exponent = 0;
  const double mantissa = std::frexp(x, &exponent);
  return std::ldexp(std::round(4096 * mantissa) / 4096, exponent);
}

}  // namespace

void detail::require_place(std::string_view initializer, std::size_t weights, std::size_t biases,
                           const LayerPlace& place) {
  require_size(initializer, "weight", weights, place.inputs * place.outputs, "inputs times outputs");
  if (biases > 0) require_size(initializer, "bias", biases, place.outputs, "one for each output, or none");
}

std::optional<double> balanced_sigma_w(const ActivationInfo& activation) {
  const auto growth = [&](double log2_sigma_w) { return log_growth(activation, std::exp2(log2_sigma_w)); };
  const double step = growth(0) < 0 ? 1 : -1;
  for (double near = 0, far = step; std::abs(far) <= 60; near = far, far += step)
    if ((growth(far) < 0) == (step < 0))
      return rounded_to_12_bits(std::exp2(root(growth, std::min(near, far), std::max(near, far), 1e-9)));
  return {};
}

void Zeros::draw(std::span<double> weight, const LayerPlace&, Rng&) const { std::ranges::fill(weight, 0.0); }

void Constant::draw(std::span<double> weight, const LayerPlace&, Rng&) const { std::ranges::fill(weight, value); }

void Standard::fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const {
  detail::require_place(name, weight.size(), bias.size(), place);
  fill_uniform(weight, 1 / std::sqrt(fan_in(place)), rng);
  fill_uniform(bias, 1 / std::sqrt(fan_in(place)), rng);
}

void GlorotUniform::draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
  fill_uniform_of_variance(weight, 1 / mean_fan(place), rng);
}
void GlorotNormal::draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
  fill_normal(weight, std::sqrt(1 / mean_fan(place)), rng);
}
void HeUniform::draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
  fill_uniform_of_variance(weight, 2 / fan_in(place), rng);
}
void HeNormal::draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
  fill_normal(weight, std::sqrt(2 / fan_in(place)), rng);
}
void LecunUniform::draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
  fill_uniform_of_variance(weight, 1 / fan_in(place), rng);
}
void LecunNormal::draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
  fill_normal(weight, std::sqrt(1 / fan_in(place)), rng);
}

void Orthogonal::draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
  detail::require_place(name, weight.size(), 0, place);
  const std::size_t count = std::min(place.inputs, place.outputs), length = std::max(place.inputs, place.outputs);
  std::vector<double> basis(count * length);
  fill_normal(basis, 1, rng);
  for (std::size_t i = 0; i < count; ++i)
    orthonormalise(std::span(basis).subspan(i * length, length), std::span(basis).first(i * length));
  const bool rows = place.inputs <= place.outputs;
  for (std::size_t i = 0; i < place.inputs; ++i)
    for (std::size_t j = 0; j < place.outputs; ++j)
      weight[i * place.outputs + j] = gain * (rows ? basis[i * length + j] : basis[j * length + i]);
}

void Normal::fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const {
  detail::require_place(name, weight.size(), bias.size(), place);
  fill_normal(weight, sigma_w / std::sqrt(fan_in(place)), rng);
  fill_normal(bias, sigma_b, rng);
}

void Centred::fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const {
  detail::require_place(name, weight.size(), bias.size(), place);
  fill_normal(weight, sigma_w / std::sqrt(fan_in(place)), rng);
  std::ranges::fill(bias, 0.0);
  const double constant = place.previous_activation ? place.previous_activation->value(0) : 0;
  for (std::size_t i = 0; !bias.empty() && i < place.inputs; ++i)
    for (std::size_t j = 0; j < place.outputs; ++j) bias[j] -= constant * weight[i * place.outputs + j];
}

AutoChoice auto_choice(const ActivationInfo& activation) {
  switch (activation.weights) {
    case WeightScheme::he_normal:
      return {std::make_unique<HeNormal>(), std::sqrt(2.0)};
    case WeightScheme::lecun_normal:
      return {std::make_unique<LecunNormal>(), 1};
    case WeightScheme::mean_field:
      if (const auto sigma_w = balanced_sigma_w(activation)) return {std::make_unique<Normal>(*sigma_w), *sigma_w};
      break;
    case WeightScheme::glorot_uniform:
      break;
  }
  return {std::make_unique<GlorotUniform>(), 1};
}

void AutoInit::fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const {
  if (place.activation)
    auto_choice(*place.activation).initializer->fill(weight, bias, place, rng);
  else
    GlorotUniform{}.fill(weight, bias, place, rng);
}

std::unique_ptr<const Initializer> make_initializer(std::string_view text) {
  return by_name<std::unique_ptr<const Initializer>>(
      Initializers{}, "initializer", text,
      []<class Policy>(const Policy& policy) { return std::make_unique<const Policy>(policy); });
}

}  // namespace gradflow
