#pragma once
// The rules, from simple to elaborate. A rule is a struct with a name, its hyper-parameters as members, how many
// numbers it remembers for each parameter, and one expression: what a step does to a parameter w whose gradient is g.
// `rate` is the learning rate of the step; t counts the steps from 1. All defaults, and all details where libraries
// differ, are PyTorch's. weight_decay adds weight_decay * w to the gradient (an L2 penalty), save in AdamW.
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>

namespace gradflow {

namespace detail {

inline constexpr double no_limit = std::numeric_limits<double>::infinity();

/// Several lambdas as one function, told apart by the number of their arguments.
template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace detail

/// Stochastic gradient descent; with momentum as Polyak 1964, with nesterov as Sutskever et al. 2013.
struct SgdRule {
  static constexpr std::string_view name = "sgd";
  double learning_rate = 1e-3;
  double momentum = 0;
  bool nesterov = false;  ///< step along g + momentum * velocity instead of the velocity
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

/// Duchi, Hazan & Singer 2011: the rate falls where gradients have been.
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

/// Tieleman & Hinton 2012 (lecture 6.5): the gradient over its running root mean square; epsilon is outside the root.
struct RmsPropRule {
  static constexpr std::string_view name = "rmsprop";
  double learning_rate = 1e-2;
  double alpha = 0.99;  ///< how much of the mean of squares a step keeps
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

/// Kingma & Ba 2015, algorithm 1; epsilon is outside the root, beside the corrected mean of squares.
struct AdamRule {
  static constexpr std::string_view name = "adam";
  double learning_rate = 1e-3;
  double beta1 = 0.9;    ///< how much of the mean gradient a step keeps
  double beta2 = 0.999;  ///< how much of the mean of squares a step keeps
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
    // Both means start at 0; over t steps they have collected 1 - beta^t of what they would be.
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

/// Loshchilov & Hutter 2019: Adam with the decay beside the gradient, not in it.
struct AdamWRule {
  static constexpr std::string_view name = "adamw";
  double learning_rate = 1e-3;
  double beta1 = 0.9;    ///< as AdamRule::beta1
  double beta2 = 0.999;  ///< as AdamRule::beta2
  double epsilon = 1e-8;
  double weight_decay = 1e-2;  ///< a step first multiplies w by 1 - rate * weight_decay
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
