#pragma once
// The gallery: one HTML page about activations. It shows their curves, the effect of their slopes on a gradient, the
// results of mean-field theory, and their rounding errors in float.
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gradflow/nn/activation.hpp>
#include <gradflow/report/report.hpp>

namespace gradflow {

/// The largest error of a function in float, compared with the same formula in double, and the z where it occurs. The
/// error is in ulp, the distance between neighbouring floats at the result. A z is left out if the exact result is not
/// a normal float. The error is infinite if the float result is not finite although the exact result is a normal float.
struct FloatError {
  double ulp = 0;  ///< the largest error; infinite if a result is not finite
  double at = 0;   ///< the z of the largest error; 0 if there is no error
};

/// An activation and its rounding errors in float.
struct GalleryActivation {
  ActivationInfo activation;  ///< the functions in double
  FloatError value;           ///< the error of f(z)
  FloatError slope;           ///< the error of f'(z)
};

/// The data that gallery_page() draws.
struct Gallery {
  std::string title;                                          ///< the page's heading
  std::string command;                                        ///< the command line that makes the page again
  std::vector<std::pair<std::string, std::string>> settings;  ///< name and value, as text
  double range = 5;                                           ///< the curves span z in [-range, range]
  std::size_t floats = 0;                                     ///< number of floats over which the errors were measured
  std::vector<GalleryActivation> activations;                 ///< in the order of the page
};

namespace detail {

/// Returns the largest error over `floats` values of z (at least 2), evenly spaced in [-range, range].
FloatError float_error(const std::function<double(float)>& in_float, const std::function<double(double)>& exact,
                       double range, std::size_t floats);

}  // namespace detail

/// Returns the activation with its errors, measured over `floats` values of z (at least 2), evenly spaced in
/// [-range, range].
template <Activation A>
GalleryActivation gallery_activation(const A& policy, double range, std::size_t floats) {
  using Number = Lanes<float>;
  const ActivationInfo info = activation_info(policy);
  const auto value = [policy](float z) { return policy.value(Number(z)).first(); };
  const auto slope = [policy](float z) { return value_and_slope(policy, Number(z)).slope.first(); };
  return {info, detail::float_error(value, info.value, range, floats),
          detail::float_error(slope, info.slope, range, floats)};
}

/// Returns the whole page as HTML. Throws std::runtime_error if can_write_reports() is false.
std::string gallery_page(const Gallery& gallery);

/// Writes gallery_page() to a file, completely or not at all. Throws std::system_error if the file cannot be written,
/// and whatever gallery_page() throws.
void write_gallery(const std::string& path, const Gallery& gallery);

}  // namespace gradflow
