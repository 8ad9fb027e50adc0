#pragma once
// How the weights of a layer are drawn before training. Values are made in double and rounded to the network's type, so
// that a float and a double network of one seed start from the same numbers.
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/base/names.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/nn/activation_info.hpp>

namespace gradflow {

/// Where the weights stand that are drawn.
struct LayerPlace {
  std::size_t inputs;                                   ///< fan_in
  std::size_t outputs;                                  ///< fan_out
  const ActivationInfo* activation = nullptr;           ///< the layer's own; null where it has none
  const ActivationInfo* previous_activation = nullptr;  ///< that of the layer before; null in the first layer
};

/// Draws the weights and biases that a layer starts training with. To write one of your own, derive from it.
class Initializer {
 public:
  virtual ~Initializer() = default;
  /// weight: [inputs, outputs], row after row; bias: [outputs], or empty. The library's initialisers throw ShapeError
  /// for other sizes.
  virtual void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const = 0;
  /// "orthogonal(gain=1.4)"; parameters at their default are left out
  virtual std::string describe() const = 0;
};

namespace detail {

/// Throws ShapeError unless the sizes are those of the place; there may be no bias.
void require_place(std::string_view initializer, std::size_t weights, std::size_t biases, const LayerPlace& place);

}  // namespace detail

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
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override {
    detail::require_place(Self::name, weight.size(), bias.size(), place);
    static_cast<const Self&>(*this).draw(weight, place, rng);
    for (double& b : bias) b = 0;
  }
};

/// All weights 0: every unit of a layer then stays the same as its neighbour.
struct Zeros : WeightInitializer<Zeros> {
  static constexpr std::string_view name = "zeros";
  void draw(std::span<double> weight, const LayerPlace&, Rng&) const;
};

/// All weights the same.
struct Constant : WeightInitializer<Constant> {
  static constexpr std::string_view name = "constant";
  double value = 0.1;  ///< any finite number
  static constexpr Parameter<Constant> parameters[] = {{"value", &Constant::value}};
  Constant() = default;
  explicit Constant(double v) : value(v) {}  ///< v is the value; it is not checked
  void draw(std::span<double> weight, const LayerPlace&, Rng&) const;
};

/// U(-1/sqrt(fan_in), 1/sqrt(fan_in)), weights and biases: PyTorch's Linear; the "standard" of Glorot & Bengio 2010,
/// eq. 1
struct Standard : NamedInitializer<Standard> {
  static constexpr std::string_view name = "standard";
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override;
};

/// Variance 2 / (fan_in + fan_out). Glorot & Bengio 2010, eq. 16
struct GlorotUniform : WeightInitializer<GlorotUniform> {
  static constexpr std::string_view name = "glorot_uniform";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};
/// N(0, 2 / (fan_in + fan_out)): the variance of GlorotUniform
struct GlorotNormal : WeightInitializer<GlorotNormal> {
  static constexpr std::string_view name = "glorot_normal";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};

/// Variance 2 / fan_in. He, Zhang, Ren & Sun 2015, eq. 10
struct HeUniform : WeightInitializer<HeUniform> {
  static constexpr std::string_view name = "he_uniform";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};
/// N(0, 2 / fan_in). He, Zhang, Ren & Sun 2015, eq. 10
struct HeNormal : WeightInitializer<HeNormal> {
  static constexpr std::string_view name = "he_normal";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};

/// Variance 1 / fan_in. LeCun et al. 1998, eq. 16
struct LecunUniform : WeightInitializer<LecunUniform> {
  static constexpr std::string_view name = "lecun_uniform";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};
/// N(0, 1 / fan_in): the variance of LecunUniform
struct LecunNormal : WeightInitializer<LecunNormal> {
  static constexpr std::string_view name = "lecun_normal";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};

/// Rows or columns, whichever are fewer, orthonormal and times gain. Saxe, McClelland & Ganguli 2013
struct Orthogonal : WeightInitializer<Orthogonal> {
  static constexpr std::string_view name = "orthogonal";
  double gain = 1;  ///< each singular value of the weights is |gain|; any finite number
  static constexpr Parameter<Orthogonal> parameters[] = {{"gain", &Orthogonal::gain}};
  Orthogonal() = default;
  explicit Orthogonal(double g) : gain(g) {}  ///< g is the gain; it is not checked
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};

