// How outputs are read, for every loss. Metrics, predict, the ONNX file, the report and the loss at chance must agree
// with decisions and probabilities that this test computes by hand.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <support/files.hpp>
#include <support/matrices.hpp>
#include <support/predict.hpp>
#include <support/text.hpp>

#include <gradflow/io/onnx.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/report/report.hpp>
#include <gradflow/train/metrics.hpp>

namespace gradflow {
namespace {

/// A custom loss for each reading. The test tries these and all losses of the library.
template <Reading reading>
struct Mine {
  static constexpr std::string_view name = "mine";
  static constexpr Reading reads = reading;
  template <class V>
  V value(const V& y, const V& t) const {
    return reading == Reading::values ? (y - t) * (y - t) : 2 * t * softplus(-y) + (1 - t) * softplus(y);
  }
};
struct MineOfClasses {
  static constexpr std::string_view name = "mine";
  static constexpr Reading reads = Reading::class_logits;
  template <class T>
  double evaluate(const Matrix<T>& y, const Matrix<T>& t, Matrix<T>& delta, const SampleWeights<T>& w) const {
    return 2 * CrossEntropy{}.evaluate(y, t, delta, w);
  }
};
using AllLosses = TypeList<MeanSquaredError, MeanAbsoluteError, Huber, BinaryCrossEntropy, CrossEntropy,
                           Mine<Reading::values>, Mine<Reading::one_logit>, Mine<Reading::label_logits>, MineOfClasses>;

/// Inputs: [4, 2]. The networks map them to outputs below 0, above 1/2 and between.
const Matrix<float> x = matrix<float>({{0.75, 0.5}, {-0.5, 2}, {1.5, -1}, {-2, -0.25}});

Network<float> network_of(std::size_t outputs) {
  Network<float> network{dense<Identity>(2, outputs)};
  for (std::size_t i = 0; i < network.parameters().size(); ++i)
    network.parameters()[i] = 0.5f * static_cast<float>(static_cast<int>(i * 7 % 5) - 2);
  return network;
}

double sigmoid_of(double y) { return 1 / (1 + std::exp(-y)); }

std::vector<double> softmax_of(std::span<const float> y) {
  double sum = 0;
  std::vector<double> p;
  for (const float logit : y) p.push_back(std::exp(static_cast<double>(logit)));
  for (const double e : p) sum += e;
  for (double& e : p) e /= sum;
  return p;
}

class Readings : public Predict {
 protected:
  /// Saves a network with the loss `policy`, runs predict, and returns the lines that it prints, split at commas.
  template <class L>
  std::vector<std::vector<std::string>> predicted(const L& policy, std::size_t outputs) {
    const auto loss = make_loss<float>(policy);
    save_model(folder.file("m.safetensors"), network_of(outputs),
               {.loss = loss->describe(), .reads = loss->reads(outputs)});
    std::string rows_of_x = "a,b\n";
    for (std::size_t i = 0; i < rows(x); ++i)
      rows_of_x += std::to_string(x(i, 0)) + "," + std::to_string(x(i, 1)) + "\n";
    const Result result = run("m.safetensors", rows_of_x);
    EXPECT_EQ(result.code, 0) << result.err;
    std::vector<std::vector<std::string>> all;
    for (const std::string& line : lines_of(result.out)) all.push_back(split_line(line));
    return all;
  }

