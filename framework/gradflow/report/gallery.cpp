#include <gradflow/report/gallery.hpp>

#include <cmath>
#include <limits>
#include <optional>

#include <gradflow/base/file.hpp>
#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/flow/theory.hpp>
#include <gradflow/nn/initializers.hpp>
#include <gradflow/report/curve.hpp>
#include <gradflow/report/page.hpp>

namespace gradflow {
namespace {

using namespace detail;

/// Layers of the page's examples: the lesson's ten.
constexpr std::size_t layers = 10;

/// The distance of neighbouring floats at x, in size at least the smallest normal number.
double float_ulp(double x) { return std::ldexp(1.0, std::ilogb(x) + 1 - std::numeric_limits<float>::digits); }

std::string slopes_json(const ActivationInfo& activation) {
  const SlopeRange range = slope_range(activation);
  return json_object({{"high", json_number(range.high)},
                      {"high_at", json_number(range.high_at)},
                      {"low", json_number(range.low)},
                      {"low_at", json_number(range.low_at)},
                      {"left_at_best", json_number(std::pow(range.size(), layers))}});
}

/// The share of the norm of dL/dz that arrives after this many layers: from inputs of variance 1, as they are
/// standardised.
double left_after_layers(const MeanField& theory) {
  double left = 1;
  for (const double factor : theory.factors(theory.sigma_w * theory.sigma_w, layers + 1)) left *= factor;
  return left;
}

std::string auto_json(const ActivationInfo& activation) {
  const AutoChoice choice = auto_choice(activation);
  const MeanField theory{activation, choice.sigma_w, 0};
  const double q = theory.fixed_point(choice.sigma_w * choice.sigma_w), chi = theory.chi(q);
  return json_object({{"initializer", json_text(choice.initializer->describe())},
                      {"sigma_w", json_number(choice.sigma_w)},
                      {"q", json_number(q)},
                      {"every_q", json_truth(theory.keeps_every_variance())},
                      {"chi", json_number(chi)},
                      {"factor", json_number(std::sqrt(chi))},
                      {"left", json_number(left_after_layers(theory))}});
}

std::string critical_json(const ActivationInfo& activation) {
  const std::optional<CriticalPoint> point = critical_point_of(activation, 0);
  if (!point) return "null";
  const bool every_q = MeanField{activation, point->sigma_w, 0}.keeps_every_variance();
  return json_object(
      {{"sigma_w", json_number(point->sigma_w)}, {"q", json_number(point->q)}, {"every_q", json_truth(every_q)}});
}

std::string error_json(const FloatError& error) {
  return json_object({{"ulp", json_number(error.ulp)},  // null where it is not finite
                      {"at", json_number(error.at)}});
}

std::string activation_json(const GalleryActivation& entry, const std::vector<double>& z) {
  const ActivationInfo& activation = entry.activation;
  return json_object(
      {{"name", json_text(activation.name)},
       {"value", json_numbers(mapped(activation.value, z))},
       {"slope", json_numbers(mapped(activation.slope, z))},
       {"curvature", json_numbers(mapped(activation.curvature, z))},
       {"slopes", slopes_json(activation)},
       {"gains", json_object({{"forward", json_number(forward_gain(activation))},
                              {"backward", json_number(backward_gain(activation))}})},
       {"auto", auto_json(activation)},
       {"critical", critical_json(activation)},
       {"critical_centred", critical_json(centred(activation))},
       {"errors", json_object({{"value", error_json(entry.value)}, {"slope", error_json(entry.slope)}})}});
}

}  // namespace

FloatError detail::float_error(const std::function<double(float)>& in_float, const std::function<double(double)>& exact,
                               double range, std::size_t floats) {
  constexpr double smallest = std::numeric_limits<float>::min(), largest = std::numeric_limits<float>::max();
  FloatError worst;
  for (std::size_t i = 0; i < floats; ++i) {
    const auto z = static_cast<float>(range * (2.0 * static_cast<double>(i) / static_cast<double>(floats - 1) - 1));
    const double expected = exact(z);
    if (!(std::abs(expected) >= smallest && std::abs(expected) <= largest)) continue;
    const double ulp = std::abs(in_float(z) - expected) / float_ulp(expected);
    if (!std::isfinite(ulp)) return {std::numeric_limits<double>::infinity(), z};
    if (ulp > worst.ulp) worst = {ulp, z};
  }
  return worst;
}

std::string gallery_page(const Gallery& gallery) {
  const std::vector<double> z = curve_arguments(gallery.range);
  return make_page(
      Page::gallery, {gallery.title, gallery.command, gallery.settings},
      {{"range", json_number(gallery.range)},
       {"floats", std::to_string(gallery.floats)},
       {"layers", std::to_string(layers)},
       {"z", json_numbers(z)},
       {"activations", json_array(gallery.activations, [&](const auto& a) { return activation_json(a, z); })}});
}

void write_gallery(const std::string& path, const Gallery& gallery) { write_file(path, gallery_page(gallery)); }

}  // namespace gradflow
