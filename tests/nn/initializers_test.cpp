#include <gradflow/nn/initializers.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/network.hpp>
#include <support/drawn_weights.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

double mean(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

double variance(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return sum / static_cast<double>(x.size());
}

TEST(Initializers, VarianceAndMeanAreThoseOfTheScheme) {
  constexpr LayerPlace place{300, 150};
  constexpr double in = 300, out = 150, n = in * out;
  std::map<std::string_view, double> variances{{"standard", 1 / (3 * in)},
                                               {"glorot_uniform", 2 / (in + out)},
                                               {"glorot_normal", 2 / (in + out)},
                                               {"he_uniform", 2 / in},
                                               {"he_normal", 2 / in},
                                               {"lecun_uniform", 1 / in},
                                               {"lecun_normal", 1 / in},
                                               {"normal", 1 / in},
                                               {"centred", 16 / in},
                                               {"auto", 2 / (in + out)}};
  for_each_type(Initializers{}, [&](const auto& initializer) {
    const auto known = variances.find(initializer.name);
    if (known == variances.end()) return;
    const DrawnWeights drawn = draw(initializer, place);
    const double expected = known->second;
    EXPECT_LT(std::abs(mean(drawn.weight)), 4 * std::sqrt(expected / n)) << initializer.name;
    EXPECT_NEAR(variance(drawn.weight) / expected, 1, 4 * std::sqrt(2 / n)) << initializer.name;
    variances.erase(known);
  });
  EXPECT_TRUE(variances.empty());
}

TEST(Initializers, UniformOnesStayInsideTheirLimitsAndReachThem) {
  const std::map<std::string_view, double> limits{{"standard", 1 / std::sqrt(300)},
                                                  {"glorot_uniform", std::sqrt(6.0 / 450)},
                                                  {"he_uniform", std::sqrt(6.0 / 300)},
                                                  {"lecun_uniform", std::sqrt(3.0 / 300)}};
  for (const auto& [name, limit] : limits) {
    const auto weight = draw(*make_initializer(name), {300, 150}).weight;
    const auto [low, high] = std::ranges::minmax(weight);
    EXPECT_TRUE(low >= -limit && high <= limit) << name;
    EXPECT_TRUE(low < -0.999 * limit && high > 0.999 * limit) << name;
  }
}

TEST(Initializers, NormalOnesHaveTheFourthMomentOfANormalDistribution) {
  for (const std::string_view name : {"glorot_normal", "he_normal", "lecun_normal", "normal", "centred"}) {
    auto weight = draw(*make_initializer(name), {300, 150}).weight;
    const double square = variance(weight);
    for (double& w : weight) w *= w;
    EXPECT_NEAR(variance(weight) / (square * square), 3, 0.2) << name;
  }
}

TEST(Initializers, BiasesAreZeroButForStandardWhichDrawsThem) {
  for_each_type(Initializers{}, [](const auto& initializer) {
    const auto bias = draw(initializer, {4, 10000}).bias;
    if (initializer.name == "standard")
      EXPECT_NEAR(variance(bias), 1.0 / 12, 4 * std::sqrt(2 / 1e4) / 12);
    else
      EXPECT_TRUE(std::ranges::all_of(bias, [](double b) { return b == 0; })) << initializer.name;
  });
}

TEST(Initializers, ZerosAndConstantAreWhatTheySay) {
  EXPECT_EQ(draw(Zeros{}, {3, 2}).weight, std::vector<double>(6, 0));
  EXPECT_EQ(draw(Constant{}, {3, 2}).weight, std::vector<double>(6, 0.1));
  EXPECT_EQ(draw(Constant{-2}, {3, 2}).weight, std::vector<double>(6, -2));
}

TEST(Initializers, NormalDrawsWeightsAndBiasesOfTheDeviationsAskedFor) {
  const DrawnWeights drawn = draw(Normal{1.5, 0.3}, {200, 10000});
  EXPECT_NEAR(variance(drawn.weight) / (1.5 * 1.5 / 200), 1, 4 * std::sqrt(2 / 2e6));
  EXPECT_NEAR(variance(drawn.bias) / (0.3 * 0.3), 1, 4 * std::sqrt(2 / 1e4));
}

TEST(Initializers, CentredTakesAwayWhatTheActivationBeforeAddsToEveryUnit) {
  const ActivationInfo sigmoid = activation_info(Sigmoid{}), tanh = activation_info(Tanh{});
  const DrawnWeights fed = draw(Centred{2}, {50, 20, &tanh, &sigmoid});
  for (std::size_t j = 0; j < 20; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < 50; ++i) sum += fed.weight[i * 20 + j];
    EXPECT_NEAR(fed.bias[j], -sum / 2, 1e-15) << j;
  }
  EXPECT_EQ(draw(Centred{2}, {50, 20, &sigmoid, &tanh}).bias, std::vector<double>(20, 0));
  EXPECT_EQ(draw(Centred{2}, {50, 20, &sigmoid}).bias, std::vector<double>(20, 0)) << "the first layer";
}

