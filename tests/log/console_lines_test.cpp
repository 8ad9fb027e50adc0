#include <gradflow/log/console_lines.hpp>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gradflow::detail {
namespace {

TEST(ConsoleLines, GivesEachLayerALineAndEachQuantityAColumn) {
  const std::array records = {Record{250, "weight_gradient_norm", 0, 1.234e-3},
                              Record{250, "bias_gradient_norm", 0, 4.56e-4},
                              Record{250, "delta_norm", 0, 7.89e-3},
                              Record{250, "weight_gradient_norm", 10, 12},
                              Record{250, "gain_gradient_norm", 10, 2},
                              Record{250, "delta_norm", 10, 0}};
  EXPECT_EQ(console_lines(records, true),
            "step   250  layer  0  ‖dL/dW‖ 1.23e-03  ‖dL/db‖ 4.56e-04  ‖dL/dz‖ 7.89e-03\n"
            "step   250  layer 10  ‖dL/dW‖ 1.20e+01                    ‖dL/dz‖ 0.00e+00  gain_gradient_norm 2.00e+00");
}

TEST(ConsoleLines, StaysInAsciiWhereAsked) {
  EXPECT_EQ(console_lines(std::array{Record{0, "delta_norm", 0, 1}}, false), "step     0  layer  0  |dL/dz| 1.00e+00");
}

TEST(ConsoleLines, GivesTheWholeNetworkALineWithoutALayer) {
  const std::array records = {Record{9, "batch_loss", -1, 0.69314718}, Record{9, "learning_rate", -1, 0.03},
                              Record{9, "dead_share", 2, 0.5}};
  EXPECT_EQ(console_lines(records, true),
            "step     9  batch_loss 0.6931    learning_rate 0.03\n"
            "step     9  layer  2  dead_share 0.5");
}

TEST(ConsoleLines, ShowsWhatIsNotFinite) {
  const std::array records = {Record{0, "delta_norm", 0, std::numeric_limits<double>::quiet_NaN()},
                              Record{0, "weight_gradient_norm", 0, std::numeric_limits<double>::infinity()}};
  EXPECT_EQ(console_lines(records, false), "step     0  layer  0  |dL/dz|      nan  |dL/dW|      inf");
}

TEST(ConsoleLines, NothingGivesNothing) { EXPECT_EQ(console_lines({}, true), ""); }

}  // namespace
}  // namespace gradflow::detail