/// W ~ N(0, sigma_w^2 / fan_in), b ~ N(0, sigma_b^2): the ensemble of mean-field theory (Poole et al. 2016). See
/// flow/theory.hpp for the two that keep the gradient.
struct Normal : NamedInitializer<Normal> {
  static constexpr std::string_view name = "normal";
  double sigma_w = 1;  ///< standard deviation of the weights times sqrt(fan_in): at least 0
  double sigma_b = 0;  ///< standard deviation of the biases: at least 0
  static constexpr Parameter<Normal> parameters[] = {{"sigma_w", &Normal::sigma_w, 0.0},
                                                     {"sigma_b", &Normal::sigma_b, 0.0}};
  Normal() = default;
  explicit Normal(double w, double b = 0) : sigma_w(w), sigma_b(b) {}  ///< w is sigma_w, b is sigma_b; not checked
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override;
};

/// W ~ N(0, sigma_w^2 / fan_in), and b takes away what the activation before adds to every unit: b_j = -f(0) sum_i
/// W_ij, 0 in the first layer. It keeps the sigmoid from vanishing: sigma - 1/2 is odd, as tanh is, and its slope 1/4
/// at 0 asks for sigma_w = 4.
struct Centred : NamedInitializer<Centred> {
  static constexpr std::string_view name = "centred";
  double sigma_w = 4;  ///< standard deviation of the weights times sqrt(fan_in): at least 0
  static constexpr Parameter<Centred> parameters[] = {{"sigma_w", &Centred::sigma_w, 0.0}};
  Centred() = default;
  explicit Centred(double w) : sigma_w(w) {}  ///< w is sigma_w; it is not checked
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override;
};

/// The scheme that suits the layer's activation: what the activation declares as its `weights` (he_normal for the relu
/// family, gelu, silu and mish; lecun_normal for selu and lecun_tanh; glorot_uniform for identity, sigmoid, tanh and
/// their like), glorot_uniform where the layer has none. An activation that declares nothing, as yours may, gets
/// W ~ N(0, sigma_w^2 / fan_in) and b = 0 with the sigma_w of balanced_sigma_w(), or glorot_uniform where that gives
/// nothing.
struct AutoInit : NamedInitializer<AutoInit> {
  static constexpr std::string_view name = "auto";
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override;
};

/// What AutoInit takes for a layer of this activation, and the sigma_w that it has in layers that are all of one width:
/// the root of fan_in times the variance of the weights.
struct AutoChoice {
  std::unique_ptr<const Initializer> initializer;  ///< never null
  double sigma_w;  ///< he_normal: sqrt(2); mean_field: balanced_sigma_w(), if there is one; else 1
};
/// The choice by the activation's `weights` alone, as AutoInit makes it.
AutoChoice auto_choice(const ActivationInfo& activation);

/// The sigma_w for which, by mean-field theory, the norm of dL/dz is after ten layers of this activation what it was
/// before: chi_1 chi_2 ... chi_10 = 1, chi_l = sigma_w^2 E f'(sqrt(q_l) Z)^2, from inputs of variance 1 and without
/// biases: q_1 = sigma_w^2, q_{l+1} = sigma_w^2 E f(sqrt(q_l) Z)^2. It is he_normal's sqrt(2) for relu, and there is
/// one for softplus too, which no sigma_w keeps critical in the limit of depth. Rounded to 12 bits, so that it is the
/// same number on every machine. Nothing where no sigma_w does: a step has slope 0.
std::optional<double> balanced_sigma_w(const ActivationInfo& activation);

/// The initialisers that make_initializer() knows by name.
using Initializers = TypeList<AutoInit, Zeros, Constant, Standard, GlorotUniform, GlorotNormal, HeUniform, HeNormal,
                              LecunUniform, LecunNormal, Orthogonal, Normal, Centred>;

/// "he_normal", "orthogonal(gain=1.4)". Throws NameError, ValueError.
std::unique_ptr<const Initializer> make_initializer(std::string_view text);

}  // namespace gradflow
