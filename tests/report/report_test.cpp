#include <gradflow/report/report.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/data/toy.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/initializers.hpp>
#include <gradflow/observers/flow_history.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <report/page_data.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/json.hpp>
#include <support/text.hpp>

namespace gradflow {
namespace {

class ReportPage : public PageTest {};

Json json_of(const Report& report) { return JsonReader::read(data_of(report_page(report))); }

/// Trains a network on moons and measures every step.
ReportRun a_run(std::vector<LayerPtr<float>> layers, std::size_t steps = 8, double learning_rate = 0.1) {
  ReportRun run;
  for (const auto& layer : layers) run.layers.push_back({"some -> more", *layer->activation()});
  Network<float> network(std::move(layers));
  network.initialize(AutoInit{}, 1);
  const Dataset<float> data = moons({.samples = 60});
  Sgd<float> sgd({.learning_rate = learning_rate});
  FlowHistory<float> flow({.every = 1, .z = true});
  Trainer<float> trainer(network, BinaryCrossEntropy{}, sgd, {.steps = steps, .batch_size = 20});
  run.name = "tanh";
  run.history = trainer.watch(flow).fit(data);
  run.flow.assign(flow.snapshots().begin(), flow.snapshots().end());
  run.boundary = boundary_of(network, data, Reading::one_logit);
  return run;
}
ReportRun a_run(std::size_t steps = 8, double learning_rate = 0.1) {
  return a_run({dense<Tanh>(2, 4), dense<Relu>(4, 4), dense<Identity>(4, 1)}, steps, learning_rate);
}

/// A run of one layer with `count` measured steps. apart: the distance from one measured step to the next.
ReportRun measured(std::size_t count, std::size_t apart = 1) {
  ReportRun run;
  run.layers.resize(1);
  for (std::size_t i = 0; i < count; ++i) {
    run.flow.push_back({});
    run.flow.back().step = i * apart;
    run.flow.back().layers.resize(1);
    run.flow.back().layers[0].delta_norm = 1 / static_cast<double>(i + 3);
  }
  run.history.steps = (count - 1) * apart + 1;
  return run;
}

std::vector<double> numbers_of(const Json& json) {
  std::vector<double> numbers;
  for (const Json& item : json.items) numbers.push_back(item.number);
  return numbers;
}

Report of(std::vector<ReportRun> runs) {
  Report report;
  report.runs = std::move(runs);
  return report;
}

TEST_F(ReportPage, HoldsWhatItWasGiven) {
  Report report = of({a_run()});
  report.title = "moons: tanh";
  report.command = "compare --dataset moons";
  report.settings = {{"depth", "2"}, {"noise", "null"}};
  report.points = {{0.5, -1, 0}, {2, 3, 1}};
  report.runs[0].seed = 18446744073709551615u;
  report.runs[0].findings = {
      {Mechanism::exploding, 1, 2, "Too large.", {{Lever::init, "auto"}, {Lever::clip_norm, "1"}}}};
  report.runs[0].train = {0.25, 0.75, LayerFlow::unknown, LayerFlow::unknown};
  report.runs[0].validation = {0.375, 0.625, LayerFlow::unknown, LayerFlow::unknown};
  for (EpochRecord& epoch : report.runs[0].history.epochs) epoch.validation = {0.5, 0.875};
  const Json json = json_of(report);
  EXPECT_EQ(json["title"].text, report.title);
  EXPECT_EQ(json["command"].text, report.command);
  EXPECT_EQ(json["version"].text.find("gradflow "), 0u);
  EXPECT_EQ(json["settings"][1][0].text + json["settings"][1][1].text, "noisenull");
  EXPECT_EQ(json["thinning"].text, "8 of 8 steps and 3 of 3 epochs are shown, log-spaced.");
  EXPECT_EQ(numbers_of(json["points"]["x"]), (std::vector<double>{0.5, 2}));
  EXPECT_EQ(numbers_of(json["points"]["y"]), (std::vector<double>{-1, 3}));
  EXPECT_EQ(numbers_of(json["points"]["class"]), (std::vector<double>{0, 1}));
  ASSERT_EQ(json["runs"].size(), 1u);
  const Json& run = json["runs"][0];
  EXPECT_EQ(run["name"].text, "tanh");
  EXPECT_EQ(run["seed"].text, "18446744073709551615") << "must be a text: a JavaScript number has fewer digits";
  EXPECT_EQ(run["outcome"].text, "finished");
  EXPECT_TRUE(run["divergence"].is_null());
  EXPECT_EQ(run["steps"].number, 8);
  EXPECT_EQ(run["layers"].size(), 3u);
  EXPECT_EQ(run["layers"][1]["activation"].text, "relu");
  EXPECT_EQ(run["final"]["train_loss"].number, 0.25);
  EXPECT_EQ(run["final"]["train_metric"].number, 0.75);
  EXPECT_EQ(run["final"]["validation_loss"].number, 0.375);
  EXPECT_EQ(run["final"]["validation_metric"].number, 0.625);
  EXPECT_EQ(run["epochs"]["metric_name"].text, "accuracy");
  EXPECT_EQ(numbers_of(run["epochs"]["step"]), (std::vector<double>{2, 5, 7})) << "60 samples in batches of 20";
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(run["epochs"]["train_loss"][i].number, report.runs[0].history.epochs[i].train_loss);
    EXPECT_EQ(run["epochs"]["validation_loss"][i].number, 0.5);
    EXPECT_EQ(run["epochs"]["metric"][i].number, 0.875);
  }
  EXPECT_EQ(run["findings"][0]["mechanism"].text, "exploding");
  EXPECT_EQ(run["findings"][0]["first_layer"].number, 1);
  EXPECT_EQ(run["findings"][0]["last_layer"].number, 2);
  EXPECT_EQ(run["findings"][0]["remedies"][1].text, describe({Lever::clip_norm, "1"}));
  EXPECT_EQ(run["boundary"]["values"].size(), report.runs[0].boundary->values.size());
  EXPECT_EQ(run["theory"]["factor"].size(), 3u);
  EXPECT_EQ(run["theory"]["factor"][0].number, report.runs[0].flow[0].layers[0].predicted_factor);
  EXPECT_EQ(run["theory"]["deviation"][0].number, report.runs[0].flow[0].layers[0].predicted_deviation);
  EXPECT_EQ(run["slope_bins"][0]["high"].number, 1);
}

TEST_F(ReportPage, HoldsEveryNumberOfTheFlowExactly) {
  const Report report = of({a_run()});
  const Json all = json_of(report), &flow = all["runs"][0]["flow"];
  const auto& snapshots = report.runs[0].flow;
  ASSERT_EQ(flow["steps"].size(), snapshots.size());
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    EXPECT_EQ(flow["steps"][i].number, static_cast<double>(snapshots[i].step));
    EXPECT_EQ(flow["loss"][i].number, snapshots[i].loss);
    for (std::size_t layer = 0; layer < 3; ++layer) {
      const LayerFlow& expected = snapshots[i].layers[layer];
      const auto expect = [&](const char* name, double value) {
        const Json& got = flow[name][i][layer];
        EXPECT_EQ(got.is_null(), std::isnan(value)) << name << " of layer " << layer;
        if (!std::isnan(value)) {
          EXPECT_EQ(got.number, value) << name << " of layer " << layer;
        }
      };
      expect("delta_norm", expected.delta_norm);
      expect("weight_gradient_norm", expected.weight_gradient_norm);
      expect("bias_gradient_norm", expected.bias_gradient_norm);
      expect("factor", expected.factor);
      expect("slope_factor", expected.slope_factor);
      expect("weight_factor", expected.weight_factor);
      expect("activation_mean", expected.activation_mean);
      expect("activation_deviation", expected.activation_deviation);
      expect("spread", expected.spread);
      expect("slope_mean", expected.slope_mean);
      expect("saturated", expected.saturated);
      expect("dead", expected.dead);
      expect("numerically_dead", expected.numerically_dead);
      expect("update_ratio", expected.update_ratio);
      const auto shares = numbers_of(flow["slope_histogram"][i][layer]);
      for (std::size_t bin = 0; bin < shares.size(); ++bin)
        EXPECT_NEAR(shares[bin], 1000 * expected.slopes.shares[bin], 0.5);
      EXPECT_EQ(flow["z_histogram"][i][layer].size(), 40u);
    }
  }
}

