#include <gradflow/flow/layer_flow.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {
namespace {

constexpr double saturated_below = 0.01;  // as a share of the largest slope
constexpr std::size_t histogram_numbers = 128;
constexpr double zeros_looked_at = 32;

double sum_of(Lanes<double> x) {
  return fold(x, [](auto a, auto b) { return a + b; });
}

/// Calls f(j, load) for each group of Lanes<T>::size columns that begins at column j. load(i) returns the numbers of
/// row i in these columns. If the last group has only n columns, calls f(j, load, n).
template <class T, class F>
[[gnu::always_inline]] inline void by_columns(const Matrix<T>& m, const F& f) {
  constexpr std::size_t step = Lanes<T>::size;
  const std::size_t n = columns(m);
  std::size_t j = 0;
  for (; j + step <= n; j += step) f(j, [&, j](std::size_t i) { return Lanes<T>::load(m.data() + i * n + j); });
  if (j < n)
    f(
        j, [&, j](std::size_t i) { return Lanes<T>::load(m.data() + i * n + j, n - j); }, n - j);
}

struct Spread {
  double mean, deviation, spread;
};

/// Computes in two passes, so that a small deviation from a large mean keeps its digits.
template <class T>
[[gnu::flatten]] Spread spread_of(const Matrix<T>& m) {
  const std::size_t batch = rows(m);
  const T share = T(1) / static_cast<T>(batch);
  Lanes<double> means = 0, mean_squares = 0, within = 0;
  by_columns(m, [&](std::size_t, const auto& load, auto... n) {
    Lanes<T> sum = 0, square = 0;
    for (std::size_t i = 0; i < batch; ++i) sum += load(i);
    Lanes<T> mean = share * sum;
    for (std::size_t i = 0; i < batch; ++i) {
      const Lanes<T> apart = load(i) - mean;
      square = fma(apart, apart, square);
    }
    means = add_to(means, mean);
    mean_squares = add_to(mean_squares, mean * mean);
    within = add_to(within, square);
    (void)sizeof...(n);  // lanes beyond the last column are 0, so they add nothing
  });
  const auto units = static_cast<double>(columns(m)), count = units * static_cast<double>(batch);
  const double mean = sum_of(means) / units, between = sum_of(mean_squares), around = sum_of(within);
  const double total = std::sqrt(around + between * static_cast<double>(batch));
  return {mean, std::sqrt(std::max(0.0, around / count + between / units - mean * mean)),
          total == 0 ? 0 : std::sqrt(around) / total};
}

struct SlopeSums {
  double sum = 0, square = 0, small = 0;
};

/// Returns sums over all slopes. Calls unit(j, has_slope) for every column j.
template <class T, class F>
[[gnu::flatten]] SlopeSums sum_slopes(const Matrix<T>& slopes, T small_below, const F& unit) {
  Lanes<double> sums = 0, squares = 0, large_ones = 0;
  by_columns(slopes, [&](std::size_t j, const auto& load, auto... n) {
    Lanes<T> sum = 0, square = 0, large = 0, any = 0;
    for (std::size_t i = 0; i < rows(slopes); ++i) {
      const Lanes<T> s = load(i), size = abs(s);
      sum += s;
      square = fma(s, s, square);
      large += select(size < small_below, Lanes<T>(0), Lanes<T>(1));  // lanes beyond the last column count 0
      any += size;
    }
    sums = add_to(sums, sum);
    squares = add_to(squares, square);
    large_ones = add_to(large_ones, large);
    T sizes[Lanes<T>::size];
    any.store(sizes);
    std::size_t count = Lanes<T>::size;
    ((count = n), ...);
    for (std::size_t x = 0; x < count; ++x) unit(j + x, sizes[x] != 0);
  });
  return {sum_of(sums), sum_of(squares), static_cast<double>(slopes.size()) - sum_of(large_ones)};
}

/// Fills the histogram from some rows of m. Does not count NaN.
template <std::size_t bins, class T>
[[gnu::flatten]] void count(const Matrix<T>& m, Histogram<bins>& h) {
  constexpr std::size_t step = Lanes<T>::size;
  const std::size_t n = columns(m), rows_taken = std::clamp<std::size_t>(histogram_numbers / n, 1, rows(m));
  const double scale = h.high > h.low ? static_cast<double>(bins) / (h.high - h.low) : 0;
  // Each bin has four counters, because the processor has to wait if one counter is increased twice in a row. The
  // additional last bin counts NaN.
  std::array<std::array<int, 4>, bins + 1> counts{};
  T places[step];
  for (std::size_t r = 0; r < rows_taken; ++r) {
    const T* const row = m.data() + r * rows(m) / rows_taken * n;
    for (std::size_t j = 0; j < n; j += step) {
      const std::size_t here = std::min(step, n - j);
      const Lanes<T> x = here == step ? Lanes<T>::load(row + j) : Lanes<T>::load(row + j, here);
      const Lanes<T> place = clamp(scale * (x - h.low), 0, static_cast<double>(bins) - 0.5);
      select(x == x, place, Lanes<T>(bins)).store(places);
      for (std::size_t i = 0; i < here; ++i) ++counts[static_cast<std::size_t>(places[i])][i % 4];
    }
  }
  const double share = 1 / static_cast<double>(std::max<std::size_t>(1, rows_taken * n));
  for (std::size_t i = 0; i < bins; ++i) h.shares[i] = share * std::accumulate(counts[i].begin(), counts[i].end(), 0);
}

struct ZeroSlopes {
  double share;  ///< share of zeros among all slopes
  double wrong;  ///< among the zeros that were computed again, the share that is not 0 in mathematics
};

template <class T>
ZeroSlopes zeros_of(const Trace<T>& trace, const ActivationInfo& activation) {
  const auto slopes = flat(trace.slope);
  double looked_at = 0, wrong = 0;
  if (trace.z.size() == slopes.size())
    for (std::size_t i = 0; i < slopes.size() && looked_at < zeros_looked_at; ++i)
      if (slopes[i] == 0) {
        ++looked_at;
        wrong += activation.slope(static_cast<double>(flat(trace.z)[i])) != 0;
      }
  const auto count = static_cast<double>(std::ranges::count(slopes, T(0)));
  return {count / static_cast<double>(slopes.size()), looked_at > 0 ? wrong / looked_at : 0};
}

/// Returns whether all units have the same weights and biases. Stops at the first difference.
template <class T>
bool units_alike(std::span<const T> parameters, std::size_t units) {
  if (units < 2 || parameters.empty() || parameters.size() % units != 0) return false;
  for (auto row = parameters; !row.empty(); row = row.subspan(units))
    for (std::size_t j = 1; j < units; ++j)
      if (row[j] != row[0]) return false;
  return true;
}

}  // namespace

