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

/// Layers whose dL/dz norms are given, with nothing else wrong.
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
  EXPECT_EQ(findings[0].text.find("0.0001 of ||dL/dz|| at the output is left at layer 0: in layer 2"), 0u)
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

TEST(Diagnosis, ARunThatLearnsIsNotCalledIllForASmallGradient) {
  EXPECT_EQ(diagnose_one(snapshot({1e-4, 1}), {.chance_loss = 1, .loss = 0.4})[0].mechanism, Mechanism::healthy);
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

TEST(Diagnosis, NeedsASnapshot) {
  EXPECT_EQ(message_of<ValueError>([] { diagnose({}, {}); }), "diagnose: snapshots: got none, expected at least one");
}

}  // namespace
}  // namespace gradflow
