#include <gradflow/data/toy.hpp>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

constexpr double pi = std::numbers::pi;

/// A sample to draw: number `index` of the `count` samples of class `label`.
struct Place {
  std::size_t label, index, count;

  /// Returns 0 for the first sample of the class, 1 for the last, evenly spaced between them.
  double closed() const { return count > 1 ? static_cast<double>(index) / static_cast<double>(count - 1) : 0; }
  /// Returns index / count, for closed curves: 0 for the first sample, less than 1 for the last.
  double open() const { return static_cast<double>(index) / static_cast<double>(count); }
};

struct Point {
  double x, y;
};

Point on_circle(double radius, double angle) { return {radius * std::cos(angle), radius * std::sin(angle)}; }

double share(std::size_t part, std::size_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

Point draw(const MoonsToy&, const Place& place, Rng&) {
  const auto [x, y] = on_circle(1, pi * place.closed());
  return place.label == 0 ? Point{x, y} : Point{1 - x, 0.5 - y};
}

Point draw(const CirclesToy& toy, const Place& place, Rng&) {
  return on_circle(place.label == 0 ? 1 : toy.factor, 2 * pi * place.open());
}

Point draw(const SpiralsToy& toy, const Place& place, Rng&) {
  const double t = place.closed();
  return on_circle(0.1 + 0.9 * t, 2 * pi * (toy.turns * t + share(place.label, toy.arms)));
}

Point draw(const BlobsToy& toy, const Place& place, Rng&) {
  return on_circle(1, 2 * pi * share(place.label, toy.classes));
}

Point draw(const CheckerboardToy& toy, const Place& place, Rng& rng) {
  const auto tiles = static_cast<double>(toy.tiles);
  for (;;) {  // on average, every second point falls on a tile of the other class and is drawn again
    const double u = rng.uniform(), v = rng.uniform();
    const auto tile = static_cast<std::size_t>(u * tiles) + static_cast<std::size_t>(v * tiles);
    if (tile % 2 == place.label) return {2 * u - 1, 2 * v - 1};
  }
}

/// Draws from a checkerboard of 2 x 2 tiles.
Point draw(const XorToy&, const Place& place, Rng& rng) { return draw(CheckerboardToy{.tiles = 2}, place, rng); }

std::vector<std::string> numbered(std::string_view prefix, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(std::string(prefix) + std::to_string(i));
  return names;
}

template <class Toy>
void check(const Toy& toy) {
  if (toy.samples == 0) throw ValueError({std::string(Toy::name), "samples", "0", "at least 1", {}});
  check_range(Toy::name, "noise", toy.noise, 0, std::numeric_limits<double>::max(), false);
  check_parameters(toy);
}

template <class Toy>
std::size_t classes_of(const Toy&) {
  return 2;
}
std::size_t classes_of(const SpiralsToy& toy) { return toy.arms; }
std::size_t classes_of(const BlobsToy& toy) { return toy.classes; }

template <class T, class Toy>
Dataset<T> make(const Toy& toy) {
  check(toy);
  const std::size_t n = toy.samples, classes = classes_of(toy);
  Dataset<T> data{zeros<T>(n, 2), zeros<T>(n, 1), numbered("x", 2), numbered("", classes)};
  Rng rng(toy.seed, Toy::name);
  const std::vector<std::size_t> order = shuffled(n, rng);
  for (std::size_t label = 0; label < classes; ++label) {
    const std::size_t first = label * n / classes, last = (label + 1) * n / classes;
    for (std::size_t i = first; i < last; ++i) {
      const Point point = draw(toy, {label, i - first, last - first}, rng);
      data.x(order[i], 0) = static_cast<T>(point.x + toy.noise * rng.normal());
      data.x(order[i], 1) = static_cast<T>(point.y + toy.noise * rng.normal());
      data.y(order[i], 0) = static_cast<T>(label);
    }
  }
  return data;
}

template <class T>
Dataset<T> make(const SineToy& toy) {
  check(toy);
  Dataset<T> data{zeros<T>(toy.samples, 1), zeros<T>(toy.samples, 1), {"x"}, {}};
  Rng rng(toy.seed, SineToy::name);
  for (std::size_t i = 0; i < toy.samples; ++i) {
    const double x = rng.uniform(-pi, pi);
    data.x(i, 0) = static_cast<T>(x);
    data.y(i, 0) = static_cast<T>(std::sin(x) + toy.noise * rng.normal());
  }
  return data;
}

}  // namespace

template <class T>
Dataset<T> moons(const MoonsToy& options) {
  return make<T>(options);
}

template <class T>
Dataset<T> circles(const CirclesToy& options) {
  return make<T>(options);
}

template <class T>
Dataset<T> spirals(const SpiralsToy& options) {
  return make<T>(options);
}

template <class T>
Dataset<T> exclusive_or(const XorToy& options) {
  return make<T>(options);
}

template <class T>
Dataset<T> blobs(const BlobsToy& options) {
  return make<T>(options);
}

template <class T>
Dataset<T> checkerboard(const CheckerboardToy& options) {
  return make<T>(options);
}

template <class T>
Dataset<T> sine(const SineToy& options) {
  return make<T>(options);
}

template <class T>
Dataset<T> make_toy(std::string_view text, const ToyOptions& options) {
  return by_name<Dataset<T>>(Toys{}, "data set", text, [&](auto toy) {
    toy.samples = options.samples;
    toy.noise = options.noise;
    toy.seed = options.seed;
    return make<T>(toy);
  });
}

template Dataset<float> moons(const MoonsToy&);
template Dataset<double> moons(const MoonsToy&);
template Dataset<float> circles(const CirclesToy&);
template Dataset<double> circles(const CirclesToy&);
template Dataset<float> spirals(const SpiralsToy&);
template Dataset<double> spirals(const SpiralsToy&);
template Dataset<float> exclusive_or(const XorToy&);
template Dataset<double> exclusive_or(const XorToy&);
template Dataset<float> blobs(const BlobsToy&);
template Dataset<double> blobs(const BlobsToy&);
template Dataset<float> checkerboard(const CheckerboardToy&);
template Dataset<double> checkerboard(const CheckerboardToy&);
template Dataset<float> sine(const SineToy&);
template Dataset<double> sine(const SineToy&);
template Dataset<float> make_toy(std::string_view, const ToyOptions&);
template Dataset<double> make_toy(std::string_view, const ToyOptions&);

}  // namespace gradflow
