#pragma once
// The activations, each one expression; its derivative follows from it (see dual.hpp). To add one: a struct here and a
// word in the list at the end. In your own program the struct is enough: dense<MyActivation>(2, 16). A choice is
// written with select(), not with ?: or if: z is several numbers at once.
//
// At a kink the slope is the one of the left piece: 0 for relu at 0, as TensorFlow and PyTorch compute it (clamped ones
// have 0 at both ends). NaN in, NaN out; a slope at NaN means nothing.
#include <gradflow/nn/activation.hpp>

namespace gradflow {

/// f(z) = z
struct Identity {
  static constexpr std::string_view name = "identity";
  static constexpr auto weights = WeightScheme::glorot_uniform;
  template <class V>
  V value(const V& z) const {
    return z;
  }
};

/// f(z) = 1 / (1 + exp(-z))
struct Sigmoid {
  static constexpr std::string_view name = "sigmoid";
  static constexpr auto weights = WeightScheme::glorot_uniform;
  template <class V>
  V value(const V& z) const {
    return sigmoid(z);
  }
};

/// f(z) = tanh z
struct Tanh {
  static constexpr std::string_view name = "tanh";
  static constexpr auto weights = WeightScheme::glorot_uniform;
  template <class V>
  V value(const V& z) const {
    return tanh(z);
  }
};

/// f(z) = max(0, z). Written so that NaN passes.
struct Relu {
  static constexpr std::string_view name = "relu";
  static constexpr auto weights = WeightScheme::he_normal;
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, V(0), z);
  }
};

/// f(z) = z above 0, slope z below
struct LeakyRelu {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr auto weights = WeightScheme::he_normal;
  double slope = 0.2;  ///< TensorFlow's default; Keras' layer has 0.3, PyTorch 0.01
  static constexpr Parameter<LeakyRelu> parameters[] = {{"slope", &LeakyRelu::slope}};
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, slope * z, z);
  }
};

/// f(z) = z above 0, alpha (exp(z) - 1) below. Clevert, Unterthiner & Hochreiter 2015
struct Elu {
  static constexpr std::string_view name = "elu";
  static constexpr auto weights = WeightScheme::he_normal;
  double alpha = 1;  ///< the paper's, and every library's
  static constexpr Parameter<Elu> parameters[] = {{"alpha", &Elu::alpha}};
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, alpha * expm1(z), z);
  }
};

/// f(z) = lambda (z above 0, alpha (exp(z) - 1) below): keeps mean 0 and variance 1. Klambauer et al. 2017. Within the
/// last 5 % below the largest number of T the result is larger than that number, and so infinite.
struct Selu {
  static constexpr std::string_view name = "selu";
  static constexpr auto weights = WeightScheme::lecun_normal;
  template <class V>
  V value(const V& z) const {
    constexpr double lambda = 1.0507009873554805, alpha = 1.6732632423543772;
    return select(z <= 0, (lambda * alpha) * expm1(z), lambda * z);
  }
};

/// f(z) = z above 0, alpha (exp(z / alpha) - 1) below: its slope has no jump. Barron 2017
struct Celu {
  static constexpr std::string_view name = "celu";
  static constexpr auto weights = WeightScheme::he_normal;
  double alpha = 1;  ///< PyTorch's default
  static constexpr Parameter<Celu> parameters[] = {{"alpha", &Celu::alpha, 1e-6}};
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, alpha * expm1(z / alpha), z);
  }
};

/// z gate(z) for a gate that goes from 0 to 1: far out it is relu to the last bit, and inf * 0 is never formed.
template <class V>
V gated(const V& z, const V& gate) {
  return select(abs(z) > 1000, select(z <= 0, V(0), z), z * gate);
}

/// f(z) = z Phi(z), Phi the normal distribution function. Hendrycks & Gimpel 2016
struct Gelu {
  static constexpr std::string_view name = "gelu";
  static constexpr auto weights = WeightScheme::he_normal;
  template <class V>
  V value(const V& z) const {
    constexpr double minus_sqrt_half = -0.7071067811865476;
    return gated(z, 0.5 * erfc(minus_sqrt_half * z));
  }
};

