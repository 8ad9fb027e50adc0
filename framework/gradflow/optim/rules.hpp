#pragma once
// The update rules, from simple to elaborate. A rule is a struct with a name, its hyper-parameters as members,
// buffers(), and update(). buffers() returns how many numbers the rule keeps for each parameter. update() returns one
// function: what a step does to a parameter w with gradient g. `rate` is the learning rate of the step, and t counts
// the steps from 1. All defaults are those of PyTorch, and so are all details in which libraries differ. weight_decay
// adds weight_decay * w to the gradient (an L2 penalty), except in AdamW.
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>

namespace gradflow {

namespace detail {

inline constexpr double no_limit = std::numeric_limits<double>::infinity();

/// Makes one function of several lambdas. The number of arguments selects the lambda.
template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace detail

/// Stochastic gradient descent. Momentum is as in Polyak 1964, and nesterov as in Sutskever et al. 2013.
struct SgdRule {
  static constexpr std::string_view name = "sgd";
  double learning_rate = 1e-3;
  double momentum = 0;
  bool nesterov = false;  ///< steps along g + momentum * velocity instead of the velocity
  double weight_decay = 0;
  static constexpr Parameter<SgdRule> parameters[] = {
      {"learning_rate", &SgdRule::learning_rate, 0.0, detail::no_limit, true},
      {"momentum", &SgdRule::momentum, 0.0, 1.0, true},
      {"nesterov", &SgdRule::nesterov, 0.0, 1.0},
      {"weight_decay", &SgdRule::weight_decay, 0.0, detail::no_limit, true}};

  /// Throws ValueError for nesterov without momentum.
  void check() const {
    if (nesterov && momentum == 0)
      throw ValueError({"sgd", "momentum", "0 with nesterov", "more than 0", "momentum=0.9 is usual"});
  }
  std::size_t buffers() const { return momentum > 0 ? 1 : 0; }
  auto update(double rate, double /*t*/) const {
    return detail::Overloaded{[=, *this](auto& w, auto g) { w -= rate * (g + weight_decay * w); },
                              [=, *this](auto& w, auto g, auto& velocity) {
                                g += weight_decay * w;
                                velocity = momentum * velocity + g;
                                w -= rate * (nesterov ? g + momentum * velocity : velocity);
                              }};
  }
};

/// Duchi, Hazan & Singer 2011: divides the gradient by the root of the sum of all its squares so far. So the more
/// gradient a parameter has had, the smaller its steps.
struct AdagradRule {
  static constexpr std::string_view name = "adagrad";
  double learning_rate = 1e-2;
  double epsilon = 1e-10;
  double weight_decay = 0;
  static constexpr Parameter<AdagradRule> parameters[] = {
      {"learning_rate", &AdagradRule::learning_rate, 0.0, detail::no_limit, true},
      {"epsilon", &AdagradRule::epsilon, 0.0, detail::no_limit, true},
      {"weight_decay", &AdagradRule::weight_decay, 0.0, detail::no_limit, true}};

  std::size_t buffers() const { return 1; }
  auto update(double rate, double /*t*/) const {
    return [=, *this](auto& w, auto g, auto& sum_of_squares) {
      g += weight_decay * w;
      sum_of_squares += g * g;
      w -= rate * g / (sqrt(sum_of_squares) + epsilon);
    };
  }
};

/// Tieleman & Hinton 2012 (lecture 6.5): divides the gradient by its running root mean square. epsilon is added after
/// the root is taken.
struct RmsPropRule {
  static constexpr std::string_view name = "rmsprop";
  double learning_rate = 1e-2;
  double alpha = 0.99;  ///< the share of the mean of squares that a step keeps
  double epsilon = 1e-8;
  double momentum = 0;
  double weight_decay = 0;
  static constexpr Parameter<RmsPropRule> parameters[] = {
      {"learning_rate", &RmsPropRule::learning_rate, 0.0, detail::no_limit, true},
      {"alpha", &RmsPropRule::alpha, 0.0, 1.0, true},
      {"epsilon", &RmsPropRule::epsilon, 0.0, detail::no_limit, true},
      {"momentum", &RmsPropRule::momentum, 0.0, 1.0, true},
      {"weight_decay", &RmsPropRule::weight_decay, 0.0, detail::no_limit, true}};

