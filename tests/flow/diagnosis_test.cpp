#include <gradflow/flow/diagnosis.hpp>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

/// Returns a snapshot with these dL/dz norms and no other fault.
FlowSnapshot snapshot(const std::vector<double>& delta_norms) {
  FlowSnapshot s{.step = 0, .loss = 1, .input_size = 1, .input_offset = 0, .layers = {}};
  for (std::size_t i = 0; i < delta_norms.size(); ++i) {
    LayerFlow layer;
    layer.delta_norm = delta_norms[i];
    layer.factor = i + 1 < delta_norms.size() ? delta_norms[i] / delta_norms[i + 1] : std::nan("");
    layer.slope_factor = 1;
    layer.weight_factor = layer.factor;
    layer.saturated = layer.dead = layer.numerically_dead = 0;
    layer.spread = 0.5;
    layer.update_ratio = 1e-3;
    s.layers.push_back(layer);
  }
  return s;
}

std::vector<Finding> diagnose_one(const FlowSnapshot& s, RunFacts facts = {.chance_loss = 1, .loss = 0.9}) {
  return diagnose(std::span(&s, 1), facts);
}

/// Returns the snapshots of a run. ratios[i] is the largest update ratio of snapshot i.
std::vector<FlowSnapshot> with_updates(const std::vector<double>& ratios) {
  std::vector<FlowSnapshot> snapshots;
  for (const double ratio : ratios) {
    snapshots.push_back(snapshot({1, 1, 1}));
    snapshots.back().step = snapshots.size() - 1;
    snapshots.back().layers[1].update_ratio = ratio;
    snapshots.back().layers[0].update_ratio = snapshots.back().layers[2].update_ratio = ratio / 2;
  }
  return snapshots;
}

std::vector<Mechanism> mechanisms_of(const std::vector<Finding>& findings) {
  std::vector<Mechanism> mechanisms;
  for (const Finding& f : findings) mechanisms.push_back(f.mechanism);
  return mechanisms;
}
using Found = std::vector<Mechanism>;

constexpr RunFacts little_learned{.chance_loss = 1, .loss = 0.9}, learned{.chance_loss = 1, .loss = 0.3};

TEST(Diagnosis, EveryMechanismHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Mechanism::healthy); ++i) names.insert(name(static_cast<Mechanism>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Mechanism::healthy) + 1);
  EXPECT_FALSE(names.contains(""));
}

TEST(Diagnosis, NamesTheOneLayerInWhichTheGradientIsLost) {
  const auto findings = diagnose_one(snapshot({1e-4, 1e-4, 1e-4, 1, 1, 1}));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].mechanism, Mechanism::vanishing_small_weights);
  EXPECT_EQ(findings[0].first_layer, 2u);
  EXPECT_EQ(findings[0].last_layer, 2u);
  EXPECT_EQ(findings[0].text.find("at step 0 the gradient shrinks to 0.0001 of its size on the way to layer 0, because "
                                  "layer 2 multiplies it by 0.0001 "),
            0u)
      << findings[0].text;
}

TEST(Diagnosis, TheLineIsAHundredth) {
  EXPECT_EQ(diagnose_one(snapshot({0.0101, 1}))[0].mechanism, Mechanism::unexplained);
  EXPECT_EQ(diagnose_one(snapshot({0.0099, 1}))[0].mechanism, Mechanism::vanishing_small_weights);
  EXPECT_EQ(diagnose_one(snapshot({99, 1}))[0].mechanism, Mechanism::unexplained);
  EXPECT_EQ(diagnose_one(snapshot({101, 1}))[0].mechanism, Mechanism::exploding);
}

TEST(Diagnosis, TellsSlopesFromWeightsAndSaturationFromSmallSlopes) {
  FlowSnapshot s = snapshot({1e-4, 1e-2, 1});
  for (LayerFlow& layer : s.layers) {
    layer.slope_factor = 0.01;
    layer.weight_factor = 1;
  }
  EXPECT_EQ(diagnose_one(s)[0].mechanism, Mechanism::vanishing_small_slopes);
  for (LayerFlow& layer : s.layers) layer.saturated = 0.9;
  EXPECT_EQ(diagnose_one(s)[0].mechanism, Mechanism::vanishing_saturated);
}

