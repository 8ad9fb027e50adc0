// Measures functions that process an array element by element: activations with their slopes, losses, optimisers, norm
// and all_finite. items_per_second counts numbers; the time is that of one sweep over the array. The benchmarks
// "typed/..." compare formulas with compiled policies, and "range/..." measure how much slower a function is in the
// slowest part of its range than at the centre.
#include <cstddef>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include <gradflow/base/random.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/formula.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/optim/optimizers.hpp>

#include <performance/paired.hpp>
#include <performance/places.hpp>
#include <support/typed_activations.hpp>

using namespace gradflow;

namespace {

constexpr std::size_t in_first_cache = 2048, in_second_cache = 32768;  // array sizes that fit the cache

template <class T>
AlignedVector<T> normal_numbers(std::size_t n) {
  AlignedVector<T> numbers(n);
  Rng rng(1);
  for (T& number : numbers) number = static_cast<T>(rng.normal());
  return numbers;
}

/// sweep(): processes n numbers once.
template <class Sweep>
void time_sweep(benchmark::State& state, std::size_t n, const Sweep& sweep) {
  for (auto _ : state) {
    sweep();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
}

template <class T, class Activation>
void activation(benchmark::State& state, const Activation& policy) {
  const auto z = normal_numbers<T>(in_first_cache);
  auto a = z, slope = z;
  time_sweep(state, z.size(), [&] {
    const auto both = [&policy](Lanes<T>& y, Lanes<T>& dy, Lanes<T> x) {
      const Dual<Lanes<T>> dual = value_and_slope(policy, x);
      y = dual.value;
      dy = dual.slope;
    };
    elementwise(z.size(), both, a.data(), slope.data(), z.data());
  });
}

/// The time of a policy typed as a formula, divided by that of the compiled policy; both work in place on 1024 numbers.
template <class T, class Activation>
void typed(benchmark::State& state, const Activation& policy) {
  constexpr std::size_t rounds = 201, sweeps = 200;
  const Formula formula(test::typed_activations.at(Activation::name));
  auto a = normal_numbers<T>(1024), slope = a;
  const auto repeated = [](const auto& sweep) {
    return [sweep] {
      for (std::size_t i = 0; i < sweeps; ++i) {
        sweep();
        benchmark::ClobberMemory();
      }
    };
  };
  const auto value = repeated([&] {
    elementwise(
        a.size(), [&policy](Lanes<T>& y) { y = policy.value(y); }, a.data());
  });
  const auto both = repeated([&] {
    const auto sweep = [&policy](Lanes<T>& y, Lanes<T>& dy) {
      const Dual<Lanes<T>> dual = value_and_slope(policy, y);
      y = dual.value;
      dy = dual.slope;
    };
    elementwise(a.size(), sweep, a.data(), slope.data());
  });
  const auto typed_value = repeated([&] { formula.sweep(std::span<T>(a)); });
  const auto typed_both = repeated([&] { formula.sweep(std::span<T>(a), std::span<T>(slope)); });
  for (auto _ : state) {
    state.counters["value_ratio"] = performance::paired_ratio(rounds, typed_value, value).median;
    state.counters["slope_ratio"] = performance::paired_ratio(rounds, typed_both, both).median;
  }
}

template <class T>
void loss(benchmark::State& state, std::string_view name) {
  Matrix<T> output = zeros<T>(64, 10), target = zeros<T>(64, 10), delta;
  Rng rng(1);
  for (T& number : flat(output)) number = static_cast<T>(rng.normal());
  for (std::size_t i = 0; i < rows(target); ++i) target(i, rng.below(columns(target))) = 1;
  const LossPtr<T> loss = make_loss<T>(name);
  time_sweep(state, output.size(), [&] { benchmark::DoNotOptimize(loss->evaluate(output, target, delta)); });
}

template <class T>
void optimizer(benchmark::State& state, const std::string& text) {
  const auto gradients = normal_numbers<T>(in_second_cache);
  auto parameters = gradients;
  const auto optimizer = make_optimizer<T>(text);
  time_sweep(state, parameters.size(), [&] { optimizer->step(parameters, gradients); });
}

/// As optimizer(), and computes the norms of gradients, parameters and updates.
template <class T>
void optimizer_with_norms(benchmark::State& state, const std::string& text) {
  const auto gradients = normal_numbers<T>(in_second_cache);
  auto parameters = gradients;
  const auto optimizer = make_optimizer<T>(text);
  const std::vector<Range> ranges{{0, parameters.size()}};
  std::vector<RangeNorms> norms(1);
  time_sweep(state, parameters.size(),
             [&] { optimizer->step(parameters, gradients, {.ranges = ranges, .norms = norms}); });
}

template <class T>
void reduction(benchmark::State& state, auto reduce) {
  const auto numbers = normal_numbers<T>(in_second_cache);
  time_sweep(state, numbers.size(), [&] { benchmark::DoNotOptimize(reduce(std::span<const T>(numbers))); });
}

/// The range benchmark with the largest ratio of its slowest time to its time at the centre.
struct {
  double ratio = 0;
  std::string name = {};
} slowest_of_all;

/// f maps a Lanes<T> to a Dual of value and slope. The centre is a set of standard normal numbers, or their absolute
/// values if `positive`.
template <class T, class F>
void range(benchmark::State& state, const std::string& name, const F& f, bool positive) {
  auto centre = normal_numbers<T>(512);
  if (positive)
    for (T& number : centre) number = std::abs(number);
  auto value = centre, slope = centre;
  const auto sweep = [&](const AlignedVector<T>& x) {
    const auto both = [&f](Lanes<T>& y, Lanes<T>& dy, Lanes<T> z) {
      const Dual<Lanes<T>> dual = f(z);
      y = dual.value;
      dy = dual.slope;
    };
    elementwise(x.size(), both, value.data(), slope.data(), x.data());
    benchmark::ClobberMemory();
  };
  performance::Slowest<T> slowest;
  for (auto _ : state) slowest = performance::slowest_place<T>(centre, sweep);
  state.counters["times_centre"] = slowest.ratio();
  state.counters["centre_ns"] = slowest.centre.nanoseconds;
  std::ostringstream place;
  place << '[' << slowest.place.from << ", " << slowest.place.to << ']';
  state.SetLabel(place.str());
  if (slowest.ratio() > slowest_of_all.ratio) slowest_of_all = {slowest.ratio(), name + " in " + place.str()};
}

template <class Function, class... Arguments>
void add(const std::string& name, Function function, Arguments... arguments) {
  benchmark::RegisterBenchmark(name.c_str(), function, arguments...);
}

template <class T, class F>
void add_range(const std::string& name, F f, bool positive = false) {
  benchmark::RegisterBenchmark(name.c_str(), range<T, F>, name, f, positive)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

/// Adds benchmarks for the value of every function of Lanes, and for every activation, with and without its slope.
template <class T>
void add_ranges(const std::string& number) {
  using V = Lanes<T>;
  const auto function = [&number](const std::string& name, auto f, bool positive = false) {
    add_range<T>(
        "range/" + number + "/" + name, [f](V z) { return Dual<V>(f(z), 0); }, positive);
  };
  function("exp", [](V z) { return exp(z); });
  function("expm1", [](V z) { return expm1(z); });
  function(
      "log", [](V z) { return log(z); }, true);
  function(
      "log1p", [](V z) { return log1p(z); }, true);
  function(
      "sqrt", [](V z) { return sqrt(z); }, true);
  function("sin", [](V z) { return sin(z); });
  function("cos", [](V z) { return cos(z); });
  function("erfc", [](V z) { return erfc(z); });
  for_each_type(Activations{}, [&]<class A>(const A& policy) {
    function(std::string(A::name), [policy](V z) { return policy.value(z); });
    add_range<T>("range/" + number + "/" + std::string(A::name) + "_with_slope",
                 [policy](V z) { return value_and_slope(policy, z); });
  });
}

template <class T>
void add_all(const std::string& number) {
  for_each_type(Activations{}, [&]<class A>(const A& policy) {
    add("activation/" + number + "/" + std::string(A::name), activation<T, A>, policy);
    benchmark::RegisterBenchmark(("typed/" + number + "/" + std::string(A::name)).c_str(), typed<T, A>, policy)
        ->Iterations(1);
  });
  for (const std::string_view name : names_of(Losses{})) add("loss/" + number + "/" + std::string(name), loss<T>, name);
  for (const std::string text : {"sgd", "sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=1)", "adagrad", "rmsprop",
                                 "rmsprop(momentum=0.9)", "adam", "adamw"}) {
    add("optimizer/" + number + "/" + text, optimizer<T>, text);
    add("optimizer_with_norms/" + number + "/" + text, optimizer_with_norms<T>, text);
  }
  add("norm/" + number, [](benchmark::State& s) { reduction<T>(s, [](std::span<const T> n) { return norm(n); }); });
  add("all_finite/" + number,
      [](benchmark::State& s) { reduction<T>(s, [](std::span<const T> n) { return all_finite(n); }); });
}

}  // namespace

int main(int argc, char** argv) {
  add_all<float>("float");
  add_all<double>("double");
  add_ranges<float>("float");
  add_ranges<double>("double");
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  if (!slowest_of_all.name.empty())
    std::cout << "Slowest part of a range: " << slowest_of_all.ratio << " times the time at the centre, "
              << slowest_of_all.name << '\n';
}
