#include <gradflow/check/check_loss.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <check/first_lane.hpp>
#include <check/wrong_lines.hpp>
#include <gradflow/base/errors.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

using Lines = std::vector<std::string>;
const std::string gradient = "gradient against difference quotients of the loss";
const std::string mean = "a repeated batch has the same loss and half the gradient";
const std::string other_target = "another target changes the loss";
const std::string weighted = "a sample of weight 2 counts like two samples";
const std::string alone = "a sample's loss and gradient do not depend on other samples";
const std::string in_float = "loss and gradient in float against double";
const std::string finite = "finite for logits of +-1e4";

TEST(CheckLoss, HoldsForEveryLossOfTheList) {
  for_each_type(Losses{}, [](const auto& loss) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      const CheckReport report = check_loss(loss, {.seed = seed});
      EXPECT_TRUE(report.passed()) << report.text();
    }
  });
  EXPECT_TRUE(check_loss(Huber{0.1}, {.samples = 20, .outputs = 1}).passed());
  EXPECT_EQ(check_loss(Huber{0.1}).subject, "loss huber(delta=0.1)");
}

TEST(CheckLoss, AsksWhatSuitsTheTargets) {
  const auto names = [](const CheckReport& report) {
    Lines all;
    for (const Check& check : report.checks) all.push_back(check.what);
    return all;
  };
  EXPECT_EQ(names(check_loss<MeanSquaredError>()), (Lines{gradient, mean, other_target, weighted, alone, in_float}));
  EXPECT_EQ(names(check_loss<BinaryCrossEntropy>()),
            (Lines{gradient, mean, other_target, weighted, alone, in_float, finite}));
  Lines both;
  for (const std::string note : {"with class indices: ", "with probabilities: "})
    for (const std::string& line : {gradient, mean, other_target, weighted, alone, in_float, finite})
      both.push_back(note + line);
  EXPECT_EQ(names(check_loss<CrossEntropy>()), both);
}

struct LogCosh {
  static constexpr std::string_view name = "log_cosh";
  template <class V>
  V value(const V& y, const V& t) const {
    return softplus(2 * (y - t)) - (y - t) - 0.6931471805599453;
  }
};

TEST(CheckLoss, HoldsForOneOfTheUsersOwn) {
  EXPECT_TRUE(check_loss<LogCosh>().passed()) << check_loss<LogCosh>().text();
}

TEST(CheckLoss, TakesAnyLossWithOutputsAndTargetsThatSuitIt) {
  const auto outputs = random_matrix<double>(5, 2, 1);
  const CheckReport report = check_loss(*make_loss<double>("mse"), outputs, random_matrix<double>(5, 2, 2));
  EXPECT_TRUE(report.passed()) << report.text();
  EXPECT_EQ(report.subject, "loss mse");
  EXPECT_EQ(report.checks.size(), 5u);
  EXPECT_THROW(check_loss(*make_loss<double>("mse"), outputs, zeros<double>(5, 3)), ShapeError);
}

TEST(CheckLoss, LeavesOutKinksAndCountsThem) {
  const auto outputs = matrix<double>({{1, 2}, {3, 4}}), targets = matrix<double>({{1, 0}, {9, 9}});
  const CheckReport report = check_loss(*make_loss<double>("mae"), outputs, targets, {.left_out = 0.25});
  EXPECT_TRUE(report.passed()) << report.text();
  EXPECT_EQ(report.checks[0].left_out, 1u);
  EXPECT_FALSE(check_loss(*make_loss<double>("mae"), outputs, targets).passed()) << "too many are left out";
}

struct WrongSign {
  static constexpr std::string_view name = "wrong_sign";
  template <class V>
  V value(const V& y, const V& t) const {
    return (y - t) * (y - t);
  }
  template <class V>
  V derivative(const V& y, const V& t) const {
    return 2 * (t - y);
  }
};

TEST(CheckLoss, CatchesAWrongSignAndNamesSampleAndOutput) {
  const CheckReport report = check_loss<WrongSign>();
  EXPECT_EQ(wrong_lines(report), Lines{gradient}) << report.text();
  const Check check = line_of(report, gradient);
  EXPECT_NEAR(check.got, -check.expected, 1e-9);
  EXPECT_EQ(check.worst.find("sample "), 0u);
  EXPECT_NE(check.worst.find(", output "), std::string::npos);
}

struct NoTarget {
  static constexpr std::string_view name = "no_target";
  template <class V>
  V value(const V& y, const V& t) const {
    return y * y + 0 * t;
  }
};

TEST(CheckLoss, CatchesALossThatIgnoresItsTarget) {
  const CheckReport report = check_loss<NoTarget>();
  EXPECT_EQ(wrong_lines(report), Lines{other_target}) << report.text();
  EXPECT_EQ(line_of(report, other_target).worst, "another target of sample 0 does not change the loss");
}

/// Computes the logarithm of a probability that has already been rounded to 0 or 1.
struct LateLogarithm {
  static constexpr std::string_view name = "late_logarithm";
  static constexpr Reading reads = Reading::label_logits;
  template <class V>
  V value(const V& y, const V& t) const {
    const V p = sigmoid(y);
    return -(t * log(p) + (1 - t) * log(1 - p));
  }
};

