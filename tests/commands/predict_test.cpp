// The command predict as a user runs it: its output for saved models, and the inputs that it refuses.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <support/files.hpp>
#include <support/layers.hpp>
#include <support/matrices.hpp>
#include <support/predict.hpp>
#include <support/text.hpp>

#include <gradflow/data/csv.hpp>
#include <gradflow/data/npy.hpp>
#include <gradflow/data/scaling.hpp>
#include <gradflow/io/model.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/losses.hpp>

namespace gradflow {
namespace {

template <class T>
T number_of(const std::string& word) {
  T number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  EXPECT_TRUE(error == std::errc{} && end == word.data() + word.size()) << word;
  return number;
}

template <class T>
Network<T> drawn(std::size_t inputs, std::size_t outputs) {
  Network<T> network{dense<T>("tanh", inputs, 12), dense<T>("identity", 12, outputs)};
  network.initialize(AutoInit{}, 5);
  for (T& parameter : network.parameters()) parameter *= T(2);  // makes the probabilities differ more
  return network;
}

class PredictAnswers : public Predict {
 protected:
  /// A data set of the project, the information saved with its model, and the outputs of the model.
  template <class T>
  struct Prepared {
    Dataset<T> data;
    ModelInfo info;
    Matrix<T> output;
  };

  template <class T = float>
  Prepared<T> prepare(const std::string& name, std::size_t outputs, const std::string& loss, Target target) {
    const Dataset<T> data = load_csv<T>(dataset(name), {.target = target});
    return prepare<T>(data, drawn<T>(features(data), outputs), loss, target);
  }
  template <class T>
  Prepared<T> prepare(const Dataset<T>& data, const Network<T>& network, const std::string& loss, Target target) {
    Prepared<T> p{data, {}, {}};
    p.info = {.loss = loss,
              .features = standardiser(p.data.x),
              .feature_names = p.data.feature_names,
              .class_names = p.data.class_names};
    if (target == Target::values) p.info.targets = standardiser(p.data.y);
    save_model(folder.file("m.safetensors"), network, p.info);
    p.info.features->apply(p.data.x);
    p.output = network.predict(p.data.x);
    if (p.info.targets) p.info.targets->revert(p.output);
    return p;
  }

  static std::string dataset(const std::string& name) { return GRADFLOW_DATASETS "/" + name + ".csv"; }

  template <class T>
  static Matrix<double> in_double(const Matrix<T>& m) {
    auto result = zeros<double>(rows(m), columns(m));
    std::copy(m.begin(), m.end(), result.begin());
    return result;
  }

