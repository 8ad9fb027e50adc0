// The accuracy of every activation on a sample of the arguments that the program beside it tries, and on all those near
// to where formulas meet, end or cross zero.
#include <accuracy/accuracy.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

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

/// Kinks, zeros of values and slopes, borders between two formulas, and where e^z and its like leave the normal
/// numbers.
template <class T>
std::vector<T> near_places() {
  std::vector<T> places{0, 1, 3, 6, std::numeric_limits<T>::min(), std::numeric_limits<T>::epsilon()};
  for (const double place : {0.5,
                             0.5493061443340549,
                             0.7517915243,
                             0.7524614,
                             1.1924312145,
                             1.2784645425,
                             1.5707963267948966,
                             2.0,
                             3.141592653589793,
                             9.194549,
                             9.344,
                             10.0018911,
                             10.2057,
                             13.0029,
                             13.24,
                             16.6355,
                             17.3287,
                             18.0,
                             21.1455,
                             26.543,
                             26.6157,
                             37.5379,
                             38.0,
                             43.668,
                             44.3614,
                             66.1297,
                             87.33654,
                             88.7228,
                             89.0541,
                             100.0,
                             103.972,
                             354.89,
                             372.57,
                             531.0,
                             558.85,
                             708.3964185,
                             709.7827129,
                             745.1332191,
                             1000.0,
                             1e5,
                             1e9,
                             1e19})
    places.push_back(static_cast<T>(place));
  std::vector<T> z;
  for (const T place : places) {
    T up = place, down = place;
    for (int i = 0; i < 300; ++i) {
      z.insert(z.end(), {up, down, -up, -down});
      up = std::nextafter(up, std::numeric_limits<T>::max());
      down = std::nextafter(down, std::numeric_limits<T>::lowest());
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

// The textbook's forms, each under the name of the function that it is meant to be.
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