TEST(CheckLoss, CatchesALossThatIsInfiniteForHugeLogits) {
  const CheckReport report = check_loss<LateLogarithm>();
  EXPECT_EQ(wrong_lines(report), Lines{finite}) << report.text();
  EXPECT_EQ(line_of(report, finite).worst, "the loss is inf");
}

// Losses of whole rows. Each is half the squared error, with one fault.
struct RowSum {
  static constexpr std::string_view name = "row_sum";
  template <class T>
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const {
    if (output.shape() != target.shape()) throw ShapeError({"row_sum", "targets", shape_text(target), "as many", {}});
    delta = output;
    double sum = 0;
    for (std::size_t i = 0; i < delta.size(); ++i) {
      delta.data()[i] -= target.data()[i];
      sum += static_cast<double>(delta.data()[i] * delta.data()[i]) / 2;
    }
    return sum;
  }
};

TEST(CheckLoss, CatchesASumWhereTheMeanIsMeantAndPassesOverTargetsThatTheLossDoesNotTake) {
  const CheckReport report = check_loss<RowSum>();
  EXPECT_EQ(wrong_lines(report), Lines{"with probabilities: " + mean}) << report.text();
  EXPECT_NEAR(report.worst().got, 2 * report.worst().expected, 1e-12);
}

/// Returns the mean over the samples, but the gradient of the sum.
struct MissingShare : RowSum {
  static constexpr std::string_view name = "missing_share";
  template <class T>
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const {
    return RowSum::evaluate(output, target, delta) / static_cast<double>(rows(output));
  }
};

TEST(CheckLoss, CatchesAMissingShareInTheGradient) {
  const CheckReport report = check_loss<MissingShare>();
  EXPECT_EQ(wrong_lines(report), (Lines{"with probabilities: " + gradient, "with probabilities: " + mean}))
      << report.text();
  const Check check = report.checks[0];
  EXPECT_NEAR(check.got, 8 * check.expected, 1e-8) << "8 samples";
}

/// Divides the weighted sum by the number of samples instead of the sum of the weights.
struct WeightsOverSamples {
  static constexpr std::string_view name = "weights_over_samples";
  static constexpr Reading reads = Reading::class_logits;
  template <class T>
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta,
                  const SampleWeights<T>& weights) const {
    const auto samples = static_cast<double>(rows(output));
    return CrossEntropy{}.evaluate(output, target, delta, {weights.weights, samples});
  }
};

TEST(CheckLoss, CatchesAMeanThatForgetsItsWeights) {
  const CheckReport report = check_loss<WeightsOverSamples>();
  EXPECT_EQ(wrong_lines(report), (Lines{"with class indices: " + weighted, "with probabilities: " + weighted}))
      << report.text();
}

/// |y - t|, but every lane takes the sign of the first lane.
struct AbsoluteByTheFirstLane {
  static constexpr std::string_view name = "absolute_by_the_first_lane";
  template <class V>
  V value(const V& y, const V& t) const {
    return first_lane(y - t) > 0 ? y - t : t - y;
  }
};

struct AbsoluteByAnyLane {
  static constexpr std::string_view name = "absolute_by_any_lane";
  template <class V>
  V value(const V& y, const V& t) const {
    return any(y > t) ? y - t : t - y;
  }
};

/// The square. If any lane has a large number, the slope of every lane changes.
struct SlopeByAnyLane {
  static constexpr std::string_view name = "slope_by_any_lane";
  template <class V>
  V value(const V& y, const V& t) const {
    return (y - t) * (y - t);
  }
  template <class V>
  V derivative(const V& y, const V& t) const {
    return any(abs(y) > 100) ? select(y > t, V(200), V(-200)) : 2 * (y - t);
  }
};

TEST(CheckLoss, CatchesLanesThatDecideForOthers) {
  EXPECT_FALSE(line_of(check_loss<AbsoluteByTheFirstLane>(), alone).passed());
  EXPECT_FALSE(line_of(check_loss<AbsoluteByAnyLane>(), alone).passed());
  const CheckReport report = check_loss<SlopeByAnyLane>();
  EXPECT_EQ(wrong_lines(report), Lines{alone}) << "it is right if no number is large\n" << report.text();
  EXPECT_EQ(line_of(report, alone).worst.find("sample "), 0u);
}

/// Half the squared error, but the gradient of the sample before is subtracted from that of each sample.
struct RowBefore : RowSum {
  static constexpr std::string_view name = "row_before";
  template <class T>
  double evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const {
    const double loss = RowSum::evaluate(output, target, delta);
    for (std::size_t i = delta.size() - 1; i >= columns(delta); --i)
      delta.data()[i] -= delta.data()[i - columns(delta)];
    return loss;
  }
};

TEST(CheckLoss, CatchesARowThatDependsOnTheOneBefore) {
  EXPECT_FALSE(line_of(check_loss<RowBefore>(), "with probabilities: " + alone).passed());
}

struct TakesNothing {
  static constexpr std::string_view name = "takes_nothing";
  template <class T>
  double evaluate(const Matrix<T>&, const Matrix<T>& target, Matrix<T>&) const {
    throw ShapeError({"takes_nothing", "targets", shape_text(target), "others", {}});
  }
};

TEST(CheckLoss, ThrowsWhatTheLossThrowsWhereItTakesNoTargetsAtAll) {
  EXPECT_THROW(check_loss<TakesNothing>(), ShapeError);
}

}  // namespace
}  // namespace gradflow