TEST(Diagnosis, ARunThatLearnsWithASmallGradientIsNeitherIllNorHealthy) {
  const auto findings = diagnose_one(snapshot({1e-4, 1}), learned);
  ASSERT_EQ(mechanisms_of(findings), Found{Mechanism::learned_all_the_same});
  EXPECT_FALSE(is_fault(Mechanism::learned_all_the_same));
  EXPECT_EQ(findings[0].text, "the gradient is vanishing at the start and vanishing at the end, and the run learned");
}

TEST(Diagnosis, OnlyARunWhoseGradientFlowsAtTheStartAndAtTheEndIsHealthy) {
  std::vector<FlowSnapshot> snapshots = {snapshot({1, 1}), snapshot({1, 1})};
  EXPECT_EQ(mechanisms_of(diagnose(snapshots, learned)), Found{Mechanism::healthy});
  snapshots[1] = snapshot({200, 1});
  EXPECT_EQ(mechanisms_of(diagnose(snapshots, learned)), Found{Mechanism::learned_all_the_same});
  snapshots[1] = snapshot({0, 0});  // the network fits every sample exactly
  EXPECT_EQ(mechanisms_of(diagnose(snapshots, learned)), Found{Mechanism::healthy});
}

TEST(Diagnosis, ARunWhoseLossWasStillFallingEndedTooEarly) {
  RunFacts facts = little_learned;
  facts.earlier_loss = 1;
  facts.last_loss = 0.9;
  const auto findings = diagnose_one(snapshot({1, 1}), facts);
  ASSERT_EQ(mechanisms_of(findings), Found{Mechanism::ended_too_early});
  EXPECT_EQ(findings[0].remedies, (std::vector<Remedy>{{Lever::steps, "10"}}));
  facts.loss = 1;
  EXPECT_EQ(mechanisms_of(diagnose_one(snapshot({1, 1}), facts)), Found{Mechanism::ended_too_early})
      << "ended too early, not stuck at chance";
  EXPECT_EQ(diagnose_one(snapshot({1e-4, 1}), facts)[0].mechanism, Mechanism::vanishing_small_weights)
      << "a finding about the gradient comes first";
}

TEST(Diagnosis, WithoutKnownChanceNothingFoundIsHealthy) {
  EXPECT_EQ(diagnose_one(snapshot({1, 1}), {})[0].mechanism, Mechanism::healthy);
}

TEST(Diagnosis, AGradientOfZeroOrNoNumberDoesNotEndIt) {
  EXPECT_EQ(diagnose_one(snapshot({0, 0, 1}))[0].mechanism, Mechanism::vanishing_small_weights);
  EXPECT_FALSE(diagnose_one(snapshot({0, 0, 0})).empty());
  EXPECT_EQ(diagnose_one(snapshot({std::nan(""), HUGE_VAL, 1}))[0].mechanism, Mechanism::exploding);
  EXPECT_FALSE(diagnose_one(snapshot({1})).empty());
}

/// The layers multiply the gradient by 0.9, 0.01, 0.05 and 0.9. A layer is named if its factor is at most the fourth
/// root of the smallest, 0.01: 0.32. So 0.05 is named, too, and 0.9 is not.
TEST(Diagnosis, NamesTheLayersThatMakeMostOfTheLossAndWhatEachOfThemDoes) {
  const auto findings = diagnose_one(snapshot({0.9 * 0.01 * 0.05 * 0.9, 0.01 * 0.05 * 0.9, 0.05 * 0.9, 0.9, 1}));
  ASSERT_EQ(mechanisms_of(findings), Found{Mechanism::vanishing_small_weights});
  EXPECT_EQ(findings[0].first_layer, 1u);
  EXPECT_EQ(findings[0].last_layer, 2u);
  // sqrt(0.01 * 0.05) = 0.0224
  EXPECT_TRUE(findings[0].text.ends_with(
      "because each of layers 1 to 2 multiplies it by 0.022 (1 by slopes, 0.022 by weights)"))
      << findings[0].text;
}

