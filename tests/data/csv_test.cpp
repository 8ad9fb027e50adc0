#include <gradflow/data/csv.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>

namespace gradflow {
namespace {

using Names = std::vector<std::string>;

template <class T>
std::vector<double> numbers(const Matrix<T>& m) {
  return {m.begin(), m.end()};
}

template <class T>
std::vector<std::size_t> class_counts(const Dataset<T>& data) {
  std::vector<std::size_t> counts(classes(data));
  for (const T y : flat(data.y)) ++counts.at(static_cast<std::size_t>(y));
  return counts;
}

template <class T>
class CsvOf : public testing::Test {
 protected:
  Dataset<T> load(std::string_view content, const CsvOptions& options = {}) {
    return load_csv<T>(folder_.write("a.csv", content), options);
  }

  /// Returns the error's message without the folder's path.
  template <class Error = FormatError>
  std::string error(std::string_view content, const CsvOptions& options = {}) {
    const std::string message = message_of<Error>([&] { load(content, options); });
    return message.substr(std::min(message.size(), folder_.path().size() + 1));
  }

  TemporaryFolder folder_;
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(CsvOf, Numbers);

struct Expected {
  const char* name;
  std::size_t features;
  std::vector<std::size_t> class_counts;
};

TYPED_TEST(CsvOf, LoadsTheClassesOfTheFilesThatComeWithGradflow) {
  const Expected all[] = {{"iris", 4, {50, 50, 50}},
                          {"wine", 13, {59, 71, 48}},
                          {"breast_cancer", 30, {212, 357}},
                          {"digits", 64, {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}}};
  for (const Expected& expected : all) {
    const auto data = load_csv<TypeParam>(std::string(GRADFLOW_DATASETS "/") + expected.name + ".csv");
    EXPECT_EQ(features(data), expected.features) << expected.name;
    EXPECT_EQ(data.feature_names.size(), expected.features) << expected.name;
    EXPECT_EQ(class_counts(data), expected.class_counts) << expected.name;
    EXPECT_NO_THROW(require_finite(data, expected.name));
  }
}

TYPED_TEST(CsvOf, LoadsTheValuesOfDiabetes) {
  const auto data = load_csv<TypeParam>(GRADFLOW_DATASETS "/diabetes.csv", {.target = Target::values});
  EXPECT_EQ(samples(data), 442u);
  EXPECT_EQ(features(data), 10u);
  EXPECT_FALSE(is_classification(data));
  EXPECT_EQ(data.y(0, 0), 151);
  EXPECT_EQ(data.x(441, 2), TypeParam(19.6));
  EXPECT_EQ(data.feature_names[2], "bmi");
}

TYPED_TEST(CsvOf, FindsTheLabelByNameOrPosition) {
  const std::string_view content = "a,b,c\n1,0,3\n4,1,6\n";
  for (const char* label : {"b", "1", "-2"}) {
    const auto data = this->load(content, {.label = label});
    EXPECT_EQ(data.feature_names, (Names{"a", "c"})) << label;
    EXPECT_EQ(numbers(data.x), (std::vector<double>{1, 3, 4, 6})) << label;
    EXPECT_EQ(numbers(data.y), (std::vector<double>{0, 1})) << label;
  }
  EXPECT_EQ(this->load(content, {.label = "0"}).feature_names, (Names{"b", "c"}));
  EXPECT_EQ(this->load(content).feature_names, (Names{"a", "b"}));
  EXPECT_EQ(this->load("a,0,c\n1,2,3\n4,5,6\n", {.label = "0"}).feature_names, (Names{"a", "c"}));
}

TYPED_TEST(CsvOf, SortsClassesByNumberOrByAlphabet) {
  const auto by_number = this->load("a,c\n1,10\n2,9\n3,-1\n4,9.0\n");
  EXPECT_EQ(by_number.class_names, (Names{"-1", "9", "10"}));
  EXPECT_EQ(numbers(by_number.y), (std::vector<double>{2, 1, 0, 1}));
  const auto by_text = this->load("a,c\n1,rose\n2,10\n3,\"iris, blue\"\n4,9\n");
  EXPECT_EQ(by_text.class_names, (Names{"10", "9", "iris, blue", "rose"}));
  EXPECT_EQ(numbers(by_text.y), (std::vector<double>{3, 0, 2, 1}));
}

TYPED_TEST(CsvOf, ReadsFilesWithoutAHeader) {
  const auto data = this->load("5.1,3.5,Iris-setosa\n7,3.2,Iris-versicolor\n", {.header = false});
  EXPECT_EQ(samples(data), 2u);
  EXPECT_EQ(data.feature_names, (Names{"x0", "x1"}));
  EXPECT_EQ(data.class_names, (Names{"Iris-setosa", "Iris-versicolor"}));
  EXPECT_EQ(data.x(0, 0), TypeParam(5.1));
}

TYPED_TEST(CsvOf, ReadsNumbersInEveryForm) {
  const auto data = this->load("a,b,y\n-1.5e-3,.5,1E2\n\"7\", 8 ,-0\n+1.5,1e-400,+3\n", {.target = Target::values});
  EXPECT_EQ(data.x(0, 0), TypeParam(-1.5e-3));
  EXPECT_EQ(data.x(0, 1), TypeParam(0.5));
  EXPECT_EQ(data.x(1, 1), 8);
  EXPECT_EQ(data.x(2, 0), TypeParam(1.5));
  EXPECT_EQ(data.x(2, 1), 0);
  EXPECT_EQ(numbers(data.y), (std::vector<double>{100, 0, 3}));
}

TYPED_TEST(CsvOf, NamesFileLineAndColumnOfWhatIsNoNumber) {
  EXPECT_EQ(this->error("a,b,c\n1,2,0\n3,abc,1\n"), "a.csv:3: column 'b': got 'abc', expected a number");
  EXPECT_EQ(this->error("a,b,c\n1,2,0\n,4,1\n"), "a.csv:3: column 'a': got an empty field, expected a number");
  EXPECT_EQ(this->error("a,b,c\n1,2x,0\n3,4,1\n"), "a.csv:2: column 'b': got '2x', expected a number");
  EXPECT_EQ(this->error("a,b,c\n1,nan,0\n3,4,1\n"), "a.csv:2: column 'b': got 'nan', expected a finite number");
  EXPECT_EQ(this->error("a,b,c\n1,-inf,0\n3,4,1\n"), "a.csv:2: column 'b': got '-inf', expected a finite number");
  EXPECT_EQ(this->error("a,b,c\n1,1e400,0\n3,4,1\n"), "a.csv:2: column 'b': got '1e400', expected at most " +
                                                          text(double{std::numeric_limits<TypeParam>::max()}) +
                                                          " in absolute value");
  EXPECT_EQ(this->error("a,b,c\n1,2,0\n3,4\n"), "a.csv:3: columns: got 2, expected 3");
  EXPECT_EQ(this->error("a,b,c\n1,2,0\n3,4,\n"), "a.csv:3: column 'c': got an empty field, expected a class");
  EXPECT_EQ(this->error("a,b,c\n1,2,NaN\n3,4,1\n"), "a.csv:2: column 'c': got 'NaN', expected a class");
  EXPECT_EQ(this->error("a,b,c\n1,2,x\n3,4,1\n", {.target = Target::values}),
            "a.csv:2: column 'c': got 'x', expected a number");
  EXPECT_EQ(this->error("a,c\n" + std::string(100, 'z') + ",1\n0,2\n"),
            "a.csv:2: column 'a': got '" + std::string(40, 'z') + "...', expected a number");
}

TYPED_TEST(CsvOf, RefusesFilesWithNothingToLearn) {
  EXPECT_EQ(this->error(""), "a.csv: got an empty file, expected rows of numbers and a label");
  EXPECT_EQ(this->error("a,b\n"), "a.csv: got only a header, expected rows of data below it");
  EXPECT_EQ(this->template error<ValueError>("a,b\n1,x\n2,x\n"),
            "a.csv: classes in column 'b': got only 'x', expected at least 2");
  EXPECT_EQ(this->error("a\n1\n"), "a.csv:1: columns: got 1, expected at least 2: a feature and the label");
  EXPECT_EQ(this->error("a;b\n1;2\n"),
            "a.csv:1: columns: got 1, expected at least 2: a feature and the label; is ';' the separator?");
}

/// Returns a file whose label column y repeats the numbers 0, 1, ..., different - 1.
std::string with_labels(int different, int samples) {
  std::string content = "a,y\n";
  for (int i = 0; i < samples; ++i) content += "1," + std::to_string(i % different) + "\n";
  return content;
}

TYPED_TEST(CsvOf, RefusesValuesWhereClassesAreMeant) {
  const std::string path = GRADFLOW_DATASETS "/diabetes.csv";
  EXPECT_EQ(message_of<FormatError>([&] { load_csv<TypeParam>(path); }),
            path +
                ": classes in column 'progression': got 214 different numbers in 442 samples, expected a few classes; "
                "for a regression set .target = Target::values (--target values)");
  EXPECT_EQ(this->error(with_labels(21, 62)).substr(0, 62),
            "a.csv: classes in column 'y': got 21 different numbers in 62 s");
  EXPECT_EQ(classes(this->load(with_labels(21, 63))), 21U);
  EXPECT_EQ(classes(this->load(with_labels(20, 20))), 20U);
}

TYPED_TEST(CsvOf, RefusesLabelsThatNoColumnHas) {
  const std::string_view content = "width,height,kind\n1,2,3\n4,5,6\n";
  EXPECT_EQ(this->template error<NameError>(content, {.label = "kid"}),
            "a.csv: label: got 'kid', expected one of: width height kind; did you mean 'kind'?");
  EXPECT_EQ(this->template error<ValueError>(content, {.label = "3"}),
            "a.csv: label: got position 3, expected a position from -3 to 2");
  EXPECT_EQ(this->template error<ValueError>(content, {.label = "-4"}),
            "a.csv: label: got position -4, expected a position from -3 to 2");
}

TYPED_TEST(CsvOf, SaysWhereAHeaderIsMissingOrUnexpected) {
  EXPECT_EQ(this->error("5.1,3.5,Iris-setosa\n7,3.2,Iris-versicolor\n"),
            "a.csv:1: header: got '5.1', expected a column name; for a file without a header add --no-header");
  EXPECT_EQ(this->error("1,2,0\n3,4,1\n"),
            "a.csv:1: header: got '1', expected a column name; for a file without a header add --no-header");
  EXPECT_EQ(this->error("a,b,c\n1,2,0\n3,4,1\n", {.header = false}),
            "a.csv:1: column 'x0': got 'a', expected a number; "
            "if this line has the names of the columns, set .header = true (drop --no-header)");
  EXPECT_EQ(this->error("a,b,a\n1,2,0\n"),
            "a.csv:1: header, column 2: got 'a' again, expected a name that no other column has");
  EXPECT_EQ(this->error(",b,c\n1,2,0\n"), "a.csv:1: header, the name of column 0 is missing");
}

TYPED_TEST(CsvOf, SurvivesRandomBytes) {
  Rng rng(2);
  for (int round = 0; round < 100; ++round) {
    std::string content = "a,b,c\n1,2,0\n3,4,1\n";
    for (std::uint64_t i = rng.below(5); i-- > 0;)
      content.insert(rng.below(content.size()), 1, static_cast<char>(rng.below(256)));
    try {
      require_finite(this->load(content), "random bytes");
    } catch (const FormatError&) {
    } catch (const ValueError& error) {
      EXPECT_NE(std::string(error.what()).find("classes in column"), std::string::npos) << error.what();
    }
  }
}

TEST(Csv, ColumnsOfAnyNumberTakeNoLongToBeToldApart) {
  TemporaryFolder folder;
  std::string names, numbers;
  for (int i = 0; i < 200'000; ++i) {
    names += "c" + std::to_string(i) + ",";
    numbers += "1,";
  }
  const auto data = load_csv(folder.write("wide.csv", names + "y\n" + numbers + "a\n" + numbers + "b\n"));
  EXPECT_EQ(features(data), 200'000u);
  const std::string path = folder.write("twice.csv", names + "c7\n" + numbers + "a\n");
  EXPECT_EQ(message_of<FormatError>([&] { load_csv(path); }),
            path + ":1: header, column 200000: got 'c7' again, expected a name that no other column has");
}

TEST(Csv, ErrorsAreOneLineWhateverAFieldHolds) {
  TemporaryFolder folder;
  const std::string path = folder.write("a.csv", "\"a\nb\",y\n\"1\r2\",c\n");
  EXPECT_EQ(message_of<FormatError>([&] { load_csv(path); }), path + ":3: column 'a?b': got '1?2', expected a number");
}

TEST(Csv, RefusesWhatIsFiniteInDoubleOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.csv", "a,b\n1e300,0\n1,1\n");
  EXPECT_EQ(load_csv<double>(path).x(0, 0), 1e300);
  EXPECT_EQ(message_of<FormatError>([&] { load_csv<float>(path); }),
            path + ":2: column 'a': got '1e300', expected at most 3.4028234663852886e+38 in absolute value");
}

}  // namespace
}  // namespace gradflow