/// Gelu's older approximation: f(z) = z (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))) / 2
struct GeluTanh {
  static constexpr std::string_view name = "gelu_tanh";
  static constexpr auto weights = WeightScheme::he_normal;
  template <class V>
  V value(const V& z) const {
    constexpr double c = 1.5957691216057308;                       // 2 sqrt(2 / pi)
    return gated(z, sigmoid(z * (c + (c * 0.044715) * (z * z))));  // (1 + tanh u) / 2 = sigmoid(2 u)
  }
};

/// f(z) = z sigmoid(z), also called swish. Elfwing, Uchibe & Doya 2017
struct Silu {
  static constexpr std::string_view name = "silu";
  static constexpr auto weights = WeightScheme::he_normal;
  template <class V>
  V value(const V& z) const {
    return gated(z, sigmoid(z));
  }
};

/// f(z) = z tanh(softplus(z)). Misra 2019
struct Mish {
  static constexpr std::string_view name = "mish";
  static constexpr auto weights = WeightScheme::he_normal;
  template <class V>
  V value(const V& z) const {
    return gated(z, tanh(softplus(z)));
  }
};

/// f(z) = log(1 + exp(z)); its slope is sigmoid
struct Softplus {
  static constexpr std::string_view name = "softplus";
  template <class V>
  V value(const V& z) const {
    return softplus(z);
  }
};

/// f(z) = z / (1 + |z|)
struct Softsign {
  static constexpr std::string_view name = "softsign";
  static constexpr auto weights = WeightScheme::glorot_uniform;
  template <class V>
  V value(const V& z) const {
    const V bounded = finite(z);
    return bounded / (1 + abs(bounded));
  }
  /// The quotient rule would subtract two numbers near 1 in the tails.
  template <class V>
  V derivative(const V& z, const V&) const {
    const V root = 1 / (1 + abs(z));
    return root * root;
  }
};

/// f(z) = z / 6 + 1/2, kept in [0, 1] (as torch; Keras has slope 0.2)
struct HardSigmoid {
  static constexpr std::string_view name = "hard_sigmoid";
  static constexpr auto weights = WeightScheme::glorot_uniform;
  template <class V>
  V value(const V& z) const {
    return (clamp(z, -3, 3) + 3) / 6;  // before the sum rounds: the slope is 1/6 right up to 3
  }
};

/// f(z) = z, kept in [-1, 1]
struct HardTanh {
  static constexpr std::string_view name = "hard_tanh";
  static constexpr auto weights = WeightScheme::glorot_uniform;
  template <class V>
  V value(const V& z) const {
    return clamp(z, -1, 1);
  }
};

/// f(z) = z, kept in [0, 6]. Krizhevsky 2010
struct Relu6 {
  static constexpr std::string_view name = "relu6";
  static constexpr auto weights = WeightScheme::he_normal;
  template <class V>
  V value(const V& z) const {
    return clamp(z, 0, 6);
  }
};

/// f(z) = 1.7159 tanh(2 z / 3): f(1) is about 1. LeCun et al. 1998, "Efficient BackProp"
struct LecunTanh {
  static constexpr std::string_view name = "lecun_tanh";
  static constexpr auto weights = WeightScheme::lecun_normal;
  template <class V>
  V value(const V& z) const {
    return 1.7159 * tanh((2.0 / 3.0) * z);
  }
};

/// f(z) = sin z. It has no limit at infinity: NaN there.
struct Sine {
  static constexpr std::string_view name = "sine";
  template <class V>
  V value(const V& z) const {
    return sin(z);
  }
};

/// f(z) = exp(-z^2)
struct Gaussian {
  static constexpr std::string_view name = "gaussian";
  template <class V>
  V value(const V& z) const {
    const V bounded = clamp(z, -100, 100);  // exp(-100^2) is 0 in double too; z^2 does not overflow
    return exp(-(bounded * bounded));
  }
};

/// The activations that text can name: dense("tanh", 2, 16).
using Activations = TypeList<Identity, Sigmoid, Tanh, Relu, LeakyRelu, Elu, Selu, Celu, Gelu, GeluTanh, Silu, Mish,
                             Softplus, Softsign, HardSigmoid, HardTanh, Relu6, LecunTanh, Sine, Gaussian>;

}  // namespace gradflow