TEST(Diagnosis, HiddenUnitsThatAreAlikeAreAFaultAndThoseOfTheOutputAreNot) {
  FlowSnapshot s = snapshot({1, 1, 1});
  s.layers[2].units_alike = true;
  EXPECT_EQ(mechanisms_of(diagnose_one(s, learned)), Found{Mechanism::healthy});
  s.layers[1].units_alike = true;
  const auto findings = diagnose_one(s, learned);
  ASSERT_EQ(mechanisms_of(findings), Found{Mechanism::symmetric});
  EXPECT_EQ(findings[0].first_layer, 1u);
  EXPECT_EQ(findings[0].last_layer, 1u);
}

TEST(Diagnosis, HiddenSamplesThatAreAlikeAreACollapseAndThoseOfTheOutputAreNot) {
  FlowSnapshot s = snapshot({1, 1, 1});
  s.layers[2].spread = 0;
  s.layers[1].spread = 0.021;
  EXPECT_EQ(mechanisms_of(diagnose_one(s)), Found{Mechanism::unexplained});
  s.layers[1].spread = 0.019;
  const auto findings = diagnose_one(s);
  ASSERT_EQ(mechanisms_of(findings), Found{Mechanism::collapsed});
  EXPECT_EQ(findings[0].first_layer, 1u);
  EXPECT_EQ(findings[0].last_layer, 1u);
  EXPECT_NE(findings[0].text.find("hardly differ between samples (0.019)"), std::string::npos) << findings[0].text;
}

TEST(Diagnosis, LooksAtTheEndTooUnlessTheStepsHaveSpoiltIt) {
  std::vector<FlowSnapshot> snapshots = with_updates({1e-3, 1e-3});
  snapshots[1].layers[1].dead = 0.89;
  EXPECT_EQ(mechanisms_of(diagnose(snapshots, learned)), Found{Mechanism::healthy});
  snapshots[1].layers[1].dead = 0.94;
  const auto findings = diagnose(snapshots, learned);
  ASSERT_EQ(mechanisms_of(findings), Found{Mechanism::dead_units});
  EXPECT_EQ(findings[0].first_layer, 1u);
  EXPECT_EQ(findings[0].text.find("94% of the units in layer 1"), 0u) << findings[0].text;
  for (LayerFlow& layer : snapshots[1].layers) layer.update_ratio = 0.5;
  snapshots[0] = snapshots[1];
  snapshots[0].layers[1].dead = 0;
  EXPECT_EQ(mechanisms_of(diagnose(snapshots, little_learned)), Found{Mechanism::rate_too_large});
  EXPECT_EQ(mechanisms_of(diagnose(snapshots, {.chance_loss = 1, .loss = 0.3, .diverged = true})),
            Found{Mechanism::rate_too_large});
}

TEST(Diagnosis, OneLargeUpdateIsNoLargeRateAndOneThatIsNotSmallNoSmallOne) {
  using enum Mechanism;
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({1e-3, 5, 1e-3}), little_learned)), Found{unexplained});
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({1e-3, 0.21, 5}), little_learned)), Found{rate_too_large});
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({1e-3, 0.19, 5}), little_learned)), Found{unexplained});
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({1e-3, 0.21, 5}), learned)), Found{healthy});
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({1e-7, 1.1e-5, 1e-7}), little_learned)), Found{unexplained});
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({1e-7, 0.9e-5, 1e-7}), little_learned)), Found{rate_too_small});
}

TEST(Diagnosis, OneLargeUpdateIsALargeRateWhereTheLossIsWorseThanChance) {
  using enum Mechanism;
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({0.01, 5, 0.01}), {.chance_loss = 1, .loss = 1.9})),
            Found{unexplained});
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({0.01, 0.1, 0.01}), {.chance_loss = 1, .loss = 9})),
            Found{unexplained});
  const auto findings = diagnose(with_updates({0.01, 5, 0.01}), {.chance_loss = 1, .loss = 9});
  ASSERT_EQ(mechanisms_of(findings), Found{rate_too_large});
  EXPECT_NE(findings[0].text.find("; the loss is 9, worse than guessing (1)"), std::string::npos);
}

TEST(Diagnosis, ALayerThatHasJustDiedIsDeadAndNotSaturated) {
  FlowSnapshot s = snapshot({0, 0, 1});
  s.layers[1].slope_factor = 0;
  s.layers[1].saturated = 1;
  s.layers[1].dead = 0.2;  // share of units without a slope in the last ten batches
  s.layers[1].weight_factor = LayerFlow::unknown;
  const auto findings = diagnose_one(s, little_learned);
  ASSERT_EQ(mechanisms_of(findings), Found{Mechanism::dead_units});
  EXPECT_EQ(findings[0].text, "100% of the units in layer 1 had slope 0 for every sample of the last batches");
}

