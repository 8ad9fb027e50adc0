#include <gradflow/flow/theory.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gradflow/math/root.hpp>

namespace gradflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double square(double x) { return x * x; }

/// Returns the sigma_b^2 for which q is critical.
double critical_bias_variance(const ActivationInfo& activation, double q) {
  return q - mean_square_value(activation, q) / mean_square_slope(activation, q);
}

/// Returns true unless next() moves variances near its fixed point q away from q. For q = 0, returns true unless
/// next() makes a small variance larger.
bool holds(const MeanField& network, double q) {
  constexpr double rounding = 1e-6, nearby = 1e-4;
  if (q == 0) return network.next(nearby) <= nearby * (1 + rounding);
  const double high = q * (1 + nearby), low = q * (1 - nearby);
  return std::abs(network.next(high) - network.next(low)) <= (high - low) * (1 + rounding);
}

}  // namespace

double MeanField::next(double q) const {
  return q == infinity ? infinity : square(sigma_w) * mean_square_value(activation, q) + square(sigma_b);
}

double MeanField::chi(double q) const {
  constexpr double very_large = 1e12;
  return square(sigma_w) * mean_square_slope(activation, std::min(q, very_large));
}

double MeanField::fixed_point(double start) const {
  constexpr double smallest = 1e-9, largest = 1e12, rounding = 1e-12, stride = 1.5;
  const auto growth = [this](double log_q) { return next(std::exp(log_q)) / std::exp(log_q) - 1; };
  if (start == 0) start = next(0);
  if (start == 0) return 0;
  const double first = growth(std::log(start));
  if (std::abs(first) <= rounding || std::isnan(first)) return start;
  const double step = std::copysign(std::log(stride), first);
  const bool falls_to_zero = !(next(0) > 0);
  for (double near = std::log(start), far = near + step;; far += step) {
    if (far > std::log(largest)) return infinity;
    if (falls_to_zero && far < std::log(smallest)) return 0;
    const double growth_far = growth(far);
    if (std::abs(growth_far) <= rounding) continue;  // its sign is only rounding noise
    if (std::signbit(growth_far) != std::signbit(first))
      return std::exp(root(growth, std::min(near, far), std::max(near, far)));
    near = far;
  }
}

std::vector<double> MeanField::variances(double first, std::size_t layers) const {
  std::vector<double> q(layers, first);
  for (std::size_t l = 1; l < layers; ++l) q[l] = next(q[l - 1]);
  return q;
}

std::vector<double> MeanField::factors(double first, std::size_t layers) const {
  std::vector<double> factors = variances(first, layers == 0 ? 0 : layers - 1);
  for (double& q : factors) q = std::sqrt(chi(q));
  return factors;
}

bool MeanField::keeps_every_variance() const {
  const auto keeps = [&](double q) { return std::abs(next(q) / q - 1) < 1e-9; };
  return std::ranges::all_of(std::array{1e-3, 1.0, 1e3}, keeps);
}

double depth_scale(double chi) {
  const double rate = std::abs(std::log(chi));
  return rate <= 1e-10 ? infinity : 1 / rate;
}

std::optional<CriticalPoint> critical_point_at(const ActivationInfo& activation, double q) {
  const double bias_variance = critical_bias_variance(activation, q), rounding = 1e-12 * q;
  if (!(bias_variance >= -rounding)) return {};
  const CriticalPoint point{1 / std::sqrt(mean_square_slope(activation, q)), std::sqrt(std::max(bias_variance, 0.0)),
                            q};
  if (!std::isfinite(point.sigma_w) || !holds({activation, point.sigma_w, point.sigma_b}, q)) return {};
  return point;
}

std::optional<CriticalPoint> critical_point_of(const ActivationInfo& activation, double sigma_b) {
  constexpr double smallest = 1e-12, largest = 1e6, stride = 2, rounding = 1e-11;
  if (sigma_b == 0)
    if (const auto at_zero = critical_point_at(activation, 0)) return at_zero;
  const auto excess = [&](double q) { return critical_bias_variance(activation, q) - square(sigma_b); };
  double low = smallest, at_low = 0;
  for (double before = 0, high = low; high > before; before = high, high = std::min(stride * high, largest)) {
    const double at_high = excess(high);
    if (std::abs(at_high) <= rounding * high) continue;  // its sign is only rounding noise
    if (at_low * at_high < 0)
      if (auto point = critical_point_at(activation, root(excess, low, high))) return point;
    low = high;
    at_low = at_high;
  }
  return {};
}

double forward_gain(const ActivationInfo& activation) { return 1 / std::sqrt(mean_square_value(activation, 1)); }

double backward_gain(const ActivationInfo& activation) { return 1 / std::sqrt(mean_square_slope(activation, 1)); }

ActivationInfo centred(ActivationInfo activation) {
  const double constant = activation.value(0);
  activation.name += " - f(0)";
  activation.value = [value = std::move(activation.value), constant](double z) { return value(z) - constant; };
  return activation;
}

}  // namespace gradflow
