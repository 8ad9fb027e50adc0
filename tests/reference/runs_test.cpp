// Compares whole runs on handwritten digits with PyTorch: the same start, batches in the order of the file, 200 steps.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/data/csv.hpp>
#include <gradflow/math/reduce.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <reference/networks.hpp>

namespace gradflow {
namespace {

/// Records the same numbers as the reference: the loss at each step, and the norm of each gradient at every tenth step.
template <class T>
class Recorder : public Observer<T> {
 public:
  std::vector<double> losses, gradient_norms;
  Next on_gradients(const Step<T>& step) override {
    losses.push_back(step.loss);
    if (step.number % 10 == 9)
      for (const PlacedBlock& b : step.network.blocks()) gradient_norms.push_back(norm(step.network.gradients(b)));
    return Next::proceed;
  }
};

template <class T>
Dataset<T> digits() {
  auto data = load_csv<T>(GRADFLOW_DATASETS "/digits.csv");
  for (T& pixel : flat(data.x)) pixel /= 16;
  return data;
}

/// The name of a run, such as "64-32x4-10 relu; adam(learning_rate=0.001)", and its parts.
struct Case {
  std::string text;
  std::string network() const { return reference::first_part(text); }
  std::string activation() const { return network().substr(network().find(' ') + 1); }
  std::string optimizer() const { return text.substr(text.find("; ") + 2); }
};

class Runs : public testing::Test {
 protected:
  const reference::Arrays arrays = reference::stored("runs.txt");
  const std::vector<std::string> cases = arrays.cases("; losses");

  template <class T>
  Network<T> network(const Case& run) const {
    return reference::network_of<T>(arrays, run.network() + "; start", run.activation());
  }
  template <class T>
  Recorder<T> train(Network<T>& network, const Case& run, std::size_t steps) const {
    const auto optimizer = make_optimizer<T>(run.optimizer());
    Recorder<T> recorder;
    Trainer(network, CrossEntropy{}, *optimizer, {.steps = steps, .batch_size = 32, .shuffle = false})
        .watch(recorder)
        .fit(digits<T>());
    return recorder;
  }
};

/// Much of the difference comes from the file, whose numbers have 13 digits.
TEST_F(Runs, InDoubleLossesGradientNormsAndWeightsAreThoseOfPyTorch) {
  constexpr double tolerance = 1e-10;
  ASSERT_EQ(cases.size(), 6u);
  for (const std::string& text : cases) {
    const Case run{text};
    auto trained = network<double>(run);
    const auto seen = train(trained, run, 200);
    const double loss = reference::relative_difference<double>(seen.losses, flat(arrays[run.text + "; losses"]));
    const double norms =
        reference::relative_difference<double>(seen.gradient_norms, flat(arrays[run.text + "; gradient norms"]));
    const double weights = reference::distance(trained, arrays, run.text);
    std::printf("%s: loss %.0e, gradient norms %.0e, weights %.0e (at most %.0e)\n", run.text.c_str(), loss, norms,
                weights, tolerance);
    EXPECT_LE(loss, tolerance) << run.text;
    EXPECT_LE(norms, tolerance) << run.text;
    EXPECT_LE(weights, tolerance) << run.text;
  }
}

TEST_F(Runs, InFloatTheLossesOfAHundredStepsAreThoseOfPyTorchInDouble) {
  constexpr double tolerance = 1e-4;
  for (const std::string& text : cases) {
    const Case run{text};
    auto trained = network<float>(run);
    const auto seen = train(trained, run, 100);
    const auto expected = flat(arrays[run.text + "; losses"]).first(100);
    double worst = 0;
    for (std::size_t i = 0; i < 100; ++i) worst = std::max(worst, std::abs(seen.losses.at(i) - expected[i]));
    std::printf("%s, float: loss %.0e (at most %.0e)\n", run.text.c_str(), worst, tolerance);
    EXPECT_LE(worst, tolerance) << run.text;
  }
}

}  // namespace
}  // namespace gradflow
