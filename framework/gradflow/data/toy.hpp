#pragma once
// Small data sets made by a formula: what a network can and cannot separate is seen at a glance.
// Each struct is the options of one of them and its entry in the register: moons({.samples = 2000, .noise = 0.1}), or
// by name make_toy("spirals(arms=3)"). The same options give the same numbers, to the last bits of sin and cos. Classes
// are as equal in number as they can be, and the samples stand in random order. Noise is the standard deviation of a
// normal number added to each coordinate (to the target, in a regression). Made in double and rounded to T, for float
// and double.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// Two interleaved half-circles of radius 1, evenly spaced points, as scikit-learn's make_moons: class 0 around (0, 0),
/// upper half, class 1 around (1, 0.5), lower half.
struct MoonsToy {
  static constexpr std::string_view name = "moons";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// Class 0 on a circle of radius 1, class 1 on one of radius `factor`, evenly spaced points, as scikit-learn's
/// make_circles (whose own default factor is 0.8).
struct CirclesToy {
  static constexpr std::string_view name = "circles";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
  double factor = 0.5;  ///< [0, 1)
  static constexpr Parameter<CirclesToy> parameters[] = {{"factor", &CirclesToy::factor, 0, 1, true}};
};

/// One class per arm: Archimedean spirals whose radius grows from 0.1 (at 0 they would meet) to 1.
struct SpiralsToy {
  static constexpr std::string_view name = "spirals";
  std::size_t samples = 1000;
  double noise = 0.05;
  std::uint64_t seed = 0;
  std::size_t arms = 2;  ///< [1, 1000]
  double turns = 1;      ///< of each arm, from its inner to its outer end: [0, 1000]
  static constexpr Parameter<SpiralsToy> parameters[] = {{"arms", &SpiralsToy::arms, 1, 1000},
                                                         {"turns", &SpiralsToy::turns, 0, 1000}};
};

/// Uniform in [-1, 1]²; class 1 where exactly one coordinate is positive.
struct XorToy {
  static constexpr std::string_view name = "xor";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// Round clouds, whose width is the noise, around points evenly spaced on the unit circle: one class each.
struct BlobsToy {
  static constexpr std::string_view name = "blobs";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
  std::size_t classes = 3;  ///< [1, 1000]
  static constexpr Parameter<BlobsToy> parameters[] = {{"classes", &BlobsToy::classes, 1, 1000}};
};

/// Uniform in [-1, 1]², cut into tiles x tiles squares whose classes alternate; class 0 in the corner at (-1, -1).
struct CheckerboardToy {
  static constexpr std::string_view name = "checkerboard";
  std::size_t samples = 1000;
  double noise = 0;
  std::uint64_t seed = 0;
  std::size_t tiles = 4;  ///< along each side: [2, 1000]
  static constexpr Parameter<CheckerboardToy> parameters[] = {{"tiles", &CheckerboardToy::tiles, 2, 1000}};
};

/// Regression of y = sin x, x uniform in [-π, π].
struct SineToy {
  static constexpr std::string_view name = "sine";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// The toys that make_toy() knows by name.
using Toys = TypeList<MoonsToy, CirclesToy, SpiralsToy, XorToy, BlobsToy, CheckerboardToy, SineToy>;

/// x: [samples, 2] and y: [samples, 1], class indices; of sine x: [samples, 1] and y: [samples, 1], values.
/// All toys throw ValueError for no samples, for a noise that is negative or not finite, and for a parameter out of
/// its range.
template <class T = float>
Dataset<T> moons(const MoonsToy& options = {});
template <class T = float>
Dataset<T> circles(const CirclesToy& options = {});  ///< two classes; see moons()
template <class T = float>
Dataset<T> spirals(const SpiralsToy& options = {});  ///< a class for each arm; see moons()
template <class T = float>
Dataset<T> exclusive_or(const XorToy& options = {});  ///< `xor` is a keyword of C++
template <class T = float>
Dataset<T> blobs(const BlobsToy& options = {});  ///< a class for each cloud; see moons()
template <class T = float>
Dataset<T> checkerboard(const CheckerboardToy& options = {});  ///< two classes; see moons()
template <class T = float>
Dataset<T> sine(const SineToy& options = {});  ///< a regression; see moons()

/// What make_toy() sets in every toy. The defaults replace the toy's own: noise is 0.1 for checkerboard, too.
struct ToyOptions {
  std::size_t samples = 1000;
  double noise = 0.1;
  std::uint64_t seed = 0;
};

/// By name, with what else it may be told in parentheses: "moons", "spirals(arms=3, turns=2)".
/// Throws NameError for a name that Toys does not have, else as the functions above.
template <class T = float>
Dataset<T> make_toy(std::string_view text, const ToyOptions& options = {});

}  // namespace gradflow