TEST_F(ReportPage, NoTextOfTheUserBreaksOutOfTheData) {
  const std::string nasty = "</script><script>alert(\"1\")</script><!-- \\ \n\t\x01";
  Report report = of({a_run()});
  report.title = report.command = report.runs[0].name = report.runs[0].layers[0].name = nasty;
  report.settings = {{nasty, nasty}};
  report.runs[0].findings = {{Mechanism::healthy, 0, 0, nasty, {{Lever::activation, nasty}}}};
  report.runs[0].verdict = Verdict{GradientState::flowing, GradientState::flowing, Learning::learned, nasty};
  report.runs[0].cures = {{{Lever::activation, nasty}, nasty, "accuracy", 0, 1, 1, 1}};
  report.runs[0].history.divergence = Divergence{0, 0, nasty};
  report.runs[0].layers[0].activation->name = nasty;
  const std::string page = report_page(report), data = data_of(page), plain = report_page({});
  EXPECT_EQ(data.find('<'), data.npos);
  EXPECT_EQ(page.size() - data.size(), plain.size() - data_of(plain).size());
  const Json json = JsonReader::read(data), &run = json["runs"][0];
  for (const Json* text : {&json["title"], &json["command"], &json["settings"][0][0], &json["settings"][0][1],
                           &run["name"], &run["divergence"], &run["layers"][0]["name"], &run["layers"][0]["activation"],
                           &run["findings"][0]["text"], &run["verdict"]["text"]})
    EXPECT_EQ(text->text, nasty);
  EXPECT_TRUE(run["findings"][0]["remedies"][0].text.ends_with(nasty));
  EXPECT_TRUE(json["activations"].members.contains(nasty));
}