template <class T>
std::pair<double, double> input_scale(const Matrix<T>& x) {
  require_not_empty("input_scale", "x", x);
  const auto batch = static_cast<double>(rows(x));
  double squares = 0, largest_offset = 0;
  for (std::size_t j = 0; j < columns(x); ++j) {
    double sum = 0, around = 0;
    for (std::size_t i = 0; i < rows(x); ++i) sum += static_cast<double>(row(x, i)[j]);
    const double mean = sum / batch;
    for (std::size_t i = 0; i < rows(x); ++i) around += std::pow(static_cast<double>(row(x, i)[j]) - mean, 2);
    squares += around + batch * mean * mean;
    if (around > 0) largest_offset = std::max(largest_offset, std::abs(mean) / std::sqrt(around / batch));
  }
  return {std::sqrt(squares / static_cast<double>(x.size())), largest_offset};
}

SlopeRange slope_range(const ActivationInfo& activation) {
  constexpr int points = 2000;
  constexpr double step = 0.01;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  SlopeRange range{infinity, -infinity, 0, 0};
  for (int i = 0; i <= points; ++i)
    for (const double z : {step * i, -step * i}) {
      const double slope = activation.slope(z);
      if (slope < range.low) range.low = slope, range.low_at = z;
      if (slope > range.high) range.high = slope, range.high_at = z;
    }
  return range;
}