  std::size_t buffers() const { return momentum > 0 ? 2 : 1; }
  auto update(double rate, double /*t*/) const {
    const auto normalised = [=, *this](const auto& w, auto g, auto& mean_square) {
      g += weight_decay * w;
      mean_square = alpha * mean_square + (1 - alpha) * (g * g);
      return g / (sqrt(mean_square) + epsilon);
    };
    return detail::Overloaded{[=](auto& w, auto g, auto& mean_square) { w -= rate * normalised(w, g, mean_square); },
                              [=, *this](auto& w, auto g, auto& mean_square, auto& velocity) {
                                velocity = momentum * velocity + normalised(w, g, mean_square);
                                w -= rate * velocity;
                              }};
  }
};

/// Kingma & Ba 2015, algorithm 1. epsilon is added to the root of the corrected mean of squares.
struct AdamRule {
  static constexpr std::string_view name = "adam";
  double learning_rate = 1e-3;
  double beta1 = 0.9;    ///< the share of the mean gradient that a step keeps
  double beta2 = 0.999;  ///< the share of the mean of squares that a step keeps
  double epsilon = 1e-8;
  double weight_decay = 0;
  static constexpr Parameter<AdamRule> parameters[] = {
      {"learning_rate", &AdamRule::learning_rate, 0.0, detail::no_limit, true},
      {"beta1", &AdamRule::beta1, 0.0, 1.0, true},
      {"beta2", &AdamRule::beta2, 0.0, 1.0, true},
      {"epsilon", &AdamRule::epsilon, 0.0, detail::no_limit, true},
      {"weight_decay", &AdamRule::weight_decay, 0.0, detail::no_limit, true}};

  std::size_t buffers() const { return 2; }
  auto update(double rate, double t) const {
    // Both means start at 0. After t steps they are too small by the factor 1 - beta^t.
    const double mean_rate = rate / (1 - std::pow(beta1, t));
    const double square_scale = 1 / (1 - std::pow(beta2, t));
    return [=, *this](auto& w, auto g, auto& mean, auto& mean_square) {
      g += weight_decay * w;
      mean = beta1 * mean + (1 - beta1) * g;
      mean_square = beta2 * mean_square + (1 - beta2) * (g * g);
      w -= mean_rate * mean / (sqrt(square_scale * mean_square) + epsilon);
    };
  }
};

/// Loshchilov & Hutter 2019: Adam whose weight decay changes w directly, instead of through the gradient.
struct AdamWRule {
  static constexpr std::string_view name = "adamw";
  double learning_rate = 1e-3;
  double beta1 = 0.9;    ///< see AdamRule::beta1
  double beta2 = 0.999;  ///< see AdamRule::beta2
  double epsilon = 1e-8;
  double weight_decay = 1e-2;  ///< a step first multiplies w by 1 - learning rate * weight_decay
  static constexpr Parameter<AdamWRule> parameters[] = {
      {"learning_rate", &AdamWRule::learning_rate, 0.0, detail::no_limit, true},
      {"beta1", &AdamWRule::beta1, 0.0, 1.0, true},
      {"beta2", &AdamWRule::beta2, 0.0, 1.0, true},
      {"epsilon", &AdamWRule::epsilon, 0.0, detail::no_limit, true},
      {"weight_decay", &AdamWRule::weight_decay, 0.0, detail::no_limit, true}};

  std::size_t buffers() const { return 2; }
  auto update(double rate, double t) const {
    const auto adam = AdamRule{.beta1 = beta1, .beta2 = beta2, .epsilon = epsilon}.update(rate, t);
    const double kept = 1 - rate * weight_decay;
    return [=](auto& w, const auto& g, auto& mean, auto& mean_square) {
      w *= kept;
      adam(w, g, mean, mean_square);
    };
  }
};

/// The rules that make_optimizer() finds by name.
using Optimizers = TypeList<SgdRule, AdagradRule, RmsPropRule, AdamRule, AdamWRule>;

}  // namespace gradflow
