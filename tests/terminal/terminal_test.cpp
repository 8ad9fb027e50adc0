#include <gradflow/terminal/terminal.hpp>

#include <cstdlib>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

TEST(Terminal, ColoursAreWantedUnlessNoColorSaysSo) {
  unsetenv("NO_COLOR");
  EXPECT_TRUE(colours_are_wanted());
  setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(colours_are_wanted());
  setenv("NO_COLOR", "0", 1);
  EXPECT_FALSE(colours_are_wanted());
}

}  // namespace
}  // namespace gradflow
