#include <gradflow/base/names.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <support/errors.hpp>

namespace gradflow {
namespace {

struct Plain {
  static constexpr std::string_view name = "plain";
};

struct Rich {
  static constexpr std::string_view name = "rich";
  double slope = 0.2;
  double rate = 0.5;
  int steps = 3;
  bool nesterov = false;
  static constexpr Parameter<Rich> parameters[] = {{"slope", &Rich::slope},
                                                   {"rate", &Rich::rate, 0.0, 1.0, true},
                                                   {"steps", &Rich::steps, 1.0},
                                                   {"nesterov", &Rich::nesterov, 0.0, 1.0}};
};

using Family = TypeList<Plain, Rich>;

/// Reads a policy from the text and returns its description.
std::string round_trip(std::string_view text) {
  return by_name<std::string>(Family{}, "family", text, [](const auto& policy) { return describe(policy); });
}

/// Returns the error's message.
template <class Error>
std::string error_of(std::string_view text) {
  try {
    return "no error, but " + round_trip(text);
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Names, FindsAPolicyByItsName) {
  EXPECT_EQ(round_trip("plain"), "plain");
  EXPECT_EQ(round_trip("rich"), "rich");
  EXPECT_EQ(round_trip("  rich() "), "rich");
}

TEST(Names, SetsParametersAndLeavesTheRestAtTheirDefaults) {
  EXPECT_EQ(round_trip("rich(slope=0.01)"), "rich(slope=0.01)");
  EXPECT_EQ(round_trip(" rich( slope = -1e-3 , steps=7 )"), "rich(slope=-0.001, steps=7)");
  EXPECT_EQ(round_trip("rich(slope=0.2, steps=3)"), "rich");
}

TEST(Names, BooleansAreWordsOrDigits) {
  EXPECT_EQ(round_trip("rich(nesterov=true)"), "rich(nesterov=1)");
  EXPECT_EQ(round_trip("rich(nesterov=1)"), "rich(nesterov=1)");
  EXPECT_EQ(round_trip("rich(nesterov=false)"), "rich");
  EXPECT_EQ(error_of<ValueError>("rich(nesterov=0.5)"), "rich: nesterov: got 0.5, expected 0 or 1");
}

TEST(Names, WholeNumbersMustBeWhole) {
  EXPECT_EQ(error_of<ValueError>("rich(steps=2.5)"), "rich: steps: got 2.5, expected a whole number");
}

TEST(Names, RangesAreHeld) {
  EXPECT_EQ(error_of<ValueError>("rich(steps=0)"), "rich: steps: got 0, expected at least 1");
  EXPECT_EQ(error_of<ValueError>("rich(rate=1)"), "rich: rate: got 1, expected a number in [0, 1)");
  EXPECT_EQ(error_of<ValueError>("rich(nesterov=2)"), "rich: nesterov: got 2, expected a number in [0, 1]");
  EXPECT_EQ(error_of<ValueError>("rich(slope=nan)"), "rich: slope: got nan, expected a finite number");
  EXPECT_EQ(round_trip("rich(rate=0)"), "rich(rate=0)");
}

TEST(Names, AnInfinityIsRefusedUnlessTheRangeEndsWithIt) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(error_of<ValueError>("rich(slope=inf)"), "rich: slope: got inf, expected a finite number");
  EXPECT_EQ(error_of<ValueError>("rich(slope=-inf)"), "rich: slope: got -inf, expected a finite number");
  EXPECT_EQ(error_of<ValueError>("rich(slope=1e400)"), "rich: slope: got inf, expected a finite number");
  EXPECT_EQ(error_of<ValueError>("rich(steps=inf)"), "rich: steps: got inf, expected a finite number of at least 1");
  EXPECT_EQ(message_of<ValueError>([] { check_range("sgd", "learning_rate", infinity, 0, infinity, true); }),
            "sgd: learning_rate: got inf, expected a finite number of at least 0");
  EXPECT_EQ(message_of<ValueError>([] { check_range("sgd", "learning_rate", -1, 0, infinity, true); }),
            "sgd: learning_rate: got -1, expected at least 0");
  EXPECT_EQ(message_of<ValueError>([] { check_range("trainer", "clip_norm", -infinity, 0, infinity, false); }),
            "trainer: clip_norm: got -inf, expected at least 0");
  EXPECT_NO_THROW(check_range("trainer", "clip_norm", infinity, 0, infinity, false));
}

TEST(Names, ResultsNeedNoDefault) {
  struct Length {
    explicit Length(std::size_t n) : letters(n) {}
    std::size_t letters;
  };
  const auto visit = [](const auto& policy) { return Length(policy.name.size()); };
  EXPECT_EQ(by_name<Length>(Family{}, "family", "plain", visit).letters, 5U);
}

TEST(Names, MembersSetByHandAreCheckedToo) {
  EXPECT_NO_THROW(check_parameters(Rich{}));
  EXPECT_NO_THROW(check_parameters(Plain{}));
  EXPECT_THROW(check_parameters(Rich{.rate = 1}), ValueError);
  EXPECT_THROW(check_parameters(Rich{.slope = std::numeric_limits<double>::quiet_NaN()}), ValueError);
}

TEST(Names, AnUnknownNameListsTheChoicesAndTheNearest) {
  EXPECT_EQ(error_of<NameError>("rihc"), "family: got 'rihc', expected one of: plain rich; did you mean 'rich'?");
  EXPECT_EQ(error_of<NameError>("plian"), "family: got 'plian', expected one of: plain rich; did you mean 'plain'?");
  EXPECT_EQ(error_of<NameError>("banana"), "family: got 'banana', expected one of: plain rich");
  EXPECT_EQ(error_of<NameError>(""), "family: got '', expected one of: plain rich");
}

/// A file may hold names this long. Without a limit, the search for a similar name would need length x length bytes.
TEST(Names, OfAnyLengthTakeNoLongToBeUnknown) {
  const std::string typed(10'000'000, 'a'), name(10'000'000, 'b');
  EXPECT_EQ(error_of<NameError>(typed), "family: got '" + typed.substr(0, 999) + "..., expected one of: plain rich");
  EXPECT_EQ(message_of<NameError>([&] {
              throw_unknown_name("a.csv", "label", "speices", {name, "species"});
            }),
            "a.csv: label: got 'speices', expected one of: " + name.substr(0, 992) + "...; did you mean 'species'?");
}

TEST(Names, AnyNumberOfParametersTakesNoLongToBeRefused) {
  std::string text = "rich(steps=3";
  for (int i = 0; i < 200'000; ++i) text += ",p" + std::to_string(i) + "=1";
  EXPECT_EQ(error_of<NameError>(text + ")"), "rich: parameter: got 'p0', expected one of: slope rate steps nesterov");
  EXPECT_EQ(error_of<NameError>(text + ",p7=1)"), "rich: parameter: got 'p7' twice, expected only once");
}

TEST(Names, AnUnknownParameterListsTheChoicesAndTheNearest) {
  EXPECT_EQ(error_of<NameError>("rich(slop=1)"),
            "rich: parameter: got 'slop', expected one of: slope rate steps nesterov; did you mean 'slope'?");
  EXPECT_EQ(error_of<NameError>("plain(slope=1)"), "plain: parameter: got 'slope', expected none");
}

TEST(Names, WrongFormsAreNamed) {
  EXPECT_EQ(error_of<NameError>("rich(slope=1"), "family: got 'rich(slope=1', expected name or name(key=number, ...)");
  for (const std::string inside : {"slope", "slope=", "slope=x", "slope=1x", "=", ""}) {
    const std::string message = error_of<NameError>("rich(steps=3," + inside + ",)");
    EXPECT_NE(message.find("family: parameter: got '" + inside + "', expected key=number"), message.npos) << message;
  }
}

TEST(Names, ATrailingCommaOrAParameterGivenTwiceIsRefused) {
  EXPECT_EQ(error_of<NameError>("rich(steps=3,)"), "family: parameter: got '', expected key=number");
  EXPECT_EQ(error_of<NameError>("rich(steps=3,steps=4)"), "rich: parameter: got 'steps' twice, expected only once");
}

TEST(Names, AWholeNumberTooLargeToBeExactIsRefused) {
  EXPECT_EQ(error_of<ValueError>("rich(steps=1e300)"), "rich: steps: got 1e+300, expected a whole number");
}

TEST(Names, NamesOfAListAreInItsOrder) {
  EXPECT_EQ(names_of(Family{}), (std::vector<std::string_view>{"plain", "rich"}));
  std::string visited;
  for_each_type(Family{}, [&](const auto& policy) { visited += std::string(policy.name) + ' '; });
  EXPECT_EQ(visited, "plain rich ");
}

}  // namespace
}  // namespace gradflow
