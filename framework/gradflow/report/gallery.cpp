#include <gradflow/report/gallery.hpp>

#include <cmath>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include <gradflow/base/file.hpp>
#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/flow/theory.hpp>
#include <gradflow/nn/initializers.hpp>
#include <gradflow/report/curve.hpp>
#include <gradflow/report/page.hpp>

namespace gradflow {
namespace {

using namespace detail;
using Json = nlohmann::ordered_json;

/// The number of layers in the page's examples, as in the lesson from which gradflow started.
constexpr std::size_t layers = 10;

/// Returns the distance between neighbouring floats at x. |x| must be at least the smallest normal float.
double float_ulp(double x) { return std::ldexp(1.0, std::ilogb(x) + 1 - std::numeric_limits<float>::digits); }

Json slopes_json(const ActivationInfo& activation) {
  const SlopeRange range = slope_range(activation);
  return {{"high", range.high},
          {"high_at", range.high_at},
          {"low", range.low},
          {"low_at", range.low_at},
          {"left_at_best", std::pow(range.size(), layers)}};
}

/// Returns the share of the norm of dL/dz that is left after `layers` layers. The inputs have variance 1, like
/// standardised inputs.
double left_after_layers(const MeanField& theory) {
  double left = 1;
  for (const double factor : theory.factors(theory.sigma_w * theory.sigma_w, layers + 1)) left *= factor;
  return left;
}

Json auto_json(const ActivationInfo& activation) {
  const AutoChoice choice = auto_choice(activation);
  const MeanField theory{activation, choice.sigma_w, 0};
  const double q = theory.fixed_point(choice.sigma_w * choice.sigma_w), chi = theory.chi(q);
  return {{"initializer", choice.initializer->describe()},
          {"sigma_w", choice.sigma_w},
          {"q", q},
          {"every_q", theory.keeps_every_variance()},
          {"chi", chi},
          {"factor", std::sqrt(chi)},
          {"left", left_after_layers(theory)}};
}

Json critical_json(const ActivationInfo& activation) {
  const std::optional<CriticalPoint> point = critical_point_of(activation, 0);
  if (!point) return nullptr;
  const bool every_q = MeanField{activation, point->sigma_w, 0}.keeps_every_variance();
  return {{"sigma_w", point->sigma_w}, {"q", point->q}, {"every_q", every_q}};
}

/// An infinite error becomes null, because JSON has no infinity.
Json error_json(const FloatError& error) { return {{"ulp", error.ulp}, {"at", error.at}}; }

Json activation_json(const GalleryActivation& entry, const std::vector<double>& z) {
  const ActivationInfo& activation = entry.activation;
  return {{"name", activation.name},
          {"value", mapped(activation.value, z)},
          {"slope", mapped(activation.slope, z)},
          {"curvature", mapped(activation.curvature, z)},
          {"slopes", slopes_json(activation)},
          {"gains", {{"forward", forward_gain(activation)}, {"backward", backward_gain(activation)}}},
          {"auto", auto_json(activation)},
          {"critical", critical_json(activation)},
          {"critical_centred", critical_json(centred(activation))},
          {"errors", {{"value", error_json(entry.value)}, {"slope", error_json(entry.slope)}}}};
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
  Json activations = Json::array();
  for (const GalleryActivation& a : gallery.activations) activations.push_back(activation_json(a, z));
  const Json data = {{"range", gallery.range},
                     {"floats", gallery.floats},
                     {"layers", layers},
                     {"z", z},
                     {"activations", std::move(activations)}};
  return make_page(Page::gallery, {gallery.title, gallery.command, gallery.settings},
                   data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void write_gallery(const std::string& path, const Gallery& gallery) { write_file(path, gallery_page(gallery)); }

}  // namespace gradflow
