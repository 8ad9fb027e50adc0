#include <gradflow/observers/layer_line.hpp>

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <support/screen.hpp>

namespace gradflow::detail {
namespace {

class LayerLineTest : public testing::Test {
 protected:
  LayerLineTest() {
    setenv("LC_ALL", "C.UTF-8", 1);
    scale_.include(1e-6);
    for (const double norm : {1.0, 0.1, 0.01, 1e-3}) line_.history.add(norm);
  }
  LayerLineStyle style(std::size_t width) const { return {scale_, name_.size(), width}; }

  const std::string name_ = " 0 dense 3 -> 5, tanh";
  LogScale scale_;
  LayerLine line_ = {.name = name_, .norm = 1e-3, .state = GradientState::vanishing};
};

TEST_F(LayerLineTest, HasNameNormBarCourseAndHealth) {
  EXPECT_EQ(layer_line(line_, style(200)), "   0 dense 3 -> 5, tanh  1.0e-03 ███     █▆▄▁                  vanishing");
}

TEST_F(LayerLineTest, IsPlainWhereTheLocaleIsNotUtf8) {
  setenv("LC_ALL", "C", 1);
  EXPECT_EQ(layer_line(line_, style(200)), "   0 dense 3 -> 5, tanh  1.0e-03 ###     @*=.                  vanishing");
}

TEST_F(LayerLineTest, TheNameGivesWayBeforeTheRestIsCut) {
  EXPECT_EQ(layer_line(line_, style(64)), "   0 dense 3 -  1.0e-03 ███     █▆▄▁                  vanishing");
  EXPECT_EQ(layer_line(line_, style(26)), "   0 dense  1.0e-03 ███   ");
  EXPECT_EQ(layer_line(line_, style(5)), "   0 ");
}

TEST_F(LayerLineTest, IsNeverWiderThanAskedAndEndsInThePlainColour) {
  for (std::size_t width = 0; width < 100; ++width) {
    LayerLineStyle coloured = style(width);
    coloured.coloured = true;
    for (const LayerLineStyle& s : {style(width), coloured}) {
      Screen screen(1, width);
      screen.write(layer_line(line_, s));
      EXPECT_FALSE(screen.coloured());
      EXPECT_LE(screen.column(), width);
    }
  }
}

TEST_F(LayerLineTest, AColourNeverStandsAlone) {
  LayerLineStyle coloured = style(200);
  coloured.coloured = true;
  for (const GradientState state : {GradientState::flowing, GradientState::vanishing, GradientState::exploding,
                                    GradientState::dead, GradientState::none, GradientState::not_finite}) {
    line_.state = state;
    const std::string plain = layer_line(line_, style(200)), text = layer_line(line_, coloured);
    EXPECT_TRUE(plain.ends_with(name(state))) << plain;
    EXPECT_EQ(plain.find('\x1b'), plain.npos);
    EXPECT_NE(text.find("\x1b[3"), text.npos);
    EXPECT_EQ(text.find("\x1b[32m") != text.npos, state == GradientState::flowing) << "only flowing is green";
    EXPECT_TRUE(text.ends_with(std::string(name(state)) + "\x1b[m")) << text;
  }
}

TEST_F(LayerLineTest, ShowsADeadLayerAndOneThatIsNotFinite) {
  EXPECT_EQ(layer_line({.name = "a", .norm = 0, .state = GradientState::dead}, {scale_, 1, 200}),
            "  a  0.0e+00                               dead");
  EXPECT_EQ(layer_line({.name = "a", .norm = std::nan(""), .state = GradientState::not_finite}, {scale_, 1, 200}),
            "  a      nan !                             not finite");
}

}  // namespace
}  // namespace gradflow::detail
