// Compares each update rule with a second implementation of the papers' formulas, scalar by scalar in long double.
#include <gradflow/optim/rules.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/random.hpp>
#include <gradflow/optim/optimizers.hpp>

namespace gradflow {
namespace {

using Real = long double;

/// One parameter, and the two numbers that its optimiser keeps for it.
struct Scalar {
  Real w, first = 0, second = 0;
};

/// Updates the scalar in step t with gradient g.
using Reference = std::function<void(Scalar&, Real g, int t)>;

struct Case {
  std::string text;
  Reference reference;
};

Reference adam(Real rate, Real beta1, Real beta2, Real decay, Real decoupled) {
  return [=](Scalar& p, Real g, int t) {
    g += decay * p.w;
    p.w -= rate * decoupled * p.w;
    p.first = beta1 * p.first + (1 - beta1) * g;
    p.second = beta2 * p.second + (1 - beta2) * g * g;
    const Real mean = p.first / (1 - std::pow(beta1, Real(t)));
    const Real square = p.second / (1 - std::pow(beta2, Real(t)));
    p.w -= rate * mean / (std::sqrt(square) + 1e-8L);
  };
}

Reference rmsprop(Real momentum, Real decay) {
  return [=](Scalar& p, Real g, int) {
    g += decay * p.w;
    p.first = 0.99L * p.first + 0.01L * g * g;
    p.second = momentum * p.second + g / (std::sqrt(p.first) + 1e-8L);
    p.w -= 0.01L * p.second;
  };
}

Reference sgd(Real momentum, bool nesterov, Real decay) {
  return [=](Scalar& p, Real g, int t) {
    g += decay * p.w;
    p.first = t == 1 ? g : momentum * p.first + g;
    p.w -= 0.1L * (nesterov ? g + momentum * p.first : p.first);
  };
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"sgd(learning_rate=0.1)", sgd(0, false, 0)},
      {"sgd(learning_rate=0.1, weight_decay=0.2)", sgd(0, false, 0.2L)},
      {"sgd(learning_rate=0.1, momentum=0.9)", sgd(0.9L, false, 0)},
      {"sgd(learning_rate=0.1, momentum=0.9, nesterov=true, weight_decay=0.2)", sgd(0.9L, true, 0.2L)},
      {"adagrad(weight_decay=0.2)",
       [](Scalar& p, Real g, int) {
         g += 0.2L * p.w;
         p.first += g * g;
         p.w -= 0.01L * g / (std::sqrt(p.first) + 1e-10L);
       }},
      {"rmsprop", rmsprop(0, 0)},
      {"rmsprop(momentum=0.8, weight_decay=0.2)", rmsprop(0.8L, 0.2L)},
      {"adam", adam(1e-3L, 0.9L, 0.999L, 0, 0)},
      {"adam(learning_rate=0.02, beta1=0.8, beta2=0.99, weight_decay=0.2)", adam(0.02L, 0.8L, 0.99L, 0.2L, 0)},
      {"adamw", adam(1e-3L, 0.9L, 0.999L, 0, 0.01L)},
      {"adamw(learning_rate=0.02, weight_decay=0.3)", adam(0.02L, 0.9L, 0.999L, 0, 0.3L)},
  };
  return all;
}

template <class T>
class Rules : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Rules, Numbers);

/// Returns the largest difference from the reference after 50 steps with random gradients: |difference| / max(1, |w|).
template <class T>
Real largest_difference(const Case& c) {
  constexpr std::size_t n = 37;  // full batches of lanes and a partly filled one
  Rng rng(7);
  std::vector<T> w(n), g(n);
  for (T& x : w) x = static_cast<T>(rng.normal());
  std::vector<Scalar> expected;
  for (const T x : w) expected.push_back({.w = Real(x)});
  const auto optimizer = make_optimizer<T>(c.text);
  for (int t = 1; t <= 50; ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      g[i] = static_cast<T>(rng.normal() * (i % 2 == 0 ? 1 : 1e-3));
      c.reference(expected[i], Real(g[i]), t);
    }
    optimizer->step(w, g);
  }
  Real largest = 0;
  for (std::size_t i = 0; i < n; ++i)
    largest = std::max(largest, std::abs(Real(w[i]) - expected[i].w) / std::max(Real(1), std::abs(expected[i].w)));
  return largest;
}

