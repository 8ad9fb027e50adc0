#include <gradflow/report/sweep_map.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>

#include <gtest/gtest.h>

#include <report/page_data.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/json.hpp>
#include <support/text.hpp>

namespace gradflow {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

class SweepMapPage : public PageTest {};

/// A map of two networks. The first has two runs that train, and one that diverged and has no metric. The second has no
/// runs yet.
SweepMap a_map() {
  SweepMap map;
  map.title = "Sweep of moons";
  map.command = "sweep --dataset moons";
  map.settings = {{"width", "8"}};
  map.metric = "validation accuracy";
  map.trains_above = 0.75;
  map.rules = "Trains: ...";
  map.seeds = 4;  // one more than the finished runs
  map.depths = {2, 16};
  const SweepMapCell cell{0.9,
                          0.25,
                          true,
                          {{1, 0.8, 0.5, 0.25, "flowing", "flowing", "learned"},
                           {2, 1, 2, 4, "flowing", "vanishing", "learned"},
                           {7, none, 8, 64, "flowing", "not finite", "diverged"}}};
  map.rows = {{"relu", "he_normal", "trains at depth 2", {cell, {}}}};
  return map;
}

Json json_of(const SweepMap& map) { return JsonReader::read(data_of(sweep_map_page(map))); }

TEST_F(SweepMapPage, HoldsWhatItWasGiven) {
  const Json json = json_of(a_map());
  EXPECT_EQ(json["title"].text, "Sweep of moons");
  EXPECT_EQ(json["command"].text, "sweep --dataset moons");
  EXPECT_EQ(json["settings"][0][1].text, "8");
  EXPECT_EQ(json["metric"].text, "validation accuracy");
  EXPECT_EQ(json["trains_above"].number, 0.75);
  EXPECT_EQ(json["rules"].text, "Trains: ...");
  EXPECT_EQ(json["seeds"].number, 4);
  EXPECT_EQ(json["depths"][1].number, 16);
  const Json& row = json["rows"][0];
  EXPECT_EQ(row["activation"].text, "relu");
  EXPECT_EQ(row["initializer"].text, "he_normal");
  EXPECT_EQ(row["conclusion"].text, "trains at depth 2");
  const Json& cell = row["cells"][0];
  EXPECT_EQ(cell["metric"].number, 0.9);
  EXPECT_EQ(cell["interval"].number, 0.25);
  EXPECT_TRUE(cell["trains"].truth);
  EXPECT_EQ(cell["runs"][1]["seed"].text, "2");
  EXPECT_EQ(cell["runs"][1]["factor"].number, 2);
  EXPECT_EQ(cell["runs"][1]["left"].number, 4);
  EXPECT_TRUE(cell["runs"][2]["metric"].is_null());
  EXPECT_EQ(cell["runs"][1]["start"].text, "flowing");
  EXPECT_EQ(cell["runs"][1]["end"].text, "vanishing");
  EXPECT_EQ(cell["runs"][2]["learning"].text, "diverged");
}

TEST_F(SweepMapPage, ACellsFactorIsTheGeometricMeanOfThoseThatThereAre) {
  SweepMap map = a_map();
  EXPECT_NEAR(json_of(map)["rows"][0]["cells"][0]["factor"].number, 2, 1e-12);
  map.rows[0].cells[0].runs[2].factor_per_layer = none;
  EXPECT_NEAR(json_of(map)["rows"][0]["cells"][0]["factor"].number, 1, 1e-12);
  map.rows[0].cells[0].runs[0].factor_per_layer = 0;
  EXPECT_EQ(json_of(map)["rows"][0]["cells"][0]["factor"].number, 0);
}

TEST_F(SweepMapPage, WhatHasNotBeenRunIsNull) {
  const Json json = json_of(a_map());
  const Json& cell = json["rows"][0]["cells"][1];
  EXPECT_EQ(cell["runs"].size(), 0u);
  for (const char* quantity : {"metric", "interval", "factor"}) EXPECT_TRUE(cell[quantity].is_null()) << quantity;
  EXPECT_FALSE(cell["trains"].truth);
}

TEST_F(SweepMapPage, NoTextOfTheUserBreaksOutOfTheData) {
  const std::string nasty = "</script><script>alert(\"1\")</script>@SCRIPT@@DATA@";
  SweepMap map = a_map();
  map.title = map.command = map.rows[0].activation = nasty;
  const std::string page = sweep_map_page(map), data = data_of(page), plain = sweep_map_page({});
  EXPECT_EQ(data.find('<'), data.npos);
  EXPECT_EQ(page.size() - data.size(), plain.size() - data_of(plain).size());
  EXPECT_EQ(JsonReader::read(data)["rows"][0]["activation"].text, nasty);
}

TEST_F(SweepMapPage, IsWrittenWholeOrNotAtAll) {
  const TemporaryFolder folder;
  write_sweep_map(folder.file("report.html"), a_map());
  EXPECT_EQ(text_of_file(folder.file("report.html")), sweep_map_page(a_map()));
  EXPECT_THROW(write_sweep_map(folder.file("none/report.html"), a_map()), std::system_error);
}

TEST(SweepMapWithoutD3, SaysWhatIsMissing) {
  if (can_write_reports()) GTEST_SKIP() << "built with D3";
  EXPECT_EQ(message_of<std::runtime_error>([] { sweep_map_page({}); }),
            "report: this build has no D3: apt-get install node-d3, then configure and build again");
}

}  // namespace
}  // namespace gradflow
