#include <gradflow/observers/histograms.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/training.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>

namespace gradflow {
namespace {

/// The last record of one layer and quantity.
struct Seen {
  std::size_t step;
  double mean, low, high;
  std::vector<double> shares;
};

struct Keep final : Sink {
  std::map<std::pair<int, std::string>, Seen> seen;
  std::size_t calls = 0;

 private:
  void write_records(std::span<const Record> records) override {
    ++calls;
    for (const Record& r : records)
      seen[{r.layer, std::string(r.quantity)}] = {r.step, r.value, r.low, r.high, {r.bins.begin(), r.bins.end()}};
  }
};

/// Checks a record against the numbers with a loop over the edges of the bins.
template <class T>
void expect_histogram(const Seen& seen, std::span<const T> numbers) {
  double mean = 0;
  for (const T x : numbers) mean += static_cast<double>(x) / static_cast<double>(numbers.size());
  EXPECT_NEAR(seen.mean, mean, 1e-6);
  const double width = (seen.high - seen.low) / static_cast<double>(seen.shares.size());
  for (std::size_t bin = 0; bin < seen.shares.size(); ++bin) {
    const double from = seen.low + width * static_cast<double>(bin), to = from + width, room = 1e-9 * width;
    double least = 0, most = 0;  // a number on an edge may be counted in either bin
    for (const T number : numbers) {
      const auto x = static_cast<double>(number);
      const bool last = bin + 1 == seen.shares.size();
      least += x > from + room && (x < to - room || last);
      most += x >= from - room && x <= to + room;
    }
    EXPECT_GE(seen.shares[bin] * static_cast<double>(numbers.size()), least - 1e-6);
    EXPECT_LE(seen.shares[bin] * static_cast<double>(numbers.size()), most + 1e-6);
  }
  EXPECT_NEAR(std::accumulate(seen.shares.begin(), seen.shares.end(), 0.0), 1, 1e-9);
}

template <class T>
class HistogramsTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(HistogramsTest, Numbers);

TYPED_TEST(HistogramsTest, AreOfParametersGradientsAndActivations) {
  using T = TypeParam;
  auto network = small_network<T>();
  Sgd<T> sgd({.learning_rate = 0});  // the update changes nothing, so the parameters at the step stay known
  Keep sink;
  Histograms<T> histograms(sink, {.every = 3, .bins = 7});
  Trainer<T>(network, MeanSquaredError{}, sgd, {.steps = 8, .batch_size = 8})
      .watch(histograms)
      .fit(small_regression<T>(64));
  EXPECT_EQ(sink.calls, 4U);         // steps 0, 3, 6 and the last step
  EXPECT_EQ(sink.seen.size(), 10U);  // per layer: two blocks, their two gradients, the outputs
  const Network<T>& seen = network;
  const char* const names[] = {"weights", "biases"};
  const char* const gradients[] = {"weight_gradients", "bias_gradients"};
  for (std::size_t i = 0; i < 4; ++i) {
    const PlacedBlock& placed = seen.blocks()[i];
    const int layer = static_cast<int>(placed.layer);
    expect_histogram<T>(sink.seen.at({layer, names[i % 2]}), seen.parameters(placed));
    expect_histogram<T>(sink.seen.at({layer, gradients[i % 2]}), seen.gradients(placed));
    expect_histogram<T>(sink.seen.at({layer, "activations"}), flat(seen.trace(placed.layer).a));
  }
  EXPECT_EQ(sink.seen.at({0, "weights"}).step, 7U);
  EXPECT_EQ(sink.seen.at({0, "weights"}).shares.size(), 7U);
  const Seen& biases = sink.seen.at({0, "biases"});  // all numbers are 0
  EXPECT_EQ(biases.low, -0.5);
  EXPECT_EQ(biases.high, 0.5);
}

TEST(Histograms, WithUnusableOptionsAreRefused) {
  Keep sink;
  EXPECT_EQ(message_of<ValueError>([&] { Histograms<float>(sink, {.every = 0}); }),
            "histograms: every: got 0, expected at least 1");
  EXPECT_EQ(message_of<ValueError>([&] { Histograms<float>(sink, {.bins = 0}); }),
            "histograms: bins: got 0, expected at least 1");
}

}  // namespace
}  // namespace gradflow