TEST_F(ReportPage, ReplacesBytesThatAreNotUtf8) {
  Report report = of({a_run()});
  report.title = "a\xff";
  report.settings = {{"\xc3(", "\xe2\x80"}};
  report.runs[0].name = "\xff\xff";
  const Json json = json_of(report);
  EXPECT_EQ(json["title"].text, "a\ufffd");
  EXPECT_EQ(json["settings"][0][0].text, "\ufffd(");
  EXPECT_EQ(json["settings"][0][1].text, "\ufffd");
  EXPECT_EQ(json["runs"][0]["name"].text, "\ufffd\ufffd");
}

TEST_F(ReportPage, WhatIsNoNumberIsNull) {
  ReportRun run = measured(2);
  run.flow[0].layers[0].delta_norm = std::numeric_limits<double>::infinity();
  run.train.loss = std::numeric_limits<double>::quiet_NaN();
  const Json json = json_of(of({run})), &got = json["runs"][0];
  EXPECT_TRUE(got["flow"]["loss"][0].is_null());
  EXPECT_TRUE(got["flow"]["delta_norm"][0][0].is_null());
  EXPECT_EQ(got["flow"]["delta_norm"][1][0].number, 0.25);
  EXPECT_TRUE(got["flow"]["factor"][0][0].is_null());
  EXPECT_TRUE(got["flow"]["slope_histogram"][0][0].is_null());
  EXPECT_TRUE(got["slope_bins"][0].is_null());
  EXPECT_TRUE(got["theory"].is_null());
  EXPECT_TRUE(got["final"]["train_loss"].is_null());
  EXPECT_TRUE(got["boundary"].is_null());
  EXPECT_TRUE(json["points"].is_null());
}

