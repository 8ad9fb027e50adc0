// The C++ blocks of README.md and framework/README.md that are not part of an example. readme.cmake compares the texts.
#include <gradflow/gradflow.hpp>

#include <gtest/gtest.h>

namespace {

using namespace gradflow;

struct Snake {
  static constexpr std::string_view name = "snake";
  template <class V>
  V value(const V& z) const {
    return z + sin(z) * sin(z);
  }
};

struct LogCosh {
  static constexpr std::string_view name = "log_cosh";
  template <class V>
  V value(const V& y, const V& t) const {
    return softplus(2 * (y - t)) - (y - t) - 0.6931471805599453;
  }
};

struct SignSgd {
  static constexpr std::string_view name = "sign_sgd";
  double learning_rate = 1e-3;
  std::size_t buffers() const { return 0; }  // numbers to remember for each parameter
  auto update(double rate, double /*t*/) const {
    return [=](auto& w, auto g) { w -= rate * g / (abs(g) + 1e-12); };
  }
};

TEST(Readme, ItsActivationLossAndOptimiserTrainANetworkTogether) {
  const auto [train, test] = split(sine({.samples = 500, .noise = 0, .seed = 1}));
  Network network{dense<Snake>(1, 16), dense<Snake>(16, 16), dense<Identity>(16, 1)};
  network.initialize(AutoInit{}, /*seed=*/1);
  RuleOptimizer<SignSgd> optimizer;
  Trainer trainer(network, LogCosh{}, optimizer, {.epochs = 200});
  const History history = trainer.fit(train, test);
  EXPECT_GT(history.epochs.back().validation.r2, 0.95);
}

TEST(Readme, ItsNetworkOfDigitsCanBeMadeByTypeAndByName) {
  Network network{dense<Relu>(64, 32), dense("tanh", 32, 32), dense<Identity>(32, 10)};
  EXPECT_EQ(network.outputs(), 10u);
}

}  // namespace