namespace {

/// Calls f(number) for all numbers of a layer's flow.
template <class Flow, class F>
void for_all_numbers(Flow& flow, const F& f) {
  for (const LayerQuantity& quantity : layer_quantities) f(flow.*quantity.member);
  for (auto* number : {&flow.slopes.low, &flow.slopes.high, &flow.z.low, &flow.z.high}) f(*number);
  f(flow.units_alike);
  for (auto& share : flow.slopes.shares) f(share);
  for (auto& share : flow.z.shares) f(share);
}

/// Calls f(number) for all numbers of a snapshot. snapshot.layers must have its final size already.
template <class Snapshot, class F>
void for_all_numbers_of(Snapshot& snapshot, const F& f) {
  for (auto* number : {&snapshot.loss, &snapshot.input_size, &snapshot.input_offset}) f(*number);
  f(snapshot.step);
  for (auto& flow : snapshot.layers) for_all_numbers(flow, f);
}

}  // namespace

std::vector<double> packed(const FlowSnapshot& snapshot) {
  std::vector<double> numbers;
  for_all_numbers_of(snapshot, [&](const auto& number) { numbers.push_back(static_cast<double>(number)); });
  return numbers;
}

std::vector<FlowSnapshot> unpacked(std::span<const double> numbers, std::size_t layers) {
  FlowSnapshot one;
  one.layers.resize(layers);
  const std::size_t size = packed(one).size();
  if (numbers.size() % size != 0)
    throw ShapeError({"unpacked",
                      "numbers",
                      std::to_string(numbers.size()) + " numbers",
                      "a multiple of " + std::to_string(size),
                      {}});
  std::vector<FlowSnapshot> snapshots(numbers.size() / size, one);
  auto next = numbers.begin();
  for (FlowSnapshot& snapshot : snapshots)
    for_all_numbers_of(snapshot, [&](auto& number) { number = static_cast<std::decay_t<decltype(number)>>(*next++); });
  return snapshots;
}

template <class T>
FlowMeter<T>::FlowMeter(FlowMeterOptions options) : options_(options) {
  if (options.dead_after == 0) throw ValueError({"flow_meter", "dead_after", "0", "at least 1", {}});
}

template <class T>
std::span<const LayerFlow> FlowMeter<T>::measure(const Network<T>& network) {
  if (network_ != &network) begin(network);
  ++batches_;
  saw_zero_slopes_ = false;
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    const Trace<T>& trace = network.trace(i);
    measure_activations(trace.a, flows_[i]);
    const ActivationInfo* const activation = network.layer(i).activation();
    if (trace.slope.size() > 0)
      require_shape([&] { return network.layer_name(i); }, "slope", trace.slope,
                    {rows(trace.a), network.layer(i).outputs(), "the shape of the output"});
    if (activation && trace.slope.size() > 0) measure_slopes(trace, *activation, layers_[i], flows_[i]);
    flows_[i].z.shares.fill(0);
    if (trace.z.size() > 0) count(trace.z, flows_[i].z);
    flows_[i].units_alike =
        has_weights(network.layer(i)) && units_alike(network.parameters(i), network.layer(i).outputs());
  }
  measure_factors(network);
  if (options_.gradient_norms) measure_gradients(network);
  return flows_;
}