  /// Checks the output of predict: the class, then the probabilities, each rounded to the nearest number of T.
  template <class T>
  static void expect_classes(const std::string& written, const Words& names, const Matrix<double>& probabilities) {
    const Words lines = lines_of(written);
    ASSERT_EQ(lines.size(), rows(probabilities) + 1);
    Words header = names;
    header.insert(header.begin(), "class");
    EXPECT_EQ(split_line(lines[0]), header);
    for (std::size_t i = 0; i < rows(probabilities); ++i) {
      const Words words = split_line(lines[i + 1]);
      ASSERT_EQ(words.size(), names.size() + 1);
      const auto p = row(probabilities, i);
      EXPECT_EQ(words[0], names[static_cast<std::size_t>(std::ranges::max_element(p) - p.begin())]);
      for (std::size_t j = 0; j < names.size(); ++j)
        EXPECT_EQ(number_of<T>(words[j + 1]), static_cast<T>(p[j])) << "sample " << i << ", class " << j;
    }
  }
};

template <class T>
class PredictOf : public PredictAnswers {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(PredictOf, Numbers);

TYPED_TEST(PredictOf, SaysTheProbabilitiesOfTenClasses) {
  const auto p = this->template prepare<TypeParam>("digits", 10, "cross_entropy", Target::classes);
  const auto result = this->run("m.safetensors " + this->dataset("digits"));
  EXPECT_EQ(result.code, 0) << result.err;
  this->template expect_classes<TypeParam>(result.out, p.info.class_names, softmax(this->in_double(p.output)));
}

/// Also with running statistics that are not the first ones.
TYPED_TEST(PredictOf, KnowsEveryKindOfLayer) {
  const auto data = load_csv<TypeParam>(this->dataset("iris"), {.target = Target::classes});
  Network<TypeParam> network = test::network_of_all_layers<TypeParam>(4, 3);
  test::draw_all(network, 1);
  network.forward(data.x, {.seed = 1});
  network.update_state();
  const auto p = this->template prepare<TypeParam>(data, network, "cross_entropy", Target::classes);
  const auto result = this->run("m.safetensors " + this->dataset("iris"));
  EXPECT_EQ(result.code, 0) << result.err;
  this->template expect_classes<TypeParam>(result.out, p.info.class_names, softmax(this->in_double(p.output)));
}

TYPED_TEST(PredictOf, SaysTheProbabilitiesOfTwoClassesThatShareALogit) {
  const auto p = this->template prepare<TypeParam>("breast_cancer", 1, "binary_cross_entropy", Target::classes);
  const auto result = this->run("m.safetensors " + this->dataset("breast_cancer"));
  EXPECT_EQ(result.code, 0) << result.err;
  auto logits = zeros<double>(rows(p.output), 2);
  for (std::size_t i = 0; i < rows(p.output); ++i) {
    logits(i, 0) = -static_cast<double>(p.output(i, 0));
    logits(i, 1) = static_cast<double>(p.output(i, 0));
  }
  this->template expect_classes<TypeParam>(result.out, p.info.class_names, sigmoid(logits));
}

TYPED_TEST(PredictOf, SaysValuesInTheUnitOfTheTargets) {
  const auto p = this->template prepare<TypeParam>("diabetes", 1, "mse", Target::values);
  const auto result = this->run("m.safetensors " + this->dataset("diabetes"));
  EXPECT_EQ(result.code, 0) << result.err;
  const Words lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 443U);
  EXPECT_EQ(lines[0], "value");
  for (std::size_t i = 0; i < 442; ++i) EXPECT_EQ(number_of<TypeParam>(lines[i + 1]), p.output(i, 0)) << i;
}

TYPED_TEST(PredictOf, ReadsAndWritesArraysWithTheNumbersOfTheCsvFiles) {
  struct {
    const char *name, *loss;
    std::size_t outputs, columns;
    Target target;
  } const all[] = {{"digits", "cross_entropy", 10, 10, Target::classes},
                   {"breast_cancer", "binary_cross_entropy", 1, 2, Target::classes},
                   {"diabetes", "mse", 1, 1, Target::values}};
  for (const auto& [name, loss, outputs, columns_of_answers, target] : all) {
    this->template prepare<TypeParam>(name, outputs, loss, target);
    const std::string csv = "m.safetensors " + this->dataset(name), npy = "m.safetensors x.npy";
    save_npy(this->folder.file("x.npy"), load_csv<TypeParam>(this->dataset(name), {.target = target}).x);
    const auto from_csv = this->run(csv), from_npy = this->run(npy);
    EXPECT_EQ(from_npy.code, 0) << from_npy.err;
    EXPECT_EQ(from_npy.out, from_csv.out) << name;

    EXPECT_EQ(this->run(csv + " --output of_csv.npy").code, 0);
    EXPECT_EQ(this->run(npy + " --output of_npy.npy").code, 0);
    const std::string array = text_of_file(this->folder.file("of_csv.npy"));
    EXPECT_EQ(text_of_file(this->folder.file("of_npy.npy")), array) << name;
    EXPECT_NE(array.find(std::is_same_v<TypeParam, float> ? "'<f4'" : "'<f8'"), array.npos);
    const Matrix<TypeParam> answers = load_npy<TypeParam>(this->folder.file("of_npy.npy"));
    const Words lines = lines_of(from_csv.out);
    ASSERT_EQ(rows(answers) + 1, lines.size());
    ASSERT_EQ(columns(answers), columns_of_answers);
    for (std::size_t i = 0; i < rows(answers); ++i) {
      const Words words = split_line(lines[i + 1]);
      const std::size_t before = words.size() - columns(answers);  // the class has no number
      for (std::size_t j = 0; j < columns(answers); ++j)
        ASSERT_EQ(answers(i, j), number_of<TypeParam>(words[before + j])) << name << ", " << i << ", " << j;
    }
  }
}

TEST_F(PredictAnswers, WritesArraysOfLabelsAndOfSeveralValues) {
  Network<float> network{dense("identity", 1, 3)};
  network.parameters()[0] = 500, network.parameters()[1] = -500, network.parameters()[4] = 1;
  save_model(folder.file("m.safetensors"), network,
             {.loss = "binary_cross_entropy", .label_names = {"red", "round", "ripe"}});
  save_npy(folder.file("x.npy"), matrix<float>({{1}, {0}, {-1}}));
  EXPECT_EQ(run("m.safetensors x.npy --output p.npy").err, "");
  EXPECT_EQ(load_npy(folder.file("p.npy")), matrix<float>({{1, 0, 0.5}, {0.5, 0.7310585786300049, 0.5}, {0, 1, 0.5}}));
  Network<double> values{dense<double>("identity", 1, 2)};
  values.parameters()[1] = 2;
  save_model(folder.file("m.safetensors"), values, {.targets = Scaling({10, 20}, {1, 3})});
  EXPECT_EQ(run("m.safetensors x.npy --output p.npy").err, "");
  EXPECT_EQ(load_npy<double>(folder.file("p.npy")), matrix<double>({{10, 26}, {10, 20}, {10, 14}}));
}

TEST_F(PredictAnswers, RefusesArraysThatAreNotTheFeatures) {
  save_sum(sum_of_a_and_b);
  const auto says = [&](const Matrix<float>& x, const std::string& options = "--output p.npy") {
    save_npy(folder.file("x.npy"), x);
    const Result result = run("m.safetensors x.npy " + options);
    EXPECT_EQ(result.code == 0, result.err.empty());
    EXPECT_EQ(std::filesystem::exists(folder.file("p.npy")), result.code == 0);
    return result.err;
  };
  const std::string columns = "gradflow predict: x.npy: columns: got ";
  EXPECT_EQ(says(Matrix<float>({5, 3})), columns + "3, expected 2, one for each feature\n");
  EXPECT_EQ(says(Matrix<float>({2, 1})),
            columns + "1, expected 2, one for each feature; for one sample, in Python: x.reshape(1, -1)\n");
  EXPECT_EQ(says(matrix<float>({{1, 2}, {3, std::nan("")}})),
            "gradflow predict: x.npy: sample 1, feature 'b': got nan, expected a finite number\n");
  Matrix<float> large({700, 2});
  large(600, 0) = large(600, 1) = 3e38f;
  EXPECT_EQ(says(large),
            "gradflow predict: x.npy, sample 600: output: got inf or NaN, expected a finite number; check that these "
            "features have the same scale as the training data\n");
  EXPECT_EQ(run("m.safetensors absent.npy").err,
            "gradflow predict: absent.npy: cannot read: No such file or directory\n");
  for (const std::string option : {"--no-header", "--separator ';'"}) {
    EXPECT_EQ(says(large, option),
              "gradflow predict: " + option.substr(0, option.find(' ')) + ": FILE: got 'x.npy', expected a CSV file\n");
    EXPECT_EQ(run(option + " m.safetensors x.npy").code, 2);
  }
  EXPECT_EQ(says(Matrix<float>({0, 2})), "");
  EXPECT_EQ(load_npy(folder.file("p.npy")).shape(), (std::array<std::size_t, 2>{0, 1}));
}

TEST_F(PredictAnswers, FindsColumnsByNameWhateverTheirOrder) {
  prepare("iris", 3, "cross_entropy", Target::classes);
  const std::string straight = run("m.safetensors " + dataset("iris")).out;
  std::string shuffled;
  for (const std::string& line : lines_of(text_of_file(dataset("iris")))) {
    const Words w = split_line(line);
    shuffled += w[4] + ";" + w[2] + ";\"" + w[0] + "\";" + w[3] + "; " + w[1] + " \r\n";
  }
  const Result result = run("m.safetensors --separator ';'", shuffled);
  EXPECT_EQ(result.out, straight) << result.err;
  EXPECT_EQ(lines_of(straight).size(), 151U);
}

TEST_F(PredictAnswers, TakesColumnsByPositionWithoutAHeader) {
  prepare("iris", 3, "cross_entropy", Target::classes);
  const std::string with_header = run("m.safetensors " + dataset("iris")).out;
  std::string bare, labelled;
  for (const std::string& line : lines_of(text_of_file(dataset("iris")))) {
    if (line.starts_with("sepal")) continue;
    labelled += line + "\n";
    bare += line.substr(0, line.rfind(',')) + "\n";
  }
  EXPECT_EQ(run("--no-header m.safetensors -", bare).out, with_header);
  const Result result = run("m.safetensors --no-header", labelled);
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(lines_of(result.out).size(), 1U);
  EXPECT_EQ(result.err,
            "gradflow predict: standard input:1: columns: got 5, expected 4, one for each feature; remove the "
            "label column, or add a header with the column names\n");
}

TEST_F(PredictAnswers, GivesClassesWithoutNamesTheirIndices) {
  save_sum({.loss = "binary_cross_entropy"});
  EXPECT_EQ(run("m.safetensors", "a,b\n1,-1\n500,500\n").out, "class,0,1\n0,0.5,0.5\n1,0,1\n");
  Network<float> network{dense("identity", 1, 3)};
  save_model(folder.file("m.safetensors"), network, {.loss = "cross_entropy"});
  EXPECT_EQ(run("m.safetensors", "x\n1\n").out, "class,0,1,2\n0,0.33333334,0.33333334,0.33333334\n");
}

TEST_F(PredictAnswers, NamesTheLabelsThatAreTrueAndTheirProbabilities) {
  Network<float> network{dense("identity", 1, 3)};
  network.parameters()[0] = 500, network.parameters()[1] = -500, network.parameters()[4] = 1;
  const auto file = folder.file("m.safetensors");
  save_model(file, network, {.loss = "binary_cross_entropy", .label_names = {"red", "round", "ripe, or nearly"}});
  EXPECT_EQ(run("m.safetensors", "x\n1\n0\n-1\n").out,
            "labels,red,round,\"ripe, or nearly\"\nred,1,0,0.5\nround,0.5,0.7310586,0.5\nround,0,1,0.5\n");
  save_model(file, network, {.loss = "binary_cross_entropy"});
  EXPECT_EQ(run("m.safetensors", "x\n0\n").out, "labels,0,1,2\n1,0.5,0.7310586,0.5\n");
  save_model(file, network, {.loss = "binary_cross_entropy", .class_names = {"a", "b", "c"}});
  EXPECT_EQ(run("m.safetensors", "x\n0\n").out, "class,a,b,c\nb,0.5,0.7310586,0.5\n") << "one class for each sample";
  save_model(file, network, {.loss = "binary_cross_entropy", .label_names = {"red"}});
  EXPECT_EQ(run("m.safetensors", "x\n0\n").err,
            "gradflow predict: m.safetensors: metadata: label_names: got 1 name, expected 3, one for each output of "
            "the network\n");
}

TEST_F(PredictAnswers, ReadsTheOutputsOfALossOfYourOwnAsTheModelSays) {
  const auto says = [&](Reading reading) {
    save_sum({.loss = "focal(gamma=2)", .reads = reading});
    return run("m.safetensors", "a,b\n0.25,0\n").out;
  };
  EXPECT_EQ(says(Reading::one_logit), "class,0,1\n1,0.4378235,0.5621765\n");
  EXPECT_EQ(says(Reading::values), "value\n0.25\n");
}

TEST_F(PredictAnswers, PutsNamesOfClassesInQuotesWhereTheyNeedThem) {
  save_sum({.loss = "binary_cross_entropy", .class_names = {"no, \"never\"", "yes"}});
  EXPECT_EQ(run("m.safetensors", "a,b\n1,-1\n").out,
            "class,\"no, \"\"never\"\"\",yes\n\"no, \"\"never\"\"\",0.5,0.5\n");
}

TEST_F(PredictAnswers, SaysWhatTheNetworkSaysWhereTheLossTakesNoLogits) {
  save_sum({.loss = "huber(delta=2)", .class_names = {"no", "yes"}});
  EXPECT_EQ(run("m.safetensors", "a,b\n0.25,0.5\n0.25,0.125\n").out, "class,no,yes\nyes,0.25,0.75\nno,0.625,0.375\n");
  Network<float> network{dense("identity", 1, 2)};
  network.parameters()[1] = 2;
  save_model(folder.file("m.safetensors"), network, {.targets = Scaling({10, 20}, {1, 3})});
  EXPECT_EQ(run("m.safetensors", "x\n1\n").out, "value0,value1\n10,26\n");
}

TEST_F(PredictAnswers, WritesTheRowsBeforeABadOne) {
  save_sum(sum_of_a_and_b);
  std::string text = "b,a\n", expected = "value\n";
  for (int i = 0; i < 700; ++i) {
    text += std::to_string(i) + ",1\n";
    expected += std::to_string(i + 1) + "\n";
  }
  Result result = run("m.safetensors", text + "3,abc\n5,6\n");
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, expected);
  EXPECT_EQ(result.err, "gradflow predict: standard input:702: column 'a': got 'abc', expected a number\n");

