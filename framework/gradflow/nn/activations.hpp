#pragma once
// The activations. Each is one expression, from which its derivative is computed (see dual.hpp). To add an activation,
// write a struct here and add its name to the list at the end. In your own program the struct is enough:
// dense<MyActivation>(2, 16). Write conditions with select(), not with ?: or if, because z holds several numbers.
//
// At a kink the slope is that of the left piece: 0 for relu at 0, as in TensorFlow and PyTorch. Activations that clamp
// (hard_sigmoid, hard_tanh, relu6) have slope 0 at both ends. For NaN the value is NaN, and the slope has no meaning.
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

/// f(z) = max(0, z). Written so that NaN stays NaN.
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
  double alpha = 1;  ///< the default in the paper and in every library
  static constexpr Parameter<Elu> parameters[] = {{"alpha", &Elu::alpha}};
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, alpha * expm1(z), z);
  }
};

/// f(z) = lambda z above 0, lambda alpha (exp(z) - 1) below: keeps mean 0 and variance 1. Klambauer et al. 2017. For z
/// within 5 % of the largest number of T, f(z) is larger than that number, and so infinite.
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

/// Returns z * gate, for a gate that goes from 0 to 1. For |z| > 1000 it returns relu(z), which is the same to the last
/// bit. So inf * 0 is never computed.
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
  /// Written by hand because the quotient rule would subtract two numbers near 1 in the tails.
  template <class V>
  V derivative(const V& z, const V&) const {
    const V root = 1 / (1 + abs(z));
    return root * root;
  }
};

/// f(z) = z / 6 + 1/2, limited to [0, 1] (as in torch; Keras has slope 0.2)
struct HardSigmoid {
  static constexpr std::string_view name = "hard_sigmoid";
  static constexpr auto weights = WeightScheme::glorot_uniform;
  template <class V>
  V value(const V& z) const {
    return (clamp(z, -3, 3) + 3) / 6;  // clamped before the sum is rounded: the slope is 1/6 right up to 3
  }
};

/// f(z) = z, limited to [-1, 1]
struct HardTanh {
  static constexpr std::string_view name = "hard_tanh";
  static constexpr auto weights = WeightScheme::glorot_uniform;
  template <class V>
  V value(const V& z) const {
    return clamp(z, -1, 1);
  }
};

/// f(z) = z, limited to [0, 6]. Krizhevsky 2010
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

/// f(z) = sin z. NaN at infinity, where sin has no limit.
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
    const V bounded = clamp(z, -100, 100);  // so that z^2 does not overflow; exp(-100^2) is 0, also in double
    return exp(-(bounded * bounded));
  }
};

/// The activations that can be chosen by name: dense("tanh", 2, 16).
using Activations = TypeList<Identity, Sigmoid, Tanh, Relu, LeakyRelu, Elu, Selu, Celu, Gelu, GeluTanh, Silu, Mish,
                             Softplus, Softsign, HardSigmoid, HardTanh, Relu6, LecunTanh, Sine, Gaussian>;

}  // namespace gradflow