TYPED_TEST(Rules, EachFollowsTheTextbookFor50Steps) {
  const Real tolerance = std::is_same_v<TypeParam, float> ? 1e-5L : 1e-14L;
  for (const Case& c : cases()) EXPECT_LE(largest_difference<TypeParam>(c), tolerance) << c.text;
}

TYPED_TEST(Rules, NoRuleIsWithoutATextbook) {
  for (const std::string_view name : names_of(Optimizers{})) {
    const bool found = std::any_of(cases().begin(), cases().end(),
                                   [&](const Case& c) { return c.text.substr(0, c.text.find('(')) == name; });
    EXPECT_TRUE(found) << name;
  }
}

/// A tensor in the flat buffer of a network: the gradient of all its numbers, and how many there are.
template <class T>
struct Tensor {
  T gradient;
  std::size_t size;
};

template <class T>
void expect_constant_steps(const std::vector<Tensor<T>>& tensors) {
  std::vector<T> w, g;
  std::vector<Range> ranges;
  for (const auto& tensor : tensors) {
    ranges.push_back({g.size(), tensor.size});
    g.insert(g.end(), tensor.size, tensor.gradient);
  }
  w.assign(g.size(), 0);
  std::vector<RangeNorms> norms(ranges.size());
  Adam<T> optimizer({.learning_rate = 0.001});
  for (int t = 1; t <= 100; ++t) {
    optimizer.step(w, g, {.ranges = ranges, .norms = norms});
    const double tolerance = std::is_same_v<T, float> ? 2e-5 : 1e-12 * t;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double gradient = static_cast<double>(g[i]);
      const double expected = -0.001 * t * gradient / (std::abs(gradient) + 1e-8);
      ASSERT_NEAR(static_cast<double>(w[i]), expected, tolerance) << "step " << t << ", gradient " << gradient;
    }
  }
}

TYPED_TEST(Rules, AdamWithAConstantGradientMovesEveryTensorAlikeInWhateverOrder) {
  using T = TypeParam;
  expect_constant_steps<T>({{T(0.5), 40}, {T(-2), 1}, {T(1e-4), 7}, {T(1e-8), 16}, {T(-300), 3}});
  expect_constant_steps<T>({{T(1e-8), 16}, {T(-300), 3}, {T(-2), 1}, {T(0.5), 40}, {T(1e-4), 7}});
  expect_constant_steps<T>({{T(0.25), 1}});
}

/// Returns x after t steps of gradient descent on lambda/2 x^2, starting at x = 1.
template <class T>
double descended(double rate, double lambda, int t) {
  Sgd<T> optimizer({.learning_rate = rate});
  std::vector<T> x{1}, g(1);
  for (int i = 0; i < t; ++i) {
    g[0] = static_cast<T>(lambda) * x[0];
    optimizer.step(x, g);
  }
  return static_cast<double>(x[0]);
}

TYPED_TEST(Rules, SgdOnAParabolaMultipliesByOneMinusRateTimesCurvature) {
  const double tolerance = std::is_same_v<TypeParam, float> ? 1e-5 : 1e-13;
  for (const double rate : {0.01, 0.1, 0.3, 0.7})
    for (const int t : {1, 10, 30}) {
      const double expected = std::pow(1 - rate * 3, t);
      EXPECT_NEAR(descended<TypeParam>(rate, 3, t), expected, tolerance * std::max(1.0, std::abs(expected)));
    }
}

TYPED_TEST(Rules, SgdOnAParabolaDivergesExactlyBeyondTwoOverCurvature) {
  EXPECT_LT(std::abs(descended<TypeParam>(0.499, 4, 2000)), 1e-3);
  EXPECT_EQ(std::abs(descended<TypeParam>(0.5, 4, 2000)), 1);
  EXPECT_GT(std::abs(descended<TypeParam>(0.501, 4, 2000)), 1e3);
}

}  // namespace
}  // namespace gradflow
