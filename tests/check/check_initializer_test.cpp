#include <gradflow/check/check_initializer.hpp>

#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <check/wrong_lines.hpp>
#include <gradflow/base/errors.hpp>
#include <gradflow/nn/activations.hpp>

namespace gradflow {
namespace {

using Lines = std::vector<std::string>;
const std::string written = "every weight and bias is written, and finite";
const std::string mean = "the mean of the weights, in standard errors";
const std::string variance = "the variance of the weights";
const std::string same_seed = "the same seed gives the same numbers";
const std::string other_seed = "another seed gives other numbers";
const std::string units = "no two units have the same weights and bias";

bool draws(std::string_view name) { return name != "zeros" && name != "constant"; }

TEST(CheckInitializer, HoldsForEveryInitializerThatDraws) {
  for_each_type(Initializers{}, [](const auto& initializer) {
    if (!draws(initializer.name)) return;
    for (const InitializerCheckOptions& options :
         {InitializerCheckOptions{}, {.inputs = 64, .outputs = 64, .seed = 2}, {.inputs = 10, .outputs = 300}}) {
      const CheckReport report = check_initializer(initializer, options);
      EXPECT_TRUE(report.passed()) << report.text();
    }
  });
}

TEST(CheckInitializer, HoldsForTheVarianceOfEachScheme) {
  const std::map<std::string_view, double> variances{
      {"glorot_uniform", 2.0 / 300}, {"glorot_normal", 2.0 / 300}, {"he_uniform", 2.0 / 200},
      {"he_normal", 2.0 / 200},      {"lecun_uniform", 1.0 / 200}, {"lecun_normal", 1.0 / 200},
      {"orthogonal", 1.0 / 200},     {"standard", 1.0 / 600},      {"normal", 1.0 / 200}};
  for (const auto& [name, expected] : variances) {
    const CheckReport report = check_initializer(*make_initializer(name), {.variance = expected});
    EXPECT_TRUE(report.passed()) << report.text();
    EXPECT_EQ(wrong_lines(check_initializer(*make_initializer(name), {.variance = 1.2 * expected})), Lines{variance});
  }
}

TEST(CheckInitializer, AsksForTheLayerThatItIsToldOf) {
  const ActivationInfo relu = activation_info(Relu{}), sigmoid = activation_info(Sigmoid{});
  EXPECT_TRUE(check_initializer(AutoInit{}, {.activation = &relu, .variance = 2.0 / 200}).passed());
  EXPECT_FALSE(check_initializer(AutoInit{}, {.activation = &sigmoid, .variance = 2.0 / 200}).passed());
  EXPECT_TRUE(check_initializer(Centred{}, {.previous_activation = &sigmoid, .variance = 16.0 / 200}).passed());
}

TEST(CheckInitializer, TellsThatZerosAndConstantLeaveAllUnitsAlike) {
  const CheckReport zeros = check_initializer(Zeros{});
  EXPECT_EQ(wrong_lines(zeros), (Lines{other_seed, units})) << zeros.text();
  EXPECT_EQ(line_of(zeros, units).worst, "columns 0 and 1 are the same");
  EXPECT_EQ(wrong_lines(check_initializer(Constant{0.1})), (Lines{mean, other_seed, units}));
}

TEST(CheckInitializer, OneUnitAloneIsLikeNoOther) {
  EXPECT_TRUE(check_initializer(HeNormal{}, {.inputs = 100, .outputs = 1}).passed());
  EXPECT_THROW(check_initializer(HeNormal{}, {.inputs = 0}), ShapeError);
}

// He initialisers, each with one fault.

struct FanOut : WeightInitializer<FanOut> {
  static constexpr std::string_view name = "fan_out";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
    for (double& w : weight) w = std::sqrt(2.0 / static_cast<double>(place.outputs)) * rng.normal();
  }
};

TEST(CheckInitializer, CatchesFanOutForFanIn) {
  const CheckReport report = check_initializer(FanOut{}, {.variance = 2.0 / 200});
  EXPECT_EQ(wrong_lines(report), Lines{variance}) << report.text();
  EXPECT_NEAR(line_of(report, variance).got, 2.0 / 100, 1e-3);
  EXPECT_EQ(line_of(report, variance).expected, 2.0 / 200);
}

struct ForgottenBias : NamedInitializer<ForgottenBias> {
  static constexpr std::string_view name = "forgotten_bias";
  void fill(std::span<double> weight, std::span<double>, const LayerPlace& place, Rng& rng) const override {
    HeNormal{}.draw(weight, place, rng);
  }
};

TEST(CheckInitializer, CatchesABiasThatIsNotWritten) {
  const CheckReport report = check_initializer(ForgottenBias{});
  EXPECT_EQ(wrong_lines(report), (Lines{written, same_seed})) << report.text();
  EXPECT_EQ(line_of(report, written).worst, "the number at bias, index 0 is nan");
}

struct OneRowTooFew : WeightInitializer<OneRowTooFew> {
  static constexpr std::string_view name = "one_row_too_few";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
    HeNormal{}.draw(weight.first(weight.size() - place.outputs), place, rng);
  }
};

TEST(CheckInitializer, CatchesARowThatIsNotWritten) {
  const CheckReport report = check_initializer(OneRowTooFew{});
  EXPECT_EQ(line_of(report, written).worst, "the number at weight, row 199, column 0 is nan");
  EXPECT_FALSE(report.passed());
}

struct Symmetric : WeightInitializer<Symmetric> {
  static constexpr std::string_view name = "symmetric";
  void draw(std::span<double> weight, const LayerPlace& place, Rng& rng) const {
    HeNormal{}.draw(weight, place, rng);
    for (std::size_t i = 0; i < place.inputs; ++i) weight[i * place.outputs + 7] = weight[i * place.outputs + 3];
  }
};

TEST(CheckInitializer, CatchesTwoUnitsThatStartAlike) {
  const CheckReport report = check_initializer(Symmetric{});
  EXPECT_EQ(wrong_lines(report), Lines{units}) << report.text();
  EXPECT_EQ(report.worst().worst, "columns 3 and 7 are the same");
}

struct Positive : WeightInitializer<Positive> {
  static constexpr std::string_view name = "positive";
  void draw(std::span<double> weight, const LayerPlace&, Rng& rng) const {
    for (double& w : weight) w = rng.uniform();
  }
};

TEST(CheckInitializer, CatchesAMeanThatIsNotZero) {
  const CheckReport report = check_initializer(Positive{});
  EXPECT_EQ(wrong_lines(report), Lines{mean}) << report.text();
  EXPECT_NEAR(line_of(report, mean).got, 0.5, 0.01);
}

struct OwnSeed : WeightInitializer<OwnSeed> {
  static constexpr std::string_view name = "own_seed";
  void draw(std::span<double> weight, const LayerPlace& place, Rng&) const {
    Rng own(1);
    HeNormal{}.draw(weight, place, own);
  }
};

struct NeverTheSame : WeightInitializer<NeverTheSame> {
  static constexpr std::string_view name = "never_the_same";
  void draw(std::span<double> weight, const LayerPlace& place, Rng&) const {
    static Rng shared(1);
    HeNormal{}.draw(weight, place, shared);
  }
};

TEST(CheckInitializer, CatchesOnesThatDoNotFollowTheSeed) {
  EXPECT_EQ(wrong_lines(check_initializer(OwnSeed{})), Lines{other_seed});
  EXPECT_EQ(wrong_lines(check_initializer(NeverTheSame{})), Lines{same_seed});
}

}  // namespace
}  // namespace gradflow
