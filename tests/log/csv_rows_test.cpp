#include <gradflow/log/csv_rows.hpp>

#include <array>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Csv, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv_text("leaky_relu"), "leaky_relu");
  EXPECT_EQ(csv_text(""), "");
  EXPECT_EQ(csv_text("elu(a=1, b=2)"), "\"elu(a=1, b=2)\"");
  EXPECT_EQ(csv_text("a \"b\""), "\"a \"\"b\"\"\"");
  EXPECT_EQ(csv_text("two\nlines"), "\"two\nlines\"");
}

TEST(Csv, WritesNumbersThatReadBackExactly) {
  for (const double number : {0.1, 1.0 / 3, -4.9e-324, 1.7976931348623157e308, 250.0})
    EXPECT_EQ(std::strtod(csv_number(number).c_str(), nullptr), number);
  EXPECT_EQ(csv_number(0.1), "0.1");
  EXPECT_EQ(csv_number(infinity), "inf");
  EXPECT_EQ(csv_number(-infinity), "-inf");
  for (const double sign : {1.0, -1.0}) EXPECT_EQ(csv_number(sign * std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(Csv, PutsConstantColumnsFirst) {
  const std::vector<CsvColumn> columns = {{"activation", "leaky_relu(slope=0.1, b=2)"}, {"seed", "1"}};
  EXPECT_EQ(csv_header(columns), "activation,seed,step,layer,quantity,value\n");
  std::string out;
  append_csv(out, columns, {250, "delta_norm", 3, 1.5e-9});
  EXPECT_EQ(out, "\"leaky_relu(slope=0.1, b=2)\",1,250,3,delta_norm,1.5e-09\n");
}

TEST(Csv, GivesEachBinARowAfterItsRecord) {
  const std::array bins = {4.0, 0.25};
  std::string out;
  append_csv(out, {}, {7, "slopes", -1, 2, bins});
  EXPECT_EQ(csv_header(), "step,layer,quantity,value\n");
  EXPECT_EQ(out, "7,-1,slopes,2\n7,-1,slopes[0],4\n7,-1,slopes[1],0.25\n");
}

}  // namespace
}  // namespace gradflow
