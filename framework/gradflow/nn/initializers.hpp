#pragma once
// How the weights of a layer are drawn before training. Values are drawn in double and then rounded to the type of the
// network. So a float network and a double network with the same seed start from the same numbers.
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

/// The layer whose weights are drawn.
struct LayerPlace {
  std::size_t inputs;                                   ///< fan_in
  std::size_t outputs;                                  ///< fan_out
  const ActivationInfo* activation = nullptr;           ///< the activation of the layer; null if it has none
  const ActivationInfo* previous_activation = nullptr;  ///< of the previous layer; null in the first layer
};

/// Draws the initial weights and biases of a layer. To write an initialiser of your own, derive from this class.
class Initializer {
 public:
  virtual ~Initializer() = default;
  /// Writes the initial weights and biases. weight: [inputs, outputs], row after row; bias: [outputs], or empty. The
  /// library's initialisers throw ShapeError for other sizes.
  virtual void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const = 0;
  /// Returns "orthogonal(gain=1.4)"; parameters at their default are left out.
  virtual std::string describe() const = 0;
};

namespace detail {

/// Throws ShapeError unless weights is inputs times outputs, and biases is outputs or 0.
void require_place(std::string_view initializer, std::size_t weights, std::size_t biases, const LayerPlace& place);

}  // namespace detail

/// Implements describe() for an initialiser.
template <class Self>
class NamedInitializer : public Initializer {
 public:
  std::string describe() const override { return gradflow::describe(static_cast<const Self&>(*this)); }
};

/// An initialiser that draws only the weights; biases are 0.
template <class Self>
class WeightInitializer : public NamedInitializer<Self> {
 public:
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override {
    detail::require_place(Self::name, weight.size(), bias.size(), place);
    static_cast<const Self&>(*this).draw(weight, place, rng);
    for (double& b : bias) b = 0;
  }
};

/// All weights are 0: the units of a layer then stay equal to each other during training.
struct Zeros : WeightInitializer<Zeros> {
  static constexpr std::string_view name = "zeros";
  void draw(std::span<double> weight, const LayerPlace&, Rng&) const;
};

/// All weights have the same value.
struct Constant : WeightInitializer<Constant> {
  static constexpr std::string_view name = "constant";
  double value = 0.1;  ///< any finite number
  static constexpr Parameter<Constant> parameters[] = {{"value", &Constant::value}};
  Constant() = default;
  explicit Constant(double v) : value(v) {}  ///< v is the value; it is not checked
  void draw(std::span<double> weight, const LayerPlace&, Rng&) const;
};

/// Weights and biases ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as in PyTorch's Linear. The "standard" initialisation of
/// Glorot & Bengio 2010, eq. 1
struct Standard : NamedInitializer<Standard> {
  static constexpr std::string_view name = "standard";
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override;
};

/// Uniform with mean 0 and variance 2 / (fan_in + fan_out). Glorot & Bengio 2010, eq. 16
struct GlorotUniform : WeightInitializer<GlorotUniform> {
  static constexpr std::string_view name = "glorot_uniform";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};
/// N(0, 2 / (fan_in + fan_out)): the variance of GlorotUniform
struct GlorotNormal : WeightInitializer<GlorotNormal> {
  static constexpr std::string_view name = "glorot_normal";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};

/// Uniform with mean 0 and variance 2 / fan_in. He, Zhang, Ren & Sun 2015, eq. 10
struct HeUniform : WeightInitializer<HeUniform> {
  static constexpr std::string_view name = "he_uniform";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};
/// N(0, 2 / fan_in). He, Zhang, Ren & Sun 2015, eq. 10
struct HeNormal : WeightInitializer<HeNormal> {
  static constexpr std::string_view name = "he_normal";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};

/// Uniform with mean 0 and variance 1 / fan_in. LeCun et al. 1998, eq. 16
struct LecunUniform : WeightInitializer<LecunUniform> {
  static constexpr std::string_view name = "lecun_uniform";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};
/// N(0, 1 / fan_in): the variance of LecunUniform
struct LecunNormal : WeightInitializer<LecunNormal> {
  static constexpr std::string_view name = "lecun_normal";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};