TEST(Initializers, CentredReachesTheLayersOfANetworkButTheFirst) {
  Network<double> network{dense<Sigmoid, double>(3, 5), dense<Sigmoid, double>(5, 4), dense<Identity, double>(4, 2)};
  network.initialize(Centred{4}, 1);
  for (const PlacedBlock& placed : network.blocks()) {
    if (placed.block.name != "bias") continue;
    for (const double b : std::as_const(network).parameters(placed)) EXPECT_EQ(b == 0, placed.layer == 0);
  }
  const Matrix<double> at_origin = network.predict(zeros<double>(1, 3));
  for (const double y : flat(at_origin)) EXPECT_NEAR(y, 0, 1e-15) << "every unit is at its midpoint";
}

TEST(Initializers, WithoutABiasCentredDrawsTheWeightsAlone) {
  const ActivationInfo sigmoid = activation_info(Sigmoid{});
  std::vector<double> weight(6);
  Rng rng(1);
  Centred{4}.fill(weight, {}, {3, 2, &sigmoid, &sigmoid}, rng);
  EXPECT_EQ(weight, draw(Centred{4}, {3, 2, &sigmoid, &sigmoid}).weight);
}

/// Returns the largest entry, in size, of M M^T - gain^2 I. The rows of M are the rows of the weights, or their columns
/// if these are fewer.
double orthogonality_error(const std::vector<double>& w, LayerPlace s, double gain) {
  const bool rows = s.inputs <= s.outputs;
  const std::size_t count = std::min(s.inputs, s.outputs), length = std::max(s.inputs, s.outputs);
  const auto at = [&](std::size_t i, std::size_t k) { return rows ? w[i * s.outputs + k] : w[k * s.outputs + i]; };
  double worst = 0;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double dot = 0;
      for (std::size_t k = 0; k < length; ++k) dot += at(i, k) * at(j, k);
      worst = std::max(worst, std::abs(dot - (i == j ? gain * gain : 0)));
    }
  return worst;
}

TEST(Initializers, OrthogonalIsOrthogonalTallWideAndSquare) {
  for (const LayerPlace s : {LayerPlace{64, 64}, {128, 32}, {32, 128}, {1, 7}, {7, 1}, {1, 1}})
    for (const double gain : {1.0, 1.4}) {
      const double tolerance = 1e-6 * std::sqrt(static_cast<double>(std::max(s.inputs, s.outputs)));
      EXPECT_LT(orthogonality_error(draw(Orthogonal{gain}, s).weight, s, gain), tolerance)
          << s.inputs << " " << s.outputs;
    }
}

TEST(Initializers, AnotherSeedGivesOtherWeightsAndTheSameSeedTheSame) {
  for_each_type(Initializers{}, [](const auto& initializer) {
    const auto first = draw(initializer, {5, 4}).weight;
    EXPECT_EQ(draw(initializer, {5, 4}).weight, first) << initializer.name;
    const bool random = initializer.name != "zeros" && initializer.name != "constant";
    EXPECT_EQ(draw(initializer, {5, 4}, 2).weight != first, random) << initializer.name;
  });
}