TEST_F(ReportPage, ShowsAllOfFewStepsAndSomeOfManyTheFirstAndTheLastAmongThem) {
  for (const std::size_t apart : {1u, 50u})
    for (const std::size_t count : {1u, 2u, 60u, 61u, 62u, 300u, 20000u}) {
      const ReportRun run = measured(count, apart);
      const Json all = json_of(of({run})), &flow = all["runs"][0]["flow"];
      const auto steps = numbers_of(flow["steps"]);
      const double last = static_cast<double>((count - 1) * apart);
      EXPECT_EQ(steps.front(), 0) << count;
      EXPECT_EQ(steps.back(), last) << count;
      EXPECT_LE(steps.size(), report_steps + 2) << count;
      if (count <= report_steps) {
        EXPECT_EQ(steps.size(), count);
      }
      const double ratio = std::pow(last + 1, 1.0 / report_steps);
      for (std::size_t i = 0; i < steps.size(); ++i) {
        EXPECT_EQ(flow["delta_norm"][i][0].number, 1 / (steps[i] / static_cast<double>(apart) + 3));
        if (i == 0) continue;
        EXPECT_LT(steps[i - 1], steps[i]);
        EXPECT_LE(steps[i] + 1, (steps[i - 1] + 1) * ratio + static_cast<double>(apart)) << count;
      }
    }
}

TEST_F(ReportPage, DoesNotGrowWithTheNumberOfMeasuredSteps) {
  const auto size = [](std::size_t steps) {
    return static_cast<double>(data_of(report_page(of({measured(steps)}))).size());
  };
  EXPECT_NEAR(size(100000) / size(1000), 1, 0.2);
  EXPECT_EQ(json_of(of({measured(1000)}))["thinning"].text.find("of 1000 steps and "), 3u);
}

