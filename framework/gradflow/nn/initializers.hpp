#pragma once
// How the weights of a layer are drawn before training. Values are made in double and rounded to the network's type, so
// that a float and a double network of one seed start from the same numbers.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include <gradflow/base/names.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/nn/activation.hpp>

namespace gradflow {

struct LayerShape {
  std::size_t inputs, outputs;  ///< fan_in, fan_out
};

class Initializer {
 public:
  virtual ~Initializer() = default;
  /// weight: [inputs, outputs], row after row; bias: [outputs], or empty; activation: the layer's, or null.
  virtual void fill(std::span<double> weight, std::span<double> bias, const LayerShape& shape,
                    const ActivationInfo* activation, Rng& rng) const = 0;
  virtual std::string describe() const = 0;
};

/// Gives an initialiser its description.
template <class Self>
class NamedInitializer : public Initializer {
 public:
  std::string describe() const override { return gradflow::describe(static_cast<const Self&>(*this)); }
};

/// Draws the weights alone; biases are 0.
template <class Self>
class WeightInitializer : public NamedInitializer<Self> {
 public:
  void fill(std::span<double> weight, std::span<double> bias, const LayerShape& shape, const ActivationInfo*,
            Rng& rng) const override {
    static_cast<const Self&>(*this).draw(weight, shape, rng);
    for (double& b : bias) b = 0;
  }
};

/// All weights 0: every unit of a layer then stays the same as its neighbour.
struct Zeros : WeightInitializer<Zeros> {
  static constexpr std::string_view name = "zeros";
  void draw(std::span<double> weight, const LayerShape&, Rng&) const;
};

/// All weights the same.
struct Constant : WeightInitializer<Constant> {
  static constexpr std::string_view name = "constant";
  double value = 0.1;
  static constexpr auto parameters = std::tuple{Parameter{"value", &Constant::value}};
  Constant() = default;
  explicit Constant(double v) : value(v) {}
  void draw(std::span<double> weight, const LayerShape&, Rng&) const;
};

/// U(-1/sqrt(fan_in), 1/sqrt(fan_in)), weights and biases: PyTorch's Linear; the "standard" of Glorot & Bengio 2010,
/// eq. 1
struct Standard : NamedInitializer<Standard> {
  static constexpr std::string_view name = "standard";
  void fill(std::span<double> weight, std::span<double> bias, const LayerShape& shape, const ActivationInfo*,
            Rng& rng) const override;
};

/// Variance 2 / (fan_in + fan_out). Glorot & Bengio 2010, eq. 16
struct GlorotUniform : WeightInitializer<GlorotUniform> {
  static constexpr std::string_view name = "glorot_uniform";
  void draw(std::span<double> weight, const LayerShape& shape, Rng& rng) const;
};
struct GlorotNormal : WeightInitializer<GlorotNormal> {
  static constexpr std::string_view name = "glorot_normal";
  void draw(std::span<double> weight, const LayerShape& shape, Rng& rng) const;
};

/// Variance 2 / fan_in. He, Zhang, Ren & Sun 2015, eq. 10
struct HeUniform : WeightInitializer<HeUniform> {
  static constexpr std::string_view name = "he_uniform";
  void draw(std::span<double> weight, const LayerShape& shape, Rng& rng) const;
};
struct HeNormal : WeightInitializer<HeNormal> {
  static constexpr std::string_view name = "he_normal";
  void draw(std::span<double> weight, const LayerShape& shape, Rng& rng) const;
};

/// Variance 1 / fan_in. LeCun et al. 1998, eq. 16
struct LecunUniform : WeightInitializer<LecunUniform> {
  static constexpr std::string_view name = "lecun_uniform";
  void draw(std::span<double> weight, const LayerShape& shape, Rng& rng) const;
};
struct LecunNormal : WeightInitializer<LecunNormal> {
  static constexpr std::string_view name = "lecun_normal";
  void draw(std::span<double> weight, const LayerShape& shape, Rng& rng) const;
};

/// Rows or columns, whichever are fewer, orthonormal and times gain. Saxe, McClelland & Ganguli 2013
struct Orthogonal : WeightInitializer<Orthogonal> {
  static constexpr std::string_view name = "orthogonal";
  double gain = 1;
  static constexpr auto parameters = std::tuple{Parameter{"gain", &Orthogonal::gain}};
  Orthogonal() = default;
  explicit Orthogonal(double g) : gain(g) {}
  void draw(std::span<double> weight, const LayerShape& shape, Rng& rng) const;
};

/// The scheme that suits the layer's activation: he_normal for the relu family, gelu, silu and mish; lecun_normal for
/// selu; glorot_uniform for the rest and for layers without an activation.
struct AutoInit : NamedInitializer<AutoInit> {
  static constexpr std::string_view name = "auto";
  void fill(std::span<double> weight, std::span<double> bias, const LayerShape& shape, const ActivationInfo* activation,
            Rng& rng) const override;
};

using Initializers = TypeList<AutoInit, Zeros, Constant, Standard, GlorotUniform, GlorotNormal, HeUniform, HeNormal,
                              LecunUniform, LecunNormal, Orthogonal>;

/// "he_normal", "orthogonal(gain=1.4)". Throws NameError, ValueError.
std::unique_ptr<const Initializer> make_initializer(std::string_view text);

}  // namespace gradflow
