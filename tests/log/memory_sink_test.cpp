#include <gradflow/log/memory_sink.hpp>

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

class GroupSizes final : public Sink {
 public:
  std::vector<std::size_t> sizes;

 private:
  void write_records(std::span<const Record> records) override { sizes.push_back(records.size()); }
};

void write_what_vanishes(Sink& sink) {
  std::string name = "a_quantity_of_a_longer_name";
  std::vector<double> bins = {1, 2};
  sink.write(std::array{Record{1, name, 0, 0.5, bins}, Record{1, name, 1, 0.25}});
  sink.write({2, "b", -1, 3});
  name.assign(name.size(), 'x');
  bins.assign(2, 0);
}

TEST(MemorySink, KeepsNamesAndBinsThatVanishElsewhere) {
  MemorySink memory;
  EXPECT_TRUE(memory.records().empty());
  write_what_vanishes(memory);
  const auto records = memory.records();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].quantity, "a_quantity_of_a_longer_name");
  EXPECT_EQ(std::vector(records[0].bins.begin(), records[0].bins.end()), (std::vector<double>{1, 2}));
  EXPECT_EQ(records[1].layer, 1);
  EXPECT_EQ(records[1].value, 0.25);
  EXPECT_TRUE(records[1].bins.empty());
  EXPECT_EQ(records[2].step, 2U);
}

TEST(MemorySink, ReplaysTheSameGroups) {
  MemorySink memory, copy;
  write_what_vanishes(memory);
  GroupSizes groups;
  memory.replay(groups);
  EXPECT_EQ(groups.sizes, (std::vector<std::size_t>{2, 1}));
  memory.replay(copy);
  EXPECT_EQ(copy.records()[0].bins[1], 2);
  EXPECT_NE(copy.records()[0].quantity.data(), memory.records()[0].quantity.data());
}

}  // namespace
}  // namespace gradflow
