#include <gradflow/log/memory_sink.hpp>

#include <array>
#include <span>
#include <string>
#include <tuple>
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
  sink.write(std::array{Record{1, name, 0, 0.5, bins, -3, 4}, Record{1, name, 1, 0.25}});
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
  EXPECT_EQ(records[0].low, -3);
  EXPECT_EQ(records[0].high, 4);
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

/// Writes `groups` groups of records of different forms, some with bins. Many groups fill several blocks of memory.
void write_many(Sink& sink, std::size_t groups) {
  const std::vector<double> bins = {1, 2, 3};
  for (std::size_t i = 0; i < groups; ++i) {
    const int layer = static_cast<int>(i % 7);
    if (i % 3 == 0)
      sink.write(std::array{Record{i, "a", layer, double(i)}, Record{i + 1, "b", 2, 0.5, bins}});
    else
      sink.write({i, i % 2 ? "odd_name_of_some_length" : "even_name_of_that_length", -1, double(i)});
  }
}

/// Keeps an unpacked copy of each record.
class Copies final : public Sink {
 public:
  std::vector<std::tuple<std::size_t, std::string, int, double, std::vector<double>>> records;

 private:
  void write_records(std::span<const Record> given) override {
    for (const Record& r : given)
      records.emplace_back(r.step, r.quantity, r.layer, r.value, std::vector(r.bins.begin(), r.bins.end()));
  }
};

TEST(MemorySink, KeepsGroupsOfAllFormsAndAnyNumberOfThem) {
  constexpr std::size_t groups = 300000;
  MemorySink memory;
  Copies expected, found;
  write_many(memory, groups);
  write_many(expected, groups);
  memory.replay(found);
  EXPECT_EQ(found.records, expected.records);
  ASSERT_EQ(memory.records().size(), expected.records.size());
}

TEST(MemorySink, TellsGroupsApartThatDifferInOneThingOnly) {
  const std::vector<double> bins = {1, 2, 3};
  const auto write = [&](Sink& sink) {
    const auto group = [&](std::string_view name, int layer, std::size_t later, std::size_t numbers) {
      sink.write(
          std::array{Record{5, "first", 0, 1}, Record{5 + later, name, layer, 2, std::span(bins).first(numbers)}});
    };
    for (int round = 0; round < 2; ++round) {
      group("a_name_of_twenty_five_let", 1, 0, 2);
      group("a_name_of_twenty_five_leT", 1, 0, 2);
      group("A_name_of_twenty_five_let", 1, 0, 2);
      group("a_name_of_Twenty_five_let", 1, 0, 2);
      group("a_name_of_twenty_five_let", 2, 0, 2);
      group("a_name_of_twenty_five_let", 1, 1, 2);
      group("a_name_of_twenty_five_let", 1, 0, 3);
      group("short", 1, 0, 2);
      group("shorT", 1, 0, 2);
    }
  };
  MemorySink memory;
  Copies expected, found;
  write(memory);
  write(expected);
  memory.replay(found);
  EXPECT_EQ(found.records, expected.records);
}

TEST(MemorySink, GoesOnAfterItsRecordsWereLookedAt) {
  MemorySink memory;
  for (std::size_t i = 0; i < 3; ++i) {
    memory.write({i, "a", 0, double(i)});
    ASSERT_EQ(memory.records().size(), i + 1);
    EXPECT_EQ(memory.records()[i].value, double(i));
    EXPECT_EQ(memory.records()[i].step, i);
  }
}

TEST(MemorySink, KeepsAnEmptyGroup) {
  MemorySink memory;
  memory.write(std::span<const Record>());
  GroupSizes groups;
  memory.replay(groups);
  EXPECT_EQ(groups.sizes, std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace gradflow