TEST(Diagnosis, UpdatesThatWereNotMeasuredAreNotCalledSmall) {
  using enum Mechanism;
  const double unknown = LayerFlow::unknown;
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({unknown, unknown}), little_learned)), Found{unexplained});
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({unknown, 1e-7}), little_learned)), Found{rate_too_small});
  EXPECT_EQ(mechanisms_of(diagnose(with_updates({unknown, 0.3}), little_learned)), Found{rate_too_large});
  const auto diverged = diagnose(with_updates({unknown}), {.chance_loss = 1, .diverged = true});
  ASSERT_EQ(mechanisms_of(diverged), Found{rate_too_large});
  EXPECT_EQ(diverged[0].text, "the run diverged, although the gradient did not explode at the start");
}

TEST(Diagnosis, ARunThatLearnsBearsMoreSlopesThatAreZeroInFloatingPointAlone) {
  FlowSnapshot s = snapshot({1, 1, 1});
  s.layers[1].numerically_dead = 0.3;
  EXPECT_EQ(mechanisms_of(diagnose_one(s, learned)), Found{Mechanism::healthy});
  const auto findings = diagnose_one(s, little_learned);
  ASSERT_EQ(mechanisms_of(findings), Found{Mechanism::numerically_dead});
  EXPECT_EQ(findings[0].text.find("30% of the slopes in layer 1"), 0u) << findings[0].text;
  s.layers[1].numerically_dead = 0.6;
  EXPECT_EQ(mechanisms_of(diagnose_one(s, learned)), Found{Mechanism::numerically_dead});
}

TEST(Diagnosis, WhereTheGradientExplodesByItselfLargeStepsAreNoCause) {
  FlowSnapshot s = snapshot({1e4, 1});
  s.layers[0].update_ratio = 1;
  EXPECT_EQ(mechanisms_of(diagnose_one(s)), Found{Mechanism::exploding});
}

TEST(Diagnosis, InputsAreNotStandardisedByTheirSizeOrWhereNothingIsKnownToBeLearnedByTheirOffset) {
  const auto of_inputs = [](double size, double offset, double loss) {
    FlowSnapshot s = snapshot({1, 1, 1});
    s.input_size = size;
    s.input_offset = offset;
    return diagnose_one(s, {.chance_loss = 1, .loss = loss})[0].mechanism;
  };
  using enum Mechanism;
  EXPECT_EQ(of_inputs(3.9, 0, 0.3), healthy);
  EXPECT_EQ(of_inputs(4.1, 0, 0.3), inputs_not_standardised);
  EXPECT_EQ(of_inputs(0.051, 0, 0.3), healthy);
  EXPECT_EQ(of_inputs(0.049, 0, 0.3), inputs_not_standardised);
  EXPECT_EQ(of_inputs(1, 21, 0.94), unexplained);
  EXPECT_EQ(of_inputs(1, 21, 0.96), inputs_not_standardised);
  EXPECT_EQ(of_inputs(1, 19, 0.96), stuck_at_chance);
  EXPECT_EQ(of_inputs(1, 21, std::nan("")), inputs_not_standardised);
}

TEST(Diagnosis, IsStuckAtChanceWhereTheLossIsNearItAndNotWhereItIsFarAbove) {
  const FlowSnapshot s = snapshot({1, 1, 1});
  EXPECT_EQ(mechanisms_of(diagnose_one(s, {.chance_loss = 2, .loss = 2.09})), Found{Mechanism::stuck_at_chance});
  EXPECT_EQ(diagnose_one(s, {.chance_loss = 2, .loss = 2.09})[0].first_layer, 2u);
  EXPECT_EQ(mechanisms_of(diagnose_one(s, {.chance_loss = 2, .loss = 3})), Found{Mechanism::unexplained});
}

TEST(Diagnosis, NeedsASnapshot) {
  EXPECT_EQ(message_of<ValueError>([] { diagnose({}, {}); }), "diagnose: snapshots: got none, expected at least one");
}

}  // namespace
}  // namespace gradflow
