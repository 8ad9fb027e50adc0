#include <gradflow/data/csv_features.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/csv.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>

namespace gradflow {
namespace {

using Samples = std::vector<std::vector<double>>;

template <class T>
class CsvFeaturesOf : public testing::Test {
 protected:
  Samples read(std::string_view text, const FeatureColumns& columns) {
    bool given = false;
    CsvReader rows("a.csv", ',', [&](std::span<char> into) {
      const std::size_t size = given ? 0 : text.copy(into.data(), into.size());
      given = true;
      return size;
    });
    CsvFeatures samples(rows, columns);
    std::vector<T> sample(columns.count);
    Samples all;
    while (samples.next()) {
      samples.read(std::span(sample));
      all.emplace_back(sample.begin(), sample.end());
    }
    return all;
  }
  std::string error(std::string_view text, const FeatureColumns& columns) {
    return message_of<FormatError>([&] { read(text, columns); });
  }
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(CsvFeaturesOf, Numbers);

const FeatureColumns by_name{.count = 2, .names = {"width", "height"}};
const FeatureColumns unnamed{.count = 2};
const FeatureColumns without_header{.count = 2, .names = {}, .header = false};

TYPED_TEST(CsvFeaturesOf, FindsColumnsByTheirNamesAndLooksAtNoOthers) {
  EXPECT_EQ(this->read("width,height\n1,2\n3,4\n", by_name), (Samples{{1, 2}, {3, 4}}));
  EXPECT_EQ(this->read(",height,kind,kind,width\n7,2,a,,1\n8,4,\"b\nc\",nan,3\n", by_name), (Samples{{1, 2}, {3, 4}}));
  EXPECT_EQ(this->read("1,height,2,width\n5,2,6,1\n", by_name), (Samples{{1, 2}}));  // other names may be numbers
  EXPECT_EQ(this->read("width,height\n", by_name), Samples{});
}

TYPED_TEST(CsvFeaturesOf, TakesAllColumnsByPositionWhereTheyHaveNoNames) {
  EXPECT_EQ(this->read("a,b\n1,2\n3,4\n", unnamed), (Samples{{1, 2}, {3, 4}}));
  EXPECT_EQ(this->read("1,2\n3,4\n", without_header), (Samples{{1, 2}, {3, 4}}));
  EXPECT_EQ(this->read("1,2\n", {.count = 2, .names = {"width", "height"}, .header = false}), (Samples{{1, 2}}));
  EXPECT_EQ(this->read("", without_header), Samples{});
  EXPECT_EQ(this->read("x\n5\n", {.count = 1}), (Samples{{5}}));
}

TYPED_TEST(CsvFeaturesOf, NamesAllThatAreMissing) {
  EXPECT_EQ(this->error("depth,width\n1,2\n", by_name),
            "a.csv:1: header: got no 'height', expected all features of the model");
  EXPECT_EQ(this->error("depth,Width\n1,2\n", by_name),
            "a.csv:1: header: got no 'width', 'height', expected all features of the model");
  EXPECT_EQ(this->error("width;height\n1;2\n", by_name),
            "a.csv:1: header: got no 'width', 'height', expected all features of the model; is ';' the separator?");
  EXPECT_EQ(this->error("width,height,width\n1,2,3\n", by_name),
            "a.csv:1: header: got 'width' twice, expected each feature once");
  EXPECT_EQ(this->error("", by_name), "a.csv: got an empty file, expected a header, and rows of numbers below it");
}

TYPED_TEST(CsvFeaturesOf, SaysWhereAHeaderIsMissingOrUnexpected) {
  for (const FeatureColumns& columns : {by_name, unnamed})
    EXPECT_EQ(this->error("1.5,2\n3,4\n", columns),
              "a.csv:1: header: got '1.5', expected a column name; for a file without a header add --no-header");
  EXPECT_EQ(this->error("5\n", {.count = 1}),
            "a.csv:1: header: got '5', expected a column name; for a file without a header add --no-header");
  EXPECT_EQ(this->error("width,height\n1,2\n", without_header),
            "a.csv:1: column 'x0': got 'width', expected a number; if this line has the names of the columns, set "
            ".header = true (drop --no-header)");
}

TYPED_TEST(CsvFeaturesOf, TakesNoMoreAndNoFewerColumnsThanFeatures) {
  EXPECT_EQ(this->error("1,2,0\n", without_header),
            "a.csv:1: columns: got 3, expected 2, one for each feature; remove the label column");
  EXPECT_EQ(this->error("1,2,0\n", {.count = 2, .names = {"width", "height"}, .header = false}),
            "a.csv:1: columns: got 3, expected 2, one for each feature; remove the label column, or add a header with "
            "the column names");
  EXPECT_EQ(this->error("a,b,label\n1,2,0\n", unnamed),
            "a.csv:1: columns: got 3, expected 2, one for each feature; remove the label column");
  EXPECT_EQ(this->error("a;b\n1;2\n", unnamed),
            "a.csv:1: columns: got 1, expected 2, one for each feature; is ';' the separator?");
  EXPECT_EQ(this->error("1,2\n3\n", without_header), "a.csv:2: columns: got 1, expected 2");
}

TYPED_TEST(CsvFeaturesOf, NamesLineAndColumnOfWhatIsNoNumber) {
  EXPECT_EQ(this->error("height,width\n1,2\n3,abc\n", by_name),
            "a.csv:3: column 'width': got 'abc', expected a number");
  EXPECT_EQ(this->error("height,width\n1,2\n,4\n", by_name),
            "a.csv:3: column 'height': got an empty field, expected a number");
  EXPECT_EQ(this->error("a,b\n1,inf\n", unnamed), "a.csv:2: column 'b': got 'inf', expected a finite number");
  EXPECT_EQ(this->error("1,2\n3,1e400\n", without_header), "a.csv:2: column 'x1': got '1e400', expected at most " +
                                                               text(double{std::numeric_limits<TypeParam>::max()}) +
                                                               " in absolute value");
}

TYPED_TEST(CsvFeaturesOf, RoundsNumbersOnce) {
  EXPECT_EQ(this->read("a,b\n0.1,-1e-40\n", unnamed), (Samples{{TypeParam(0.1), TypeParam(-1e-40)}}));
}

/// Expects the same numbers as from load_csv, to the last bit, so that predictions read exactly what training read.
TYPED_TEST(CsvFeaturesOf, ReadsWhatLoadCsvReads) {
  for (const std::string name : {"iris", "digits", "breast_cancer", "wine"}) {
    const std::string path = GRADFLOW_DATASETS "/" + name + ".csv";
    const auto data = load_csv<TypeParam>(path);
    CsvReader rows(path, ',');
    CsvFeatures samples(rows, {.count = features(data), .names = data.feature_names});
    std::vector<TypeParam> sample(features(data));
    for (std::size_t i = 0; i < gradflow::samples(data); ++i) {
      ASSERT_TRUE(samples.next());
      samples.read(std::span(sample));
      ASSERT_TRUE(std::ranges::equal(sample, row(data.x, i))) << name << " " << i;
    }
    EXPECT_FALSE(samples.next());
  }
}

TYPED_TEST(CsvFeaturesOf, RefusesWhatDoesNotFit) {
  EXPECT_THROW(this->read("a,b\n", {.count = 2, .names = {"a"}}), ShapeError);
  CsvReader rows(GRADFLOW_DATASETS "/iris.csv", ',');
  CsvFeatures samples(rows, {.count = 2, .names = {"sepal_width_cm", "petal_width_cm"}});
  std::vector<TypeParam> three(3);
  samples.next();
  EXPECT_THROW(samples.read(std::span(three)), ShapeError);
}

}  // namespace
}  // namespace gradflow
