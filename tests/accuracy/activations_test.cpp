// Tests the errors of every activation on a sample of the arguments of the program accuracy.cpp. Also tests the
// arguments next to kinks and zeros, and next to where one formula takes over from another or e^x leaves its range.
#include <accuracy/accuracy.hpp>

#include <cmath>
#include <iterator>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/math/root.hpp>

namespace gradflow::test {
namespace {

constexpr auto in_silence = [](std::uint64_t) {};

template <class T, class Measure>
void expect_accuracy(Measure measure_one) {
  for_each_type(Activations{}, [&](const auto& activation) {
    const Accuracy<T> accuracy = measure_one(activation);
    for (const std::string& line : complaints(activation.name, accuracy)) ADD_FAILURE() << line;
  });
}

TEST(Accuracy, FloatWithinTheBound) {
  const EveryNthFloat numbers{4001};
  expect_accuracy<float>([&](const auto& a) { return measure<float>(a, numbers.count(), numbers, 1, in_silence); });
}

TEST(Accuracy, DoubleWithinTheBound) {
  expect_accuracy<double>([&](const auto& a) { return measure<double>(a, 100000, SpreadDoubles{}, 1, in_silence); });
}

constexpr double kinks[] = {
    0,  // relu and similar activations
    1,  // hard_tanh
    3,  // hard_sigmoid
    6,  // relu6
};

/// The zeros of values, apart from 0.
constexpr double zeros_of_values[] = {
    3.141592653589793,  // sine
};

constexpr double zeros_of_slopes[] = {
    0.7517915246935645,  // gelu
    0.7524614220710163,  // gelu_tanh
    1.192431214515495,   // mish
    1.2784645427610738,  // silu
    1.5707963267948966,  // sine
};

/// The |z| at which another formula takes over. "beyond" means at larger |z|.
constexpr double borders[] = {
    0.3119053581824357,  // mish: tanh(u) changes its formula at e^2u - 1 = 2, u = softplus(z)
    0.5493061443340549,  // tanh: the same with u = z
    0.8239592165010823,  // lecun_tanh: the same with u = 2 z / 3
    0.881373587019543,   // softplus: log1p factors out a power of two if 1 + e^-z > sqrt(2)
    13.003055895703979,  // gelu in float: erfc is 0 beyond this
    18.0,                // elu, selu, celu in float: expm1 is -1 beyond this
    37.53783609557466,   // gelu in double: the same
    38.0,                // elu, selu, celu in double: the same
    100.0,               // gaussian: 0 beyond this
    1000.0,              // gelu, gelu_tanh, silu, mish: computed as relu beyond this
    1e5,                 // sine in float: reduced by the bits of 1 / pi beyond this
    1e9,                 // sine in double: the same
};

/// Returns the x at which e^x or e^-x leaves its range, or a sum with it is rounded to 1.
template <class T>
std::vector<double> ends_of_exp() {
  using Limits = std::numeric_limits<T>;
  return {
      -std::log(Limits::epsilon() / 2),                     // for larger x, 1 + e^-x is 1
      -std::log(Limits::epsilon() / 4),                     // for larger x, 1 - e^-x is 1
      -std::log(Limits::min()),                             // for larger x, e^-x is not a normal number
      std::log(Limits::max()),                              // for larger x, e^x is infinite
      -std::log(Limits::denorm_min()) + std::numbers::ln2,  // for larger x, e^-x is 0
  };
}

/// Returns the z at which the formulas of the activations compute e^x or e^-x.
std::vector<double> arguments_of_exp(double x) {
  const auto in_gelu_tanh = [x](double z) { return Formulas<double>::cubic(z) - x; };
  return {
      x,                 // sigmoid and most others
      x / 2,             // tanh, mish
      x * 3 / 4,         // lecun_tanh
      std::sqrt(x),      // gaussian
      std::sqrt(2 * x),  // gelu
      root(in_gelu_tanh, 0, x),
  };
}

/// Returns all the numbers above, rounded to T, and the 299 numbers of T on either side of each, with both signs.
template <class T>
std::vector<T> near_places() {
  using Limits = std::numeric_limits<T>;
  std::vector<double> places{Limits::min(), Limits::epsilon(), std::sqrt(Limits::max())};  // larger z: z^2 overflows
  const auto add = [&](const auto& more) { places.insert(places.end(), std::begin(more), std::end(more)); };
  add(kinks);
  add(zeros_of_values);
  add(zeros_of_slopes);
  add(borders);
  for (const double x : ends_of_exp<T>()) add(arguments_of_exp(x));
  std::vector<T> z;
  for (const double place : places) {
    T up = static_cast<T>(place), down = up;
    for (int i = 0; i < 300; ++i) {
      z.insert(z.end(), {up, down, -up, -down});
      up = std::nextafter(up, Limits::max());
      down = std::nextafter(down, Limits::lowest());
    }
  }
  return z;
}

TEST(Accuracy, FloatWithinTheBoundNearKinksZerosAndEnds) {
  const std::vector<float> z = near_places<float>();
  expect_accuracy<float>([&](const auto& a) { return measure<float>(a, z); });
}

TEST(Accuracy, DoubleWithinTheBoundNearKinksZerosAndEnds) {
  const std::vector<double> z = near_places<double>();
  expect_accuracy<double>([&](const auto& a) { return measure<double>(a, z); });
}

TEST(Accuracy, IsTheSameOnAnyNumberOfThreads) {
  const EveryNthFloat numbers{80001};
  const auto one = measure<float>(Gelu{}, numbers.count(), numbers, 1, in_silence).value.share();
  const auto three = measure<float>(Gelu{}, numbers.count(), numbers, 3, in_silence).value.share();
  EXPECT_EQ(one.amount, three.amount);
  EXPECT_EQ(one.sample.z, three.sample.z);
}

// The textbook formulas. Each has the name of the activation that it stands for.
struct PlainSigmoid {
  static constexpr std::string_view name = Sigmoid::name;
  template <class V>
  V value(const V& z) const {
    return 1 / (1 + exp(-z));
  }
  template <class V>
  V derivative(const V&, const V& a) const {
    return a * (1 - a);
  }
};

struct PlainTanh {
  static constexpr std::string_view name = Tanh::name;
  template <class V>
  V value(const V& z) const {
    return tanh(z);
  }
  template <class V>
  V derivative(const V&, const V& a) const {
    return 1 - a * a;
  }
};

struct PlainElu {
  static constexpr std::string_view name = Elu::name;
  template <class V>
  V value(const V& z) const {
    return select(z <= 0, exp(z) - 1, z);
  }
};

struct PlainGelu {
  static constexpr std::string_view name = Gelu::name;
  template <class V>
  V value(const V& z) const {
    const V erf = 1 - erfc(z / 1.4142135623730951);
    return 0.5 * z * (1 + erf);
  }
};

TEST(Accuracy, TheTextbooksFormsMissTheBoundByAFactorOfAHundredThousand) {
  const EveryNthFloat numbers{4001};
  const auto share = [&](const auto& activation, auto function) {
    return (measure<float>(activation, numbers.count(), numbers, 1, in_silence).*function).share().amount;
  };
  EXPECT_GT(share(PlainSigmoid{}, &Accuracy<float>::slope), 1e5);
  EXPECT_GT(share(PlainTanh{}, &Accuracy<float>::slope), 1e5);
  EXPECT_GT(share(PlainElu{}, &Accuracy<float>::value), 1e5);
  EXPECT_GT(share(PlainGelu{}, &Accuracy<float>::value), 1e5);
}

}  // namespace
}  // namespace gradflow::test
