#pragma once
// Small data sets made by a formula. In a plot one can see which classes a network separates.
// Each struct holds the options of one data set, and registers the data set under its name. Call a function, such as
// moons({.samples = 2000, .noise = 0.1}), or make a data set by its name: make_toy("spirals(arms=3)"). The same options
// give the same numbers, except for the last bits of sin and cos on another machine or C library. The sizes of the
// classes differ by at most 1, and the samples are in random order. Noise is the standard deviation of a normal random
// number that is added to each coordinate (in a regression: to the target). All numbers are computed in double and
// rounded to T, float or double.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// Evenly spaced points on two interleaved half-circles of radius 1, as in scikit-learn's make_moons. Class 0: the
/// upper half-circle around (0, 0). Class 1: the lower half-circle around (1, 0.5).
struct MoonsToy {
  static constexpr std::string_view name = "moons";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// Evenly spaced points on two circles around (0, 0), as in scikit-learn's make_circles (where the default factor is
/// 0.8). Class 0: radius 1. Class 1: radius `factor`.
struct CirclesToy {
  static constexpr std::string_view name = "circles";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
  double factor = 0.5;  ///< [0, 1)
  static constexpr Parameter<CirclesToy> parameters[] = {{"factor", &CirclesToy::factor, 0, 1, true}};
};

/// Archimedean spirals, one class per arm. The radius grows from 0.1 to 1; at radius 0 the arms would meet.
struct SpiralsToy {
  static constexpr std::string_view name = "spirals";
  std::size_t samples = 1000;
  double noise = 0.05;
  std::uint64_t seed = 0;
  std::size_t arms = 2;  ///< [1, 1000]
  double turns = 1;      ///< turns of each arm from its inner to its outer end: [0, 1000]
  static constexpr Parameter<SpiralsToy> parameters[] = {{"arms", &SpiralsToy::arms, 1, 1000},
                                                         {"turns", &SpiralsToy::turns, 0, 1000}};
};

/// Points uniform in [-1, 1]². Class 1: exactly one coordinate is positive (before noise is added). Class 0: the
/// others.
struct XorToy {
  static constexpr std::string_view name = "xor";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// Round clouds of points, one class per cloud. The centres are evenly spaced on the unit circle, and the noise is the
/// standard deviation of each cloud.
struct BlobsToy {
  static constexpr std::string_view name = "blobs";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
  std::size_t classes = 3;  ///< [1, 1000]
  static constexpr Parameter<BlobsToy> parameters[] = {{"classes", &BlobsToy::classes, 1, 1000}};
};

/// Points uniform in [-1, 1]², which is divided into tiles x tiles squares. The classes 0 and 1 alternate like the
/// colours of a checkerboard; the square in the corner (-1, -1) has class 0.
struct CheckerboardToy {
  static constexpr std::string_view name = "checkerboard";
  std::size_t samples = 1000;
  double noise = 0;
  std::uint64_t seed = 0;
  std::size_t tiles = 4;  ///< tiles along each side: [2, 1000]
  static constexpr Parameter<CheckerboardToy> parameters[] = {{"tiles", &CheckerboardToy::tiles, 2, 1000}};
};

/// A regression of y = sin x, with x uniform in [-π, π].
struct SineToy {
  static constexpr std::string_view name = "sine";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// The data sets that make_toy() makes by name.
using Toys = TypeList<MoonsToy, CirclesToy, SpiralsToy, XorToy, BlobsToy, CheckerboardToy, SineToy>;

/// Makes a data set with x [samples, 2] and class indices y [samples, 1]; sine() makes x [samples, 1] and values
/// y [samples, 1]. All these functions throw ValueError if samples is 0, if the noise is negative or not finite, or if
/// a parameter is outside its range.
template <class T = float>
Dataset<T> moons(const MoonsToy& options = {});
template <class T = float>
Dataset<T> circles(const CirclesToy& options = {});  ///< two classes; see moons()
template <class T = float>
Dataset<T> spirals(const SpiralsToy& options = {});  ///< one class for each arm; see moons()
template <class T = float>
Dataset<T> exclusive_or(const XorToy& options = {});  ///< the data set "xor" (xor is a C++ keyword); see moons()
template <class T = float>
Dataset<T> blobs(const BlobsToy& options = {});  ///< one class for each cloud; see moons()
template <class T = float>
Dataset<T> checkerboard(const CheckerboardToy& options = {});  ///< two classes; see moons()
template <class T = float>
Dataset<T> sine(const SineToy& options = {});  ///< a regression; see moons()

/// The options that make_toy() sets for every data set. These values replace the defaults of the data set's own struct:
/// with make_toy() the noise is 0.1 for checkerboard, too.
struct ToyOptions {
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// Makes a data set by name, with its own parameters in parentheses: "moons", "spirals(arms=3, turns=2)". Throws
/// NameError if the name is not in Toys. Otherwise throws the same errors as the functions above.
template <class T = float>
Dataset<T> make_toy(std::string_view text, const ToyOptions& options = {});

}  // namespace gradflow