TEST_F(ReportPage, DoesNotGrowWithTheNumberOfEpochs) {
  ReportRun run = a_run(8);
  EpochRecord epoch = run.history.epochs.back();
  run.history.epochs.clear();
  for (epoch.steps = 3; epoch.steps <= 300'000; epoch.steps += 3) run.history.epochs.push_back(epoch);
  const Json json = json_of(of({run}));
  const auto steps = numbers_of(json["runs"][0]["epochs"]["step"]);
  EXPECT_LE(steps.size(), report_epochs + 1);
  EXPECT_GE(steps.size(), report_epochs / 2);
  EXPECT_EQ(steps.front(), 2);
  EXPECT_EQ(steps.back(), 299'999);
  EXPECT_NE(json["thinning"].text.find(" of 100000 epochs are shown"), std::string::npos);
}

TEST_F(ReportPage, ShowsARunThatDivergedBesideOneThatDidNot) {
  const Report report = of({a_run(8), a_run({dense<Relu>(2, 4), dense<Relu>(4, 4), dense<Identity>(4, 1)}, 8, 1e25)});
  ASSERT_EQ(report.runs[1].history.outcome, Outcome::diverged);
  ASSERT_LT(report.runs[1].flow.size(), 8u);
  const Json json = json_of(report), &run = json["runs"][1];
  EXPECT_EQ(run["outcome"].text, "diverged");
  EXPECT_EQ(run["divergence"].text, report.runs[1].history.divergence->text);
  EXPECT_EQ(run["flow"]["steps"].size(), report.runs[1].flow.size());
  EXPECT_EQ(json["runs"][0]["flow"]["steps"].size(), 8u);
}

struct Bump {
  static constexpr std::string_view name = "bump";
  double height = 3;
  static constexpr Parameter<Bump> parameters[] = {{"height", &Bump::height, 0}};
  template <class V>
  V value(const V& z) const {
    return height / (1 + z * z);
  }
};

TEST_F(ReportPage, DrawsAnActivationOfTheUsersOwn) {
  const Json json = json_of(of({a_run({dense<Bump>(2, 4, {.activation = {.height = 5}}), dense<Identity>(4, 1)})}));
  const Json& activations = json["activations"];
  EXPECT_EQ(activations.size(), 2u);
  const Json& bump = activations["bump(height=5)"];
  EXPECT_EQ(json["runs"][0]["layers"][0]["activation"].text, "bump(height=5)");
  const double steepest = 5 * 3 * std::sqrt(3.0) / 8;  // the largest slope of 5 / (1 + z^2), at z = -1 / sqrt(3)
  EXPECT_NEAR(json["runs"][0]["slope_bins"][0]["low"].number, -steepest, 1e-3);
  EXPECT_NEAR(json["runs"][0]["slope_bins"][0]["high"].number, steepest, 1e-3);
  ASSERT_EQ(bump["z"].size(), 201u);
  EXPECT_EQ(bump["z"][0].number, -10);
  EXPECT_EQ(bump["z"][200].number, 10);
  for (std::size_t i = 0; i < 201; ++i) {
    const double z = bump["z"][i].number, q = 1 + z * z;
    EXPECT_NEAR(bump["value"][i].number, 5 / q, 1e-14);
    EXPECT_NEAR(bump["slope"][i].number, -10 * z / (q * q), 1e-14);
  }
}

TEST_F(ReportPage, ShowsANetworkOfOneLayer) {
  const Json json = json_of(of({a_run({dense<Identity>(2, 1)})}));
  EXPECT_EQ(json["runs"][0]["layers"].size(), 1u);
  EXPECT_EQ(json["runs"][0]["flow"]["delta_norm"][7].size(), 1u);
  EXPECT_TRUE(json["runs"][0]["flow"]["factor"][7][0].is_null());
}

TEST_F(ReportPage, ShowsRunsOfWhichNothingWasMeasuredAndNoRunsAtAll) {
  const Json json = json_of(of({ReportRun{}})), &run = json["runs"][0];
  EXPECT_EQ(run["flow"]["steps"].size(), 0u);
  EXPECT_EQ(run["flow"]["delta_norm"].size(), 0u);
  EXPECT_TRUE(run["slope_bins"].is_null());
  EXPECT_TRUE(run["theory"].is_null());
  EXPECT_EQ(json_of({})["runs"].size(), 0u);
}

TEST_F(ReportPage, HasNoTheoryWhereTheBeginningWasNotMeasured) {
  Report report = of({a_run()});
  report.runs[0].flow.erase(report.runs[0].flow.begin());
  EXPECT_TRUE(json_of(report)["runs"][0]["theory"].is_null());
}

TEST_F(ReportPage, IsWrittenWholeOrNotAtAll) {
  const TemporaryFolder folder;
  const Report report = of({a_run()});
  write_report(folder.file("report.html"), report);
  EXPECT_EQ(text_of_file(folder.file("report.html")), report_page(report));
  EXPECT_THROW(write_report(folder.file("none/report.html"), report), std::system_error);
  EXPECT_FALSE(std::filesystem::exists(folder.file("none")));
}

TEST_F(ReportPage, NeedsNothingElse) {
  const std::string page = report_page(of({a_run()}));
  for (const char* word : {"<script src", "rel=\"stylesheet", "@import", "url(http", "@DATA@", "@D3@", "@STYLE@",
                           "@BODY@", "@CHART@", "@SCRIPT@"})
    EXPECT_EQ(page.find(word), page.npos) << word;
}

TEST(ReportWithoutD3, SaysWhatIsMissing) {
  if (can_write_reports()) GTEST_SKIP() << "built with D3";
  const std::string expected = "report: this build has no D3; apt-get install node-d3, then configure and build again";
  EXPECT_EQ(message_of<std::runtime_error>([] { report_page({}); }), expected);
  EXPECT_EQ(message_of<std::runtime_error>([] { write_report("report.html", {}); }), expected);
}

Dataset<float> some_points() {
  Matrix<float> x = zeros<float>(3, 2);
  row(x, 0)[0] = -1, row(x, 1)[0] = 4, row(x, 2)[1] = 10;
  return {x, zeros<float>(3, 1), {}, {}};
}

TEST(ReportBoundaryTest, IsThatOfTheNetworkInTheMiddleOfEachCell) {
  Network<float> network{dense<Identity>(2, 1)};
  network.parameters()[0] = 1, network.parameters()[1] = 0.25f, network.parameters()[2] = -2;
  for (const Reading reading : {Reading::values, Reading::one_logit}) {
    const auto boundary = boundary_of(network, some_points(), reading);
    ASSERT_TRUE(boundary);
    EXPECT_DOUBLE_EQ(boundary->low[0], -1.5);
    EXPECT_DOUBLE_EQ(boundary->high[0], 4.5);
    EXPECT_DOUBLE_EQ(boundary->low[1], -1);
    EXPECT_DOUBLE_EQ(boundary->high[1], 11);
    ASSERT_EQ(boundary->values.size(), boundary->columns * boundary->rows);
    const double width = 6.0 / static_cast<double>(boundary->columns),
                 height = 12.0 / static_cast<double>(boundary->rows);
    for (std::size_t i = 0; i < boundary->values.size(); ++i) {
      const double x = -1.5 + (static_cast<double>(i % boundary->columns) + 0.5) * width;
      const double y = -1 + (static_cast<double>(i / boundary->columns) + 0.5) * height;
      const double logit = x + 0.25 * y - 2;
      EXPECT_NEAR(boundary->values[i], reading == Reading::one_logit ? 1 / (1 + std::exp(-logit)) : logit, 1e-5);
    }
  }
}

TEST(ReportBoundaryTest, IsTheClassOfTheLargestLogitHoweverLargeTheyAre) {
  Network<float> network{dense<Identity>(2, 3)};
  std::ranges::fill(network.parameters(), 0.0f);
  const auto biases = network.parameters().subspan(6);
  biases[0] = 40, biases[1] = 60, biases[2] = 50;
  Dataset<float> of_classes = some_points();
  of_classes.class_names = {"a", "b", "c"};
  for (const auto& boundary :
       {boundary_of(network, some_points(), Reading::class_logits),
        boundary_of(network, of_classes, Reading::label_logits), boundary_of(network, of_classes, Reading::values)}) {
    ASSERT_TRUE(boundary);
    for (const double value : boundary->values) EXPECT_EQ(value, 1);
  }
}

TEST(ReportBoundaryTest, IsNoneOfSeveralOutputsThatAreNoClasses) {
  Network<float> network{dense<Identity>(2, 3)};
  EXPECT_FALSE(boundary_of(network, some_points(), Reading::values));
  EXPECT_FALSE(boundary_of(network, some_points(), Reading::label_logits));
}

TEST(ReportBoundaryTest, IsNoneOfNetworksThatDoNotHaveTwoInputsAndOfNoPoints) {
  Network<float> one{dense<Identity>(1, 1)}, two{dense<Identity>(2, 1)}, three{dense<Identity>(3, 1)};
  const auto points = [](std::size_t rows, std::size_t columns) {
    return Dataset<float>{zeros<float>(rows, columns), zeros<float>(rows, 1), {}, {}};
  };
  EXPECT_FALSE(boundary_of(one, points(5, 1), Reading::one_logit));
  EXPECT_FALSE(boundary_of(three, points(5, 3), Reading::one_logit));
  EXPECT_FALSE(boundary_of(two, points(0, 2), Reading::one_logit));
}

TEST(ReportPoints, AreTheFirstOnesOfTwoDimensionalData) {
  const Dataset<float> data = moons({.samples = 30});
  const auto points = points_of(data, 12);
  ASSERT_EQ(points.size(), 12u);
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(points[i].x, row(data.x, i)[0]);
    EXPECT_EQ(points[i].y, row(data.x, i)[1]);
    EXPECT_EQ(static_cast<float>(points[i].label), row(data.y, i)[0]);
  }
  EXPECT_EQ(points_of(data).size(), 30u);
  EXPECT_TRUE(points_of(sine({.samples = 30})).empty());
}

TEST(ReportPoints, HaveTheClassOfARowOfOneHotTargetsAndNoneOfLabels) {
  Dataset<float> data = moons({.samples = 30});
  const Matrix<float> indices = data.y;
  data.y = one_hot(indices, 2);
  const auto points = points_of(data);
  ASSERT_EQ(points.size(), 30u);
  for (std::size_t i = 0; i < points.size(); ++i) EXPECT_EQ(static_cast<float>(points[i].label), indices(i, 0));
  data.class_names.clear();
  EXPECT_TRUE(points_of(data).empty());
}

}  // namespace
}  // namespace gradflow