  static void expect_number(const std::string& word, double expected) { EXPECT_NEAR(std::stod(word), expected, 1e-6); }
};

TEST_F(Readings, OfEveryLossAreTheSameWhereverOutputsAreRead) {
  for_each_type(AllLosses{}, [&]<class L>(const L& policy) {
    for (const std::size_t outputs : {1u, 3u}) {
      const auto loss = make_loss<float>(policy);
      const Reading reading = loss->reads(outputs);
      if (reading == Reading::class_logits && outputs == 1) continue;
      SCOPED_TRACE(std::string(name(reading)) + " of " + loss->describe());
      const Network<float> network = network_of(outputs);
      const Matrix<float> y = network.predict(x);
      const auto has_output = [&](float above, float below) {
        return std::ranges::any_of(flat(y), [=](float number) { return above < number && number < below; });
      };
      ASSERT_TRUE(has_output(-9, 0) && has_output(0, 0.51f) && has_output(0.51f, 9));

      // By hand: the decision for each sample, and targets that agree with the decision in the first two rows only.
      const bool of_classes = reading == Reading::class_logits;
      Matrix<float> t = zeros<float>(rows(x), of_classes ? 1 : outputs);
      std::vector<std::string> decisions;
      for (std::size_t i = 0; i < rows(x); ++i) {
        const auto row_of_y = row(y, i);
        const auto largest = std::ranges::max_element(row_of_y) - row_of_y.begin();
        std::string labels;
        for (std::size_t j = 0; j < outputs; ++j)
          if (row_of_y[j] > 0) labels += (labels.empty() ? "" : ";") + std::to_string(j);
        decisions.push_back(of_classes                      ? std::to_string(largest)
                            : reading == Reading::one_logit ? std::to_string(row_of_y[0] > 0)
                                                            : labels);
        const bool as_decided = i < 2;
        if (of_classes)
          t(i, 0) = static_cast<float>((largest + !as_decided) % 3);
        else
          for (std::size_t j = 0; j < outputs; ++j) t(i, j) = (row_of_y[j] > 0) == as_decided;
      }

      const Evaluation e = evaluate(network, *loss, Dataset<float>{x, t, {}, {}});
      if (reading == Reading::values)
        EXPECT_TRUE(std::isnan(e.accuracy) && !std::isnan(e.mae));
      else
        EXPECT_EQ(e.accuracy, 0.5);
      EXPECT_EQ(std::isnan(e.subset_accuracy), reading != Reading::label_logits);

      const auto written = predicted(policy, outputs);
      ASSERT_EQ(written.size(), rows(x) + 1);
      for (std::size_t i = 0; i < rows(x); ++i) {
        const auto& line = written[i + 1];
        if (reading == Reading::values) {
          for (std::size_t j = 0; j < outputs; ++j) expect_number(line[j], static_cast<double>(y(i, j)));
          continue;
        }
        EXPECT_EQ(line[0], decisions[i]);
        if (reading == Reading::one_logit) expect_number(line[2], sigmoid_of(static_cast<double>(y(i, 0))));
        for (std::size_t j = 0; j < outputs && reading != Reading::one_logit; ++j)
          expect_number(line[j + 1], of_classes ? softmax_of(row(y, i))[j] : sigmoid_of(static_cast<double>(y(i, j))));
      }

      if (can_write_onnx()) {
        const std::string path = folder.file("m.onnx");
        save_onnx(path, network, {.loss = loss->describe(), .reads = reading});
        const std::string onnx = text_of_file(path);
        const auto has = [&onnx](const std::string& text) { return onnx.find(text) != onnx.npos; };
        EXPECT_EQ(has("Softmax"), of_classes);
        EXPECT_EQ(has("Sigmoid"), reading == Reading::one_logit || reading == Reading::label_logits);
        EXPECT_EQ(has("probabilities"), reading != Reading::values);
        EXPECT_TRUE(has(std::string(name(reading))));
      }

      const auto boundary = boundary_of(network, Dataset<float>{x, t, {}, {}}, reading);
      EXPECT_EQ(boundary.has_value(), outputs == 1 || of_classes);
      if (outputs == 1) {
        const bool beyond = std::ranges::any_of(boundary->values, [](double value) { return value < 0 || value > 1; });
        EXPECT_EQ(beyond, reading == Reading::values) << "a logit is shown as a probability";
      }

      // The loss at chance: a network with biases alone, whose outputs are the best constants.
      Matrix<float> constant = zeros<float>(rows(x), outputs), delta;
      for (std::size_t j = 0; j < outputs; ++j) {
        double share = 0;
        for (std::size_t i = 0; i < rows(x); ++i)
          share += 0.25 * (of_classes ? t(i, 0) == static_cast<float>(j) : static_cast<double>(t(i, j)));
        share = std::clamp(share, 1e-12, 1.0);
        const double bias = reading == Reading::values ? share
                            : of_classes               ? std::log(share)
                                                       : std::log(share / std::max(1 - share, 1e-12));
        for (std::size_t i = 0; i < rows(x); ++i) constant(i, j) = static_cast<float>(bias);
      }
      EXPECT_NEAR(chance_loss(*loss, Dataset<float>{x, t, {}, {}}, outputs), loss->evaluate(constant, t, delta), 1e-6);
    }
  });
}

TEST(ReadingNames, AreReadBack) {
  for (const Reading reading : {Reading::values, Reading::one_logit, Reading::class_logits, Reading::label_logits})
    EXPECT_EQ(make_reading(name(reading)), reading);
}

}  // namespace
}  // namespace gradflow
