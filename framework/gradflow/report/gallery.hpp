#pragma once
// The gallery: one page of HTML with the curves of activations, what their slopes do to a gradient, what theory says of
// them, and how exact they are in float.
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gradflow/nn/activation.hpp>
#include <gradflow/report/report.hpp>

namespace gradflow {

/// The largest error of a function in float, compared with the same formula in double, and the z where it occurs. The
/// error is in ulp, the distance of neighbouring floats at the result. Where the result is no normal float it is left
/// out; where one should be and is not finite the error is infinite.
struct FloatError {
  double ulp = 0;  ///< the error; infinite where the result is not finite
  double at = 0;   ///< the z; 0 where there is no error
};

/// An activation, and how exact it is in float.
struct GalleryActivation {
  ActivationInfo activation;  ///< in double
  FloatError value;           ///< of f(z)
  FloatError slope;           ///< of f'(z)
};

/// What gallery_page() draws.
struct Gallery {
  std::string title;                                          ///< the page's heading
  std::string command;                                        ///< that repeats it
  std::vector<std::pair<std::string, std::string>> settings;  ///< as they are shown
  double range = 5;                                           ///< curves are drawn on [-range, range]
  std::size_t floats = 0;                                     ///< that the errors are the largest of
  std::vector<GalleryActivation> activations;                 ///< in the order of the page
};

namespace detail {

/// Over this many floats, at least 2, evenly spaced in [-range, range].
FloatError float_error(const std::function<double(float)>& in_float, const std::function<double(double)>& exact,
                       double range, std::size_t floats);

}  // namespace detail

/// With the errors measured over this many floats, at least 2, evenly spaced in [-range, range].
template <Activation A>
GalleryActivation gallery_activation(const A& policy, double range, std::size_t floats) {
  using Number = Lanes<float>;
  const ActivationInfo info = activation_info(policy);
  const auto value = [policy](float z) { return policy.value(Number(z)).first(); };
  const auto slope = [policy](float z) { return value_and_slope(policy, Number(z)).slope.first(); };
  return {info, detail::float_error(value, info.value, range, floats),
          detail::float_error(slope, info.slope, range, floats)};
}

/// The whole page. Throws std::runtime_error where can_write_reports() is false.
std::string gallery_page(const Gallery& gallery);

/// Writes it whole or not at all. Throws std::system_error.
void write_gallery(const std::string& path, const Gallery& gallery);

}  // namespace gradflow