/// Orthonormal rows, or orthonormal columns if there are fewer columns than rows, times gain. Saxe, McClelland &
/// Ganguli 2013
struct Orthogonal : WeightInitializer<Orthogonal> {
  static constexpr std::string_view name = "orthogonal";
  double gain = 1;  ///< each singular value of the weights is |gain|; any finite number
  static constexpr Parameter<Orthogonal> parameters[] = {{"gain", &Orthogonal::gain}};
  Orthogonal() = default;
  explicit Orthogonal(double g) : gain(g) {}  ///< g is the gain; it is not checked
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const;
};

/// W ~ N(0, sigma_w^2 / fan_in), b ~ N(0, sigma_b^2): the distribution that mean-field theory assumes (Poole et al.
/// 2016). For the sigma_w and sigma_b that preserve the gradient, see flow/theory.hpp.
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

/// W ~ N(0, sigma_w^2 / fan_in). The biases cancel what the constant part f(0) of the previous activation adds to every
/// unit: b_j = -f(0) sum_i W_ij, and 0 in the first layer. This keeps the gradient from vanishing in sigmoid networks:
/// sigmoid - 1/2 is an odd function, as tanh is. Its slope at 0 is 1/4, so sigma_w has to be 4.
struct Centred : NamedInitializer<Centred> {
  static constexpr std::string_view name = "centred";
  double sigma_w = 4;  ///< standard deviation of the weights times sqrt(fan_in): at least 0
  static constexpr Parameter<Centred> parameters[] = {{"sigma_w", &Centred::sigma_w, 0.0}};
  Centred() = default;
  explicit Centred(double w) : sigma_w(w) {}  ///< w is sigma_w; it is not checked
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override;
};

/// Uses the scheme that suits the activation of the layer, which the activation declares as its `weights`. he_normal:
/// the relu family, gelu, silu and mish. lecun_normal: selu and lecun_tanh. glorot_uniform: identity, sigmoid, tanh and
/// similar activations, and layers without an activation. An activation that declares no scheme, such as your own, gets
/// W ~ N(0, sigma_w^2 / fan_in) and b = 0, where sigma_w is balanced_sigma_w(). If balanced_sigma_w() returns nothing,
/// it gets glorot_uniform.
struct AutoInit : NamedInitializer<AutoInit> {
  static constexpr std::string_view name = "auto";
  void fill(std::span<double> weight, std::span<double> bias, const LayerPlace& place, Rng& rng) const override;
};

/// The initialiser that AutoInit uses for an activation, and the sigma_w of its weights if all layers have the same
/// width: sigma_w = sqrt(fan_in * variance of the weights).
struct AutoChoice {
  std::unique_ptr<const Initializer> initializer;  ///< never null
  /// sqrt(2) for he_normal; balanced_sigma_w() for mean_field, if it returns one; 1 in all other cases
  double sigma_w;
};
/// Returns the choice of AutoInit for this activation.
AutoChoice auto_choice(const ActivationInfo& activation);

/// Returns the sigma_w for which, by mean-field theory, ten layers of this activation leave the norm of dL/dz
/// unchanged: chi_1 chi_2 ... chi_10 = 1, where chi_l = sigma_w^2 E f'(sqrt(q_l) Z)^2 and Z ~ N(0, 1). The inputs have
/// variance 1 and there are no biases: q_1 = sigma_w^2, q_{l+1} = sigma_w^2 E f(sqrt(q_l) Z)^2. For relu the result is
/// sqrt(2), as in he_normal. Softplus has a result too, although no sigma_w keeps it critical in the limit of infinite
/// depth. The result is rounded to 12 bits, so that it is the same number on every machine. Returns nothing if there is
/// no such sigma_w, for example for a step function, whose slope is 0.
std::optional<double> balanced_sigma_w(const ActivationInfo& activation);

/// The initialisers that can be chosen by name in make_initializer().
using Initializers = TypeList<AutoInit, Zeros, Constant, Standard, GlorotUniform, GlorotNormal, HeUniform, HeNormal,
                              LecunUniform, LecunNormal, Orthogonal, Normal, Centred>;

/// Makes an initialiser from a text such as "he_normal" or "orthogonal(gain=1.4)". Throws NameError for an unknown
/// name, ValueError for a value outside its range.
std::unique_ptr<const Initializer> make_initializer(std::string_view text);

}  // namespace gradflow
