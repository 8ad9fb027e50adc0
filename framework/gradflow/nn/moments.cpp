#include <gradflow/nn/moments.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <gradflow/base/names.hpp>

namespace gradflow {
namespace {

// The fifteen points of Gauss and Kronrod on [-1, 1], without the mirrored ones. Every other point, seven in all, also
// belongs to Gauss's own rule (QUADPACK's qk15; Piessens et al. 1983).
constexpr std::array<double, 8> nodes{
    0.991455371120812639, 0.949107912342758525, 0.864864423359769073, 0.741531185599394440,
    0.586087235467691130, 0.405845151377397167, 0.207784955007898468, 0};
constexpr std::array<double, 8> kronrod_weights{0.022935322010529225, 0.063092092629978553, 0.104790010322250184,
                                                0.140653259715525919, 0.169004726639267903, 0.190350578064785410,
                                                0.204432940075298892, 0.209482141084727828};
constexpr std::array<double, 4> gauss_weights{0.129484966168869693, 0.279705391489276668, 0.381830050505118945,
                                              0.417959183673469388};

/// The integral over [left, right] by both rules. The difference of the two estimates shows how exact the first one is.
struct Panel {
  double left, right, kronrod, gauss;
};

class MeanSquare {
 public:
  MeanSquare(const std::function<double(double)>& g, double q) : g_(g), deviation_(std::sqrt(q)) {}

  double integral() {
    double estimate = 0;
    const std::vector<Panel> panels = first_panels();
    for (const Panel& panel : panels) estimate += panel.kronrod;
    tolerance_ = 1e-14 * estimate;
    double sum = 0;
    for (const Panel& panel : panels) sum += refined(panel, 0);
    return sum;
  }

 private:
  /// Returns g(sqrt(q) z)^2 times the density of z. For large |z| the density is 0; the result is then 0, even if g is
  /// infinite.
  double integrand(double z) {
    constexpr double one_over_sqrt_two_pi = 0.3989422804014327;
    const double density = one_over_sqrt_two_pi * std::exp(-z * z / 2);
    if (density == 0) return 0;
    const double value = g_(deviation_ * z);
    ++calls_;
    return value * value * density;
  }

  Panel panel(double left, double right) {
    const double middle = (left + right) / 2, half = (right - left) / 2;
    const double at_middle = integrand(middle);
    double kronrod = kronrod_weights[7] * at_middle, gauss = gauss_weights[3] * at_middle;
    for (std::size_t i = 0; i < 7; ++i) {
      const double pair = integrand(middle - half * nodes[i]) + integrand(middle + half * nodes[i]);
      kronrod += kronrod_weights[i] * pair;
      if (i % 2 == 1) gauss += gauss_weights[i / 2] * pair;
    }
    return {left, right, half * kronrod, half * gauss};
  }

  /// Returns panels that start at 0, where most kinks are, and double in width until the density underflows to 0. The
  /// first panel is as wide as the scale on which g(sqrt(q) z) changes, 1 / sqrt(q), but not wider than the scale of
  /// the density, 1.
  std::vector<Panel> first_panels() {
    constexpr double end = 38.6;
    std::vector<Panel> panels;
    double left = 0;
    for (double right = std::min(1.0, 1 / deviation_); left < end; left = right, right = std::min(2 * right, end)) {
      panels.push_back(panel(left, right));
      panels.push_back(panel(-right, -left));
    }
    return panels;
  }

  /// Returns the integral over the panel. Halves the panel until the result is exact enough: 45 times at a jump, 10
  /// times for a detail that is one thousandth of the panel wide. A sum that is infinite or NaN stays so.
  double refined(const Panel& whole, int depth) {
    constexpr int most_calls = 2'000'000;  // a sine at q = 1e6 needs a tenth of them
    if (!(std::abs(whole.kronrod - whole.gauss) > tolerance_) || depth == 60 || calls_ > most_calls)
      return whole.kronrod;
    const double middle = (whole.left + whole.right) / 2;
    return refined(panel(whole.left, middle), depth + 1) + refined(panel(middle, whole.right), depth + 1);
  }

  const std::function<double(double)>& g_;
  double deviation_, tolerance_ = 0;
  int calls_ = 0;
};

}  // namespace

double mean_square(const std::function<double(double)>& g, double q) {
  check_range("mean_square", "q", q, 0, std::numeric_limits<double>::max(), false);
  if (q == 0) return g(0) * g(0);
  return MeanSquare(g, q).integral();
}

double mean_square_value(const ActivationInfo& activation, double q) { return mean_square(activation.value, q); }

double mean_square_slope(const ActivationInfo& activation, double q) {
  constexpr double next_to_zero = 1e-200;
  return mean_square(activation.slope, q == 0 ? next_to_zero : q);
}

}  // namespace gradflow
