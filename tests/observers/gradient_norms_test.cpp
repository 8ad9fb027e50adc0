#include <gradflow/observers/gradient_norms.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <observers/small_run.hpp>
#include <support/allocations.hpp>
#include <support/errors.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/log/memory_sink.hpp>

namespace gradflow {
namespace {

class CountingSink final : public Sink {
 public:
  std::size_t calls = 0, records = 0;

 private:
  void write_records(std::span<const Record> of_step) override {
    ++calls;
    records += of_step.size();
  }
};

/// A layer that computes y = gain * x, element by element.
template <class T>
class Scale final : public Layer<T> {
 public:
  std::size_t inputs() const override { return 2; }
  std::size_t outputs() const override { return 2; }
  std::string describe() const override { return "scale 2"; }
  std::span<const ParameterBlock> blocks() const override { return blocks_; }
  void forward(std::span<const T> gain, const Matrix<T>& x, Trace<T>& trace) const override {
    resize(trace.a, rows(x), 2);
    for (std::size_t i = 0; i < x.size(); ++i) flat(trace.a)[i] = gain[i % 2] * flat(x)[i];
  }
  void backward(std::span<const T>, const Matrix<T>&, Trace<T>&, std::span<T> gradients, Matrix<T>*) const override {
    gradients[0] = 3;
    gradients[1] = 4;
  }

 private:
  std::array<ParameterBlock, 1> blocks_ = {{{"gain", 0, 1, 2}}};
};

template <class Number>
double norm_by_hand(std::span<const Number> numbers) {
  double sum = 0;
  for (const Number number : numbers) sum += static_cast<double>(number) * static_cast<double>(number);
  return std::sqrt(sum);
}

double recorded(const MemorySink& memory, std::string_view quantity, int layer) {
  for (const Record& record : memory.records())
    if (record.quantity == quantity && record.layer == layer) return record.value;
  ADD_FAILURE() << quantity << " of layer " << layer << " was not recorded";
  return std::nan("");
}

template <class T>
class GradientNormsTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(GradientNormsTest, Numbers);

TYPED_TEST(GradientNormsTest, AreThoseComputedByHandInDouble) {
  using T = TypeParam;
  MemorySink memory;
  GradientNorms<T> norms(memory);
  SmallRun<T> run;
  norms.on_gradients(run.step(0));
  EXPECT_EQ(memory.records().size(), 8U);  // 3 layers with weight, bias and delta, but the last layer has no bias
  for (std::size_t layer = 0; layer < 3; ++layer) {
    const int index = static_cast<int>(layer);
    const std::span<const T> gradients = run.network.gradients(layer);
    const std::size_t weights = run.network.layer(layer).blocks()[0].size();
    EXPECT_DOUBLE_EQ(recorded(memory, "weight_gradient_norm", index), norm_by_hand(gradients.first(weights)));
    EXPECT_DOUBLE_EQ(recorded(memory, "delta_norm", index), norm_by_hand(flat(run.network.trace(layer).delta)));
    if (layer < 2) {
      EXPECT_DOUBLE_EQ(recorded(memory, "bias_gradient_norm", index), norm_by_hand(gradients.subspan(weights)));
    }
    EXPECT_GT(recorded(memory, "delta_norm", index), 0);
  }
}

TYPED_TEST(GradientNormsTest, AreWrittenOnceForEachMeasuredStep) {
  CountingSink sink;
  GradientNorms<TypeParam> norms(sink, {.every = 4});
  SmallRun<TypeParam> run;
  std::vector<std::size_t> measured;
  for (std::size_t number = 0; number < run.total; ++number) {
    const std::size_t before = sink.calls;
    EXPECT_EQ(norms.on_gradients(run.step(number)), Next::proceed);
    if (sink.calls > before) measured.push_back(number);
  }
  EXPECT_EQ(measured, (std::vector<std::size_t>{0, 4, 8, 9}));
  EXPECT_EQ(sink.calls, 4U);
  EXPECT_EQ(sink.records, 4U * 8);
}

TYPED_TEST(GradientNormsTest, AllocateInTheFirstMeasuredStepOnly) {
  CountingSink sink;
  GradientNorms<TypeParam> norms(sink, {.every = 1});
  SmallRun<TypeParam> run;
  const Step<TypeParam> step = run.step(0);
  const std::size_t at_first = allocations();
  norms.on_gradients(step);
  const std::size_t before = allocations();
  EXPECT_GT(before, at_first);  // proves that the counter of allocations works
  for (int i = 0; i < 100; ++i) norms.on_gradients(step);
  EXPECT_EQ(allocations(), before);
}

TYPED_TEST(GradientNormsTest, NameTheBlocksOfAUsersLayer) {
  using T = TypeParam;
  MemorySink memory;
  GradientNorms<T> norms(memory);
  SmallRun<T> run({std::make_shared<const Scale<T>>()});
  norms.on_gradients(run.step(0));
  ASSERT_EQ(memory.records().size(), 2U);
  EXPECT_EQ(recorded(memory, "gain_gradient_norm", 0), 5);
}

TEST(GradientNorms, AreOfFloatUnlessToldOtherwise) {
  CountingSink sink;
  GradientNorms norms(sink, {.every = 250});
  static_assert(std::is_same_v<decltype(norms), GradientNorms<float>>);
}

TEST(GradientNorms, RefuseEveryZero) {
  CountingSink sink;
  EXPECT_EQ(message_of<ValueError>([&] { GradientNorms norms(sink, {.every = 0}); }),
            "gradient_norms: every: got 0, expected at least 1");
}

}  // namespace
}  // namespace gradflow