template <class T>
void FlowMeter<T>::begin(const Network<T>& network) {
  network_ = &network;
  batches_ = 0;
  flows_.assign(network.size(), {});
  layers_.assign(network.size(), {});
  for (std::size_t i = 0; i < network.size(); ++i) {
    flows_[i].z.low = -10;
    flows_[i].z.high = 10;
    const ActivationInfo* const activation = network.layer(i).activation();
    if (!activation) continue;
    const ActivationInfo* const before = i > 0 ? network.layer(i - 1).activation() : nullptr;
    const bool same = before && before->name == activation->name;  // true in most networks
    layers_[i] = {same ? layers_[i - 1].range : slope_range(*activation),
                  std::vector<std::size_t>(network.layer(i).outputs(), 0)};
    flows_[i].slopes.low = layers_[i].range.low;
    flows_[i].slopes.high = layers_[i].range.high;
  }
}

template <class T>
void FlowMeter<T>::visit_state(StateVisitor& state, const Network<T>& network) {
  const auto scope = state.scope("flow_meter");
  bool begun = network_ == &network;
  state.number("begun", begun);
  if (!begun) return begin_anew();
  if (state.loading()) begin(network);
  state.number("batches", batches_);
  state.number("saw_zero_slopes", saw_zero_slopes_);
  for (std::size_t i = 0; i < layers_.size(); ++i)
    state.numbers("flat_batches" + std::to_string(i), std::span(layers_[i].flat_batches));
}

template <class T>
void FlowMeter<T>::measure_gradients(const Network<T>& network) {
  std::size_t layer = network.size(), block = 0;
  for (const PlacedBlock& placed : network.blocks()) {
    block = placed.layer == layer ? block + 1 : 0;
    layer = placed.layer;
    if (block == 0) flows_[layer].weight_gradient_norm = norm(network.gradients(placed));
    if (block == 1) flows_[layer].bias_gradient_norm = norm(network.gradients(placed));
  }
}

template <class T>
void FlowMeter<T>::measure_factors(const Network<T>& network) {
  for (std::size_t i = flows_.size(); i-- > 0;) {
    LayerFlow& flow = flows_[i];
    flow.delta_norm = norm(flat(network.trace(i).delta));
    if (i + 1 < flows_.size()) flow.factor = flow.delta_norm / flows_[i + 1].delta_norm;
    flow.weight_factor = flow.factor / flow.slope_factor;
  }
}

template <class T>
void FlowMeter<T>::measure_activations(const Matrix<T>& a, LayerFlow& flow) const {
  const Spread measured = spread_of(a);
  flow.activation_mean = measured.mean;
  flow.activation_deviation = measured.deviation;
  flow.spread = measured.spread;
}

template <class T>
void FlowMeter<T>::measure_slopes(const Trace<T>& trace, const ActivationInfo& activation, Layer& layer,
                                  LayerFlow& flow) {
  const std::size_t needed = std::min(options_.dead_after, batches_);
  std::size_t dead = 0;
  const auto unit = [&](std::size_t j, bool has_slope) {
    std::size_t& flat_batches = layer.flat_batches[j];
    flat_batches = has_slope ? 0 : flat_batches + 1;
    dead += flat_batches >= needed;
  };
  // A slope of 0 is small even if all slopes of the activation are 0.
  const T small_below = std::max(static_cast<T>(saturated_below * layer.range.size()), std::numeric_limits<T>::min());
  const SlopeSums sums = sum_slopes(trace.slope, small_below, unit);
  const auto slopes = static_cast<double>(trace.slope.size());
  flow.slope_mean = sums.sum / slopes;
  flow.slope_factor = std::sqrt(sums.square / slopes);
  flow.saturated = sums.small / slopes;
  flow.dead = static_cast<double>(dead) / static_cast<double>(columns(trace.slope));
  const ZeroSlopes zeros = sums.small > 0 ? zeros_of(trace, activation) : ZeroSlopes{0, 0};
  flow.numerically_dead = zeros.share * zeros.wrong;
  saw_zero_slopes_ |= zeros.share > 0;
  count(trace.slope, flow.slopes);
}

template std::pair<double, double> input_scale(const Matrix<float>&);
template std::pair<double, double> input_scale(const Matrix<double>&);
template class FlowMeter<float>;
template class FlowMeter<double>;

}  // namespace gradflow
