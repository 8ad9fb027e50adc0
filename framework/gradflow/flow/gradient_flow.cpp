#include <gradflow/flow/gradient_flow.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <gradflow/base/names.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/math/reduce.hpp>

namespace gradflow {
namespace {

template <class T>
Matrix<T> standard_normal(std::size_t rows, std::size_t columns, Rng rng) {
  Matrix<T> m = zeros<T>(rows, columns);
  for (T& x : m) x = static_cast<T>(rng.normal());
  return m;
}

}  // namespace

template <class T>
GradientFlow gradient_flow(const Network<T>& network) {
  GradientFlow flow;
  flow.weight_norms.assign(network.size(), std::numeric_limits<double>::quiet_NaN());
  flow.delta_norms = delta_norms(network);
  for (const PlacedBlock& placed : network.blocks()) {
    double& weight_norm = flow.weight_norms[placed.layer];
    if (std::isnan(weight_norm)) weight_norm = norm(network.gradients(placed));
  }
  return flow;
}

template <class T>
std::vector<double> delta_norms(const Network<T>& network) {
  std::vector<double> norms(network.size());
  for (std::size_t i = 0; i < network.size(); ++i) norms[i] = norm(flat(network.trace(i).delta));
  return norms;
}

template <class T>
GradientFlow probe_gradient_flow(Network<T>& network, const ProbeOptions& options) {
  check_range("probe_gradient_flow", "batch", static_cast<double>(options.batch), 1, std::numeric_limits<double>::max(),
              false);
  const auto x = standard_normal<T>(options.batch, network.inputs(), Rng(options.seed, "probe input"));
  network.forward(x, {.seed = options.seed});
  network.backward(x, standard_normal<T>(options.batch, network.outputs(), Rng(options.seed, "probe gradient")));
  return gradient_flow(network);
}

double gradient_ratio(const GradientFlow& flow) { return flow.weight_norms.front() / flow.weight_norms.back(); }

double gradient_left(const GradientFlow& flow) {
  return flow.delta_norms.size() == 1 ? 1 : flow.delta_norms.front() / flow.delta_norms.back();
}

double factor_per_layer(const GradientFlow& flow) {
  const std::size_t steps = flow.delta_norms.size() - 1;
  return steps == 0 ? 1 : std::pow(gradient_left(flow), 1 / static_cast<double>(steps));
}

std::string_view name(GradientState state) {
  switch (state) {
    case GradientState::flowing:
      return "flowing";
    case GradientState::vanishing:
      return "vanishing";
    case GradientState::exploding:
      return "exploding";
    case GradientState::dead:
      return "dead";
    case GradientState::none:
      return "none";
    case GradientState::not_finite:
      return "not finite";
  }
  return {};
}

std::string_view adjective(GradientState state) { return state == GradientState::none ? "zero" : name(state); }

GradientState judge_layer(double delta_norm, double output_delta_norm) {
  if (!std::isfinite(delta_norm) || !std::isfinite(output_delta_norm)) return GradientState::not_finite;
  if (delta_norm == 0) return output_delta_norm == 0 ? GradientState::none : GradientState::dead;
  const double left = delta_norm / output_delta_norm;
  if (left > exploding_above) return GradientState::exploding;
  return left >= vanishing_below ? GradientState::flowing : GradientState::vanishing;
}

GradientState judge(const GradientFlow& flow) {
  const auto finite = [](double norm) { return std::isfinite(norm); };
  if (!std::ranges::all_of(flow.delta_norms, finite)) return GradientState::not_finite;
  return judge_layer(flow.delta_norms.front(), flow.delta_norms.back());
}

template GradientFlow gradient_flow(const Network<float>&);
template GradientFlow gradient_flow(const Network<double>&);
template std::vector<double> delta_norms(const Network<float>&);
template std::vector<double> delta_norms(const Network<double>&);
template GradientFlow probe_gradient_flow(Network<float>&, const ProbeOptions&);
template GradientFlow probe_gradient_flow(Network<double>&, const ProbeOptions&);

}  // namespace gradflow