  result = run("m.safetensors " + folder.write("a.csv", text + "3\n"));
  EXPECT_EQ(result.out, expected);
  EXPECT_EQ(result.err, "gradflow predict: " + folder.file("a.csv") + ":702: columns: got 1, expected 2\n");

  result = run("m.safetensors", text + "3e38,3e38\n5,6\n");
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, expected);
  EXPECT_EQ(result.err,
            "gradflow predict: standard input:702: output: got inf or NaN, expected a finite number; check that "
            "these features have the same scale as the training data\n");
}

TEST_F(PredictAnswers, NeedsAHeaderAndAllFeatures) {
  save_sum(sum_of_a_and_b);
  EXPECT_EQ(run("m.safetensors", "c\n1\n").err,
            "gradflow predict: standard input:1: header: got no 'a', 'b', expected all features of the model\n");
  EXPECT_EQ(run("m.safetensors", "").err,
            "gradflow predict: standard input: got an empty file, expected a header, and rows of numbers below it\n");
  EXPECT_EQ(run("m.safetensors absent.csv").err,
            "gradflow predict: absent.csv: cannot read: No such file or directory\n");
  EXPECT_EQ(run("m.safetensors", "a,b\n").out, "value\n");
  EXPECT_EQ(run("m.safetensors --no-header", "").out, "value\n");
}

