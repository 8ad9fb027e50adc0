#include <gradflow/report/gallery.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/flow/theory.hpp>
#include <gradflow/nn/activations.hpp>
#include <report/page_data.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/json.hpp>
#include <support/text.hpp>

namespace gradflow {
namespace {

class GalleryPage : public PageTest {};

template <class... Policies>
Gallery gallery_of(const Policies&... policies) {
  Gallery gallery{.title = "some",
                  .command = "activations --report",
                  .settings = {{"range", "4"}},
                  .range = 4,
                  .floats = 101,
                  .activations = {}};
  (gallery.activations.push_back(gallery_activation(policies, gallery.range, gallery.floats)), ...);
  return gallery;
}

Json json_of(const Gallery& gallery) { return JsonReader::read(data_of(gallery_page(gallery))); }

TEST_F(GalleryPage, HoldsItsHeadAndEachActivationInOrder) {
  const Json json = json_of(gallery_of(Tanh{}, LeakyRelu{0.5}));
  EXPECT_EQ(json["title"].text, "some");
  EXPECT_EQ(json["command"].text, "activations --report");
  EXPECT_EQ(json["version"].text.find("gradflow "), 0u);
  EXPECT_EQ(json["settings"][0][1].text, "4");
  EXPECT_EQ(json["floats"].number, 101);
  ASSERT_EQ(json["activations"].size(), 2u);
  EXPECT_EQ(json["activations"][0]["name"].text, "tanh");
  EXPECT_EQ(json["activations"][1]["name"].text, "leaky_relu(slope=0.5)");
}

TEST_F(GalleryPage, DrawsValueSlopeAndCurvatureFromEndToEnd) {
  const Json json = json_of(gallery_of(Gaussian{}));
  const Json& gaussian = json["activations"][0];
  ASSERT_EQ(json["z"].size(), 201u);
  EXPECT_EQ(json["z"][0].number, -4);
  EXPECT_EQ(json["z"][100].number, 0);
  EXPECT_EQ(json["z"][200].number, 4);
  for (std::size_t i = 0; i < 201; ++i) {
    const double z = json["z"][i].number, e = std::exp(-z * z);
    EXPECT_NEAR(gaussian["value"][i].number, e, 1e-15);
    EXPECT_NEAR(gaussian["slope"][i].number, -2 * z * e, 1e-15);
    EXPECT_NEAR(gaussian["curvature"][i].number, (4 * z * z - 2) * e, 1e-14);
  }
}

// tests/flow/theory_test.cpp has the same constants, for a sigmoid with Glorot's weights and with centred weights.
TEST_F(GalleryPage, SaysOfSigmoidWhatTheoryDoes) {
  const Json json = json_of(gallery_of(Sigmoid{}));
  const Json& sigmoid = json["activations"][0];
  EXPECT_EQ(sigmoid["slopes"]["high"].number, 0.25);
  EXPECT_EQ(sigmoid["slopes"]["high_at"].number, 0);
  EXPECT_EQ(std::abs(sigmoid["slopes"]["low_at"].number), 20);
  EXPECT_NEAR(sigmoid["slopes"]["left_at_best"].number, 9.536743e-7, 1e-13);
  EXPECT_NEAR(sigmoid["gains"]["forward"].number, 1.846229, 1e-6);
  EXPECT_NEAR(sigmoid["gains"]["backward"].number, 4.722646, 1e-6);
  EXPECT_EQ(sigmoid["auto"]["initializer"].text, "glorot_uniform");
  EXPECT_EQ(sigmoid["auto"]["sigma_w"].number, 1);
  EXPECT_NEAR(sigmoid["auto"]["q"].number, 0.2646868752, 1e-9);
  EXPECT_NEAR(sigmoid["auto"]["chi"].number, 0.0557207068, 1e-9);
  EXPECT_NEAR(sigmoid["auto"]["factor"].number, 0.23605234, 1e-8);
  EXPECT_NEAR(sigmoid["critical_centred"]["sigma_w"].number, 4, 1e-9);
}

TEST_F(GalleryPage, SaysOfReluThatHeKeepsTheGradientAtEveryVariance) {
  const Json json = json_of(gallery_of(Relu{}));
  const Json& relu = json["activations"][0];
  EXPECT_EQ(relu["auto"]["initializer"].text, "he_normal");
  EXPECT_TRUE(relu["auto"]["every_q"].truth);
  EXPECT_NEAR(relu["auto"]["chi"].number, 1, 1e-9);
  EXPECT_NEAR(relu["auto"]["left"].number, 1, 1e-9);
  EXPECT_NEAR(relu["critical"]["sigma_w"].number, std::sqrt(2), 1e-9);
  EXPECT_TRUE(relu["critical"]["every_q"].truth);
}

// Ten layers of tanh with Glorot's weights. Their q has not settled yet, so every layer has another factor.
TEST_F(GalleryPage, SaysWhatTenLayersLeaveBeforeTheVarianceHasSettled) {
  const Json json = json_of(gallery_of(Tanh{}));
  double expected = 1;
  for (const double factor : MeanField{activation_info(Tanh{}), 1, 0}.factors(1, 11)) expected *= factor;
  EXPECT_NEAR(json["activations"][0]["auto"]["left"].number, expected, 1e-12);
  EXPECT_LT(expected, 0.5);
}

TEST_F(GalleryPage, WhatTheoryDoesNotHaveIsNull) {
  const Json json = json_of(gallery_of(Softplus{}));
  const Json& softplus = json["activations"][0];
  EXPECT_TRUE(softplus["auto"]["q"].is_null());
  EXPECT_TRUE(softplus["critical"].is_null());
}

TEST_F(GalleryPage, ShowsAllActivationsOfTheLibraryWithoutAnInfinityOrANaN) {
  Gallery gallery;
  for_each_type(Activations{}, [&](const auto& policy) {
    gallery.activations.push_back(gallery_activation(policy, gallery.range, 11));
  });
  const Json json = json_of(gallery);
  ASSERT_EQ(json["activations"].size(), Activations::size);
  for (const Json& activation : json["activations"].items)
    for (const char* quantity : {"value", "slope", "curvature"})
      for (const Json& number : activation[quantity].items)
        EXPECT_FALSE(number.is_null()) << activation["name"].text << " " << quantity;
}

TEST_F(GalleryPage, IsWrittenWholeOrNotAtAll) {
  const TemporaryFolder folder;
  const Gallery gallery = gallery_of(Tanh{});
  write_gallery(folder.file("report.html"), gallery);
  EXPECT_EQ(text_of_file(folder.file("report.html")), gallery_page(gallery));
  EXPECT_THROW(write_gallery(folder.file("none/report.html"), gallery), std::system_error);
}

TEST(FloatErrorTest, IsTheLargestInUlpOfTheResultAndWhere) {
  const auto identity = [](double z) { return z; };
  const auto off = [](float z) { return z == 1 ? 1 + 3 * std::numeric_limits<float>::epsilon() : z; };
  const FloatError error = detail::float_error(off, identity, 2, 5);
  EXPECT_EQ(error.ulp, 3);
  EXPECT_EQ(error.at, 1);
  EXPECT_EQ(detail::float_error(off, identity, 2, 4).ulp, 0);  // -2, -2/3, 2/3, 2
}

TEST(FloatErrorTest, DoesNotCountWhatNoNormalFloatIs) {
  const auto wrong = [](float) { return 1.0f; };
  EXPECT_EQ(detail::float_error(
                wrong, [](double) { return 0.0; }, 1, 3)
                .ulp,
            0);
  EXPECT_EQ(detail::float_error(
                wrong, [](double) { return 1e-40; }, 1, 3)
                .ulp,
            0);
  EXPECT_EQ(detail::float_error(
                wrong, [](double) { return 1e39; }, 1, 3)
                .ulp,
            0);
}

TEST(FloatErrorTest, IsInfiniteWhereAFiniteResultIsNot) {
  const auto inverse = [](double z) { return 1 / (2 + z); };
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const FloatError error = detail::float_error([=](float z) { return z == 1 ? odd : 1 / (2 + z); }, inverse, 1.5, 7);
    EXPECT_EQ(error.ulp, std::numeric_limits<double>::infinity());
    EXPECT_EQ(error.at, 1);
  }
}

TEST(FloatErrorTest, IsThatOfTheActivationAsALayerComputesIt) {
  const GalleryActivation sigmoid = gallery_activation(Sigmoid{}, 5, 10'001);
  EXPECT_GT(sigmoid.value.ulp, 0.5);
  EXPECT_LT(sigmoid.value.ulp, 4);
  EXPECT_LT(sigmoid.slope.ulp, 8);
  EXPECT_EQ(gallery_activation(Relu{}, 5, 1001).value.ulp, 0);
}

TEST(GalleryWithoutD3, SaysWhatIsMissing) {
  if (can_write_reports()) GTEST_SKIP() << "built with D3";
  EXPECT_EQ(message_of<std::runtime_error>([] { gallery_page({}); }),
            "report: this build has no D3: apt-get install node-d3, then configure and build again");
}

}  // namespace
}  // namespace gradflow
