#include <gradflow/flow/gradient_bound.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/math/reduce.hpp>

namespace gradflow {
namespace {

/// Replaces v by M^T M v / ||v||. Returns ||M v|| / ||v|| for the old v.
template <class T>
double iterate(std::span<const T> matrix, std::vector<double>& v, std::vector<double>& next) {
  const double length = norm(v);
  double square = 0;
  std::ranges::fill(next, 0.0);
  for (auto row = matrix; !row.empty(); row = row.subspan(v.size())) {
    double product = 0;
    for (std::size_t j = 0; j < v.size(); ++j) product += static_cast<double>(row[j]) * v[j] / length;
    for (std::size_t j = 0; j < v.size(); ++j) next[j] += static_cast<double>(row[j]) * product;
    square += product * product;
  }
  v.swap(next);
  return std::sqrt(square);
}

/// Starts with a random vector. A vector of ones might be orthogonal to the singular vector that the iteration looks
/// for.
template <class T>
double largest_singular_value(std::span<const T> matrix, std::size_t columns) {
  if (columns == 0 || matrix.size() % columns != 0)
    throw ShapeError({"spectral_norm",
                      "matrix",
                      std::to_string(matrix.size()) + " numbers",
                      "rows of " + std::to_string(columns) + " columns",
                      {}});
  constexpr int most_steps = 3000;
  constexpr double precision = 1e-10;
  std::vector<double> v(columns), next(columns);
  Rng rng(0, "spectral norm");
  for (double& x : v) x = rng.normal();
  double size = 0, before = -1;
  for (int step = 0; step < most_steps && size - before > precision * size; ++step) {
    before = size;
    size = iterate(matrix, v, next);
    if (size == 0 || !std::isfinite(size)) break;
  }
  return size;
}

template <class T>
GradientBound bound_of(const Network<T>& network, std::size_t layer) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  GradientBound bound{unknown, unknown};
  const auto slopes = flat(network.trace(layer - 1).slope);
  if (!slopes.empty()) bound.largest_slope = 0;
  for (const T slope : slopes)
    bound.largest_slope = std::max(bound.largest_slope, std::abs(static_cast<double>(slope)));
  const std::size_t inputs = network.layer(layer).inputs(), outputs = network.layer(layer).outputs();
  if (has_weights(network.layer(layer)) && !network.feeds_skip(layer - 1))
    bound.weight_norm = spectral_norm(network.parameters(layer).first(inputs * outputs), outputs);
  return bound;
}

}  // namespace

double spectral_norm(std::span<const float> matrix, std::size_t columns) {
  return largest_singular_value(matrix, columns);
}
double spectral_norm(std::span<const double> matrix, std::size_t columns) {
  return largest_singular_value(matrix, columns);
}

template <class T>
std::vector<GradientBound> gradient_bounds(const Network<T>& network) {
  std::vector<GradientBound> bounds;
  for (std::size_t layer = 1; layer < network.size(); ++layer) bounds.push_back(bound_of(network, layer));
  return bounds;
}

template std::vector<GradientBound> gradient_bounds(const Network<float>&);
template std::vector<GradientBound> gradient_bounds(const Network<double>&);

}  // namespace gradflow