TEST_F(PredictAnswers, RefusesWhatIsNoModel) {
  save_sum(sum_of_a_and_b);
  const std::string whole = text_of_file(folder.file("m.safetensors"));
  const auto refuses = [&](std::string_view content, const std::string& message) {
    folder.write("m.safetensors", content);
    const Result result = run("m.safetensors", "a,b\n1,2\n");
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err.find("gradflow predict: m.safetensors: " + message), 0U) << result.err;
  };
  std::string damaged = whole;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  refuses(damaged, "metadata: checksum: got crc32 ");
  refuses(whole.substr(0, whole.size() - 1), "");
  refuses("a,b\n1,2\n3,4\n", "length of the header: got ");
  refuses("", "got 0 bytes, expected a safetensors file");
  EXPECT_EQ(run("absent").err, "gradflow predict: absent: cannot read: No such file or directory\n");
}

TEST_F(PredictAnswers, RefusesModelsWhosePartsDoNotFit) {
  const auto refuses = [&](const ModelInfo& info, const std::string& message) {
    save_sum(info);
    const Result result = run("m.safetensors", "a,b\n1,2\n");
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "gradflow predict: m.safetensors: metadata: " + message + "\n");
  };
  refuses({.feature_names = {"a"}}, "feature_names: got 1 name, expected 2, one for each input of the network");
  refuses({.features = Scaling({1}, {1})}, "features: got 1 number, expected 2, one for each input of the network");
  refuses({.targets = Scaling({1, 2}, {1, 2})},
          "targets: got 2 numbers, expected 1, one for each output of the network");
  refuses({.loss = "mse", .class_names = {"a", "b", "c"}},
          "class_names: got 3 names, expected 1, one for each output of the network");
  refuses({.loss = "cross_entropy", .class_names = {"a", "b"}},
          "class_names: got 2 names, expected 1, one for each output of the network");
}

TEST_F(PredictAnswers, SaysHowItIsUsed) {
  for (const char* arguments : {"", "m.safetensors --separator ab", "m.safetensors a.csv b.csv",
                                "m.safetensors --headers", "m.safetensors --output"})
    EXPECT_EQ(run(arguments).code, 2) << arguments;
  EXPECT_EQ(run("--help").code, 0);
}

}  // namespace
}  // namespace gradflow
