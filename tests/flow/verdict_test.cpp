#include <gradflow/flow/verdict.hpp>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <support/errors.hpp>
#include <support/verdict_pairs.hpp>

namespace gradflow {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

GradientFlow with_deltas(std::vector<double> norms) { return {.delta_norms = std::move(norms), .weight_norms = {}}; }

template <class Enum>
std::vector<std::string> all_names(const std::string& kind, Enum last) {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(last); ++i)
    names.push_back(kind + ": " + std::string(name(static_cast<Enum>(i))));
  return names;
}

/// Returns all words for the start, the end, the learning and the findings, each as "kind: word".
std::vector<std::string> all_words() {
  std::vector<std::string> words = all_names("start", GradientState::not_finite);
  for (const auto& more : {all_names("end", GradientState::not_finite), all_names("learning", Learning::unknown),
                           all_names("finding", Mechanism::healthy)})
    words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Verdict, EveryWordHasAName) {
  const auto words = all_words();
  for (const std::string& word : words) EXPECT_FALSE(word.ends_with(": ")) << word;
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
}

TEST(Verdict, EveryPairOfWordsIsListedAsAllowedOrContradictory) {
  std::vector<std::string> listed;
  for (const auto& [word, marks] : test::verdict_pairs) {
    EXPECT_EQ(marks.size(), listed.size()) << word;
    EXPECT_EQ(marks.find_first_not_of("+-"), marks.npos) << word;
    listed.emplace_back(word);
  }
  auto known = all_words();
  std::ranges::sort(known);
  std::ranges::sort(listed);
  EXPECT_EQ(listed, known);
}

TEST(Verdict, AContradictionAndAnUnlistedWordAreFound) {
  EXPECT_TRUE(test::contradictions({"start: vanishing", "end: flowing", "learning: learned"}).empty());
  EXPECT_EQ(test::contradictions({"finding: healthy", "start: vanishing"}),
            std::vector<std::string>{"start: vanishing, finding: healthy"});
  EXPECT_EQ(test::contradictions({"start: flowing", "finding: fine"}),
            std::vector<std::string>{"finding: fine, which is not listed"});
}

TEST(Verdict, LearningFollowsTheLossBesideGuessing) {
  using enum Learning;
  const auto of = [](double loss) { return judge_learning({.chance_loss = 2, .loss = loss}); };
  EXPECT_EQ(of(0.99), learned);
  EXPECT_EQ(of(1.01), little);
  EXPECT_EQ(of(1.89), little);
  EXPECT_EQ(of(1.91), nothing);
  EXPECT_EQ(of(50), nothing);
  EXPECT_EQ(of(std::nan("")), unknown);
  EXPECT_EQ(judge_learning({.loss = 1}), unknown);
  EXPECT_EQ(judge_learning({.chance_loss = 2, .loss = 0.1, .diverged = true}), diverged);
}

TEST(Verdict, ALossThatLostATwentiethInTheLastQuarterWasStillFalling) {
  using enum Learning;
  const auto of = [](double loss, double last) {
    return judge_learning({.chance_loss = 2, .loss = loss, .earlier_loss = 1, .last_loss = last});
  };
  EXPECT_EQ(of(1.5, 0.94), unfinished);
  EXPECT_EQ(of(1.5, 0.96), little);
  EXPECT_EQ(of(1.95, 0.94), unfinished);
  EXPECT_EQ(of(1.95, 0.96), nothing);
  EXPECT_EQ(of(0.5, 0.5), learned);
}

TEST(Verdict, SaysEachOfTheThreeInASentenceWithItsNumbers) {
  const Verdict v = judge(with_deltas({1e-4, 0.1, 1}), with_deltas({5, 0.1, 1}), 99, {.chance_loss = 2, .loss = 1.5});
  EXPECT_EQ(v.start, GradientState::vanishing);
  EXPECT_EQ(v.end, GradientState::flowing);
  EXPECT_EQ(v.learning, Learning::little);
  EXPECT_EQ(
      v.text,
      "At the start the gradient shrinks to 0.0001 of its size on the way to layer 0: vanishing. At the end, step "
      "99, the gradient grows to 5 times its size on the way to layer 0: flowing. The run learned little: loss "
      "1.5 (guessing: 2).");
}

TEST(Verdict, HasASentenceWithItsWordForEveryStateAndEveryThingLearned) {
  const std::vector<std::vector<double>> norms = {{1, 1}, {1e-3, 1}, {1e3, 1}, {0, 1}, {0, 0}, {infinity, 1}, {1}};
  std::set<GradientState> states;
  std::set<Learning> learnings;
  for (const auto& start : norms)
    for (const auto& end : norms)
      for (const double loss : {0.1, 1.5, 2.0, std::nan("")})
        for (const double last : {0.5, 1.0}) {
          const Verdict v = judge(with_deltas(start), with_deltas(end), 7,
                                  {.chance_loss = 2, .loss = loss, .earlier_loss = 1, .last_loss = last});
          EXPECT_NE(v.text.find(" " + std::string(name(v.start)) + ". At the end, step 7, "), v.text.npos) << v.text;
          EXPECT_NE(v.text.find(" " + std::string(name(v.end)) + ". "), v.text.npos) << v.text;
          EXPECT_NE(v.text.find(name(v.learning)), v.text.npos) << v.text;
          states.insert({v.start, v.end});
          learnings.insert(v.learning);
        }
  EXPECT_EQ(states.size(), 6u);
  EXPECT_EQ(learnings.size(), 5u) << "every value except diverged";
}

TEST(Verdict, TheEndOfARunThatDivergedIsNotFinite) {
  const Verdict v = judge(with_deltas({1, 1}), with_deltas({1, 1}), 7, {.chance_loss = 2, .loss = 1, .diverged = true});
  EXPECT_EQ(v.end, GradientState::not_finite);
  EXPECT_EQ(v.text,
            "At the start the gradient shrinks to 1 of its size on the way to layer 0: flowing. The run diverged.");
}

TEST(Verdict, NeedsASnapshot) {
  EXPECT_EQ(message_of<ValueError>([] { judge(std::span<const FlowSnapshot>{}, {}); }),
            "judge: snapshots: got none, expected at least one");
}

}  // namespace
}  // namespace gradflow