// The first eight weights of a layer 4 -> 3. They are the same on every machine and with every compiler.
const std::map<std::string_view, std::vector<double>> first_eight_of_seed_42{
    {"standard",
     {0.31430514512290986, -0.18117895993833888, 0.48389416817748876, 0.20113559813475557, 0.29350448969172904,
      0.088098466467559589, -0.3746475579372579, 0.10512244865717257}},
    {"glorot_uniform",
     {0.58198004163343731, -0.33547824553359995, 0.89599789412287678, 0.37243075906586243, 0.54346471186017675,
      0.16312666202960968, -0.69371247893802968, 0.19464895180823683}},
    {"glorot_normal",
     {-0.89468801952977906, 0.39122037546418337, 0.11021129640477832, 0.50155596440126049, 0.7287218446684347,
      0.070670278485554891, -0.071758221868274505, 0.3967544930050943}},
    {"he_uniform",
     {0.76988722908254581, -0.44379600397708541, 1.1852938015433567, 0.492679584539643, 0.7189362369607013,
      0.215796289967215, -0.91769535032607963, 0.25749635972199547}},
    {"he_normal",
     {-1.1835610003323476, 0.51753591064977222, 0.14579584097853521, 0.66349617519345006, 0.96400838796645894,
      0.093487990978228297, -0.094927204793825534, 0.52485686001949761}},
    {"lecun_uniform",
     {0.54439248043318922, -0.31381116387568908, 0.83812928476968951, 0.34837707518015248, 0.50836468839565052,
      0.15259101999071634, -0.64890860527893524, 0.18207742209027367}},
    {"lecun_normal",
     {-0.83690400928293651, 0.36595315192800909, 0.10309322782471778, 0.46916264477062608, 0.68165686825179528,
      0.066105992380212003, -0.067123670228798171, 0.3711298448720653}},
    {"normal",
     {-0.83690400928293651, 0.36595315192800909, 0.10309322782471778, 0.46916264477062608, 0.68165686825179528,
      0.066105992380212003, -0.067123670228798171, 0.3711298448720653}},
    {"centred",
     {-3.347616037131746, 1.4638126077120364, 0.4123729112988711, 1.8766505790825043, 2.7266274730071811,
      0.26442396952084801, -0.26849468091519268, 1.4845193794882612}},
    {"orthogonal",
     {-0.81093528771383128, 0.55606096772299829, 0.17654209004050925, 0.35459780483402464, 0.28450667463238338,
      0.55582631466402943, 0.099894295450939016, -0.044090110908841351}},
};

TEST(Initializers, TheFirstEightWeightsOfASeedAreFixed) {
  for (const auto& [name, expected] : first_eight_of_seed_42) {
    auto weight = draw(*make_initializer(name), {4, 3}, 42).weight;
    weight.resize(8);
    EXPECT_EQ(weight, expected) << name;
  }
  for_each_type(Initializers{}, [](const auto& initializer) {
    const bool known = first_eight_of_seed_42.contains(initializer.name);
    EXPECT_TRUE(known || draw(initializer, {1, 2}).weight == draw(initializer, {1, 2}, 2).weight ||
                initializer.name == "auto")
        << initializer.name;
  });
}

TEST(Initializers, AreFoundByNameAndDescribeThemselves) {
  for_each_type(Initializers{}, [](const auto& initializer) {
    const auto named = make_initializer(initializer.name);
    EXPECT_EQ(named->describe(), initializer.name);
    EXPECT_EQ(draw(*named, {5, 4}).weight, draw(initializer, {5, 4}).weight);
  });
  EXPECT_EQ(make_initializer("orthogonal(gain=1.4)")->describe(), "orthogonal(gain=1.4)");
  EXPECT_EQ(draw(*make_initializer("constant(value=3)"), {1, 2}).weight, (std::vector<double>{3, 3}));
}

TEST(Initializers, AWrongNameIsAnsweredWithTheChoices) {
  const std::string text = message_of<NameError>([] { make_initializer("he_norml"); });
  EXPECT_EQ(text.find("initializer: got 'he_norml', expected one of: auto zeros constant"), 0u) << text;
  EXPECT_NE(text.find("; did you mean 'he_normal'?"), text.npos) << text;
  EXPECT_EQ(message_of<NameError>([] { make_initializer("zeros(value=1)"); }),
            "zeros: parameter: got 'value', expected none");
}

}  // namespace
}  // namespace gradflow
