#include <cli/settings.hpp>

#include <array>
#include <filesystem>

#include <gradflow/base/errors.hpp>
#include <gradflow/gradflow.hpp>

#include <cli/report_option.hpp>

using namespace gradflow;

namespace {

constexpr std::array bundled = {"digits", "iris", "wine", "breast_cancer", "diabetes", "fashion-mnist"};
constexpr std::array<std::string_view, 4> scales = {"auto", "min_max", "standardise", "none"};
constexpr std::array<std::string_view, 2> ways_to_weigh = {"none", "balanced"};
constexpr std::array<std::string_view, 2> targets = {"classes", "values"};

template <std::size_t n>
std::function<void(const std::string&)> word(const std::array<std::string_view, n>& choices, std::string family) {
  return [&choices, family](const std::string& typed) {
    for (const std::string_view choice : choices)
      if (choice == typed) return;
    throw_unknown_name(family, "", typed, {choices.begin(), choices.end()});
  };
}

std::function<void(const std::string&)> word_or(const std::string& word,
                                                std::function<void(const std::string&)> other) {
  return [word, other](const std::string& typed) {
    if (typed != word) other(typed);
  };
}

/// Returns a check for an option that is only for some data sets. It throws UsageError for other data sets.
std::function<void(const std::string&)> only_for(std::string option, const Settings& settings,
                                                 bool (*suits)(std::string_view), std::string expected) {
  return [=, &settings](const std::string&) {
    if (!suits(settings.dataset))
      throw UsageError(text(ErrorDetails{option, "dataset", in_quotes(settings.dataset), expected, {}}));
  };
}

std::string without_parameters(std::string_view name) { return std::string(name.substr(0, name.find('('))); }

bool is_csv(std::string_view dataset) { return is_file(dataset) && !is_npy(dataset); }

void check_dataset(const std::string& typed) {
  if (is_file(typed)) return;
  if (is_toy(typed)) return one_of(Toys{}, "dataset")(typed);
  const auto names = dataset_names();
  for (const std::string_view name : names)
    if (name == typed) return;
  auto choices = names;
  for (const char* file : {"FILE.csv", "FILE.npy"}) choices.push_back(file);
  throw_unknown_name("dataset", "", typed, choices);
}

}  // namespace

bool is_file(std::string_view dataset) {
  return dataset.find('/') != dataset.npos || dataset.ends_with(".csv") || is_npy(dataset);
}

bool is_npy(std::string_view path) { return path.ends_with(".npy"); }

bool is_toy(std::string_view dataset) {
  const std::string name = without_parameters(dataset);
  for (const std::string_view toy : names_of(Toys{}))
    if (toy == name) return true;
  return false;
}

std::vector<std::string_view> dataset_names() {
  std::vector<std::string_view> names(bundled.begin(), bundled.end());
  for (const std::string_view toy : names_of(Toys{})) names.push_back(toy);
  return names;
}

std::string dataset_title(const Settings& settings) {
  return is_file(settings.dataset) ? std::filesystem::path(settings.dataset).stem().string()
                                   : without_parameters(settings.dataset);
}

void add_data_options(Options& options, Settings& s) {
  std::string names;
  for (const std::string_view name : dataset_names()) names += std::string(name) + " ";
  options.group("Data");
  options.checked("--dataset", s.dataset, check_dataset,
                  names + "or a file: FILE.csv, or FILE.npy of NumPy with the features");
  const auto toys = [&](const char* name) { return only_for(name, s, is_toy, "one of: " + choices(Toys{})); };
  options.whole("--samples", s.samples, 1, "toy data: how many samples")->each(toys("--samples"));
  options.number("--noise", s.noise, 0, 1e6, "toy data: standard deviation of the noise")->each(toys("--noise"));
  const auto csv = [&](const char* name) { return only_for(name, s, is_csv, "a CSV file"); };
  options
      .text("--targets", s.targets,
            "with a .npy file: the .npy file of the targets, which has a row for each row of the features")
      ->type_name("FILE")
      ->default_str("")
      ->each(only_for("--targets", s, is_npy, "a .npy file with the features"));
  options
      .text("--label", s.label,
            "CSV file: the column of the label, as a name or as a position. Positions count from 0; -1 is the last "
            "column [the last column]")
      ->each(csv("--label"));
  options
      .checked("--target", s.target, word(targets, "target"),
               "CSV and .npy files: the kind of label. One of: classes values. values means a regression. Classes in a "
               ".npy file are whole numbers")
      ->each(only_for("--target", s, is_file, "a CSV or .npy file"));
  options.separator("--separator", s.separator, "CSV file: the character between two columns, or the word tab")
      ->each(csv("--separator"));
  options.flag("--no-header", s.no_header, "CSV file: the file has no header, its first row is a sample")
      ->each(csv("--no-header"));
  options.number("--validation", s.validation, 0, 0.95,
                 "share of the samples for validation; 0 means no validation. Fashion-MNIST has its own test part: any "
                 "X above 0 selects this part");
  options.checked(
      "--scale", s.scale, word(scales, "scale"),
      "scaling of the features, fitted on the training part. One of: auto min_max standardise none. min_max scales to "
      "[0, 1]. auto means none for toy data, and min_max for all other data");
}

void add_training_options(Options& options, Settings& s) {
  options.group("Training");
  options.checked("--init", s.init, one_of(Initializers{}, "initializer"),
                  "initialiser of the weights: " + choices(Initializers{}));
  add_optimization_options(options, s);
}

void add_optimization_options(Options& options, Settings& s) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  options.group("Training");
  options.checked(
      "--loss", s.loss, word_or("auto", one_of(Losses{}, "loss")),
      "loss. One of: auto " + choices(Losses{}) +
          ". auto means binary_cross_entropy for two classes, cross_entropy for more classes, mse for a regression");
  options.checked(
      "--class-weights", s.class_weights, word(ways_to_weigh, "class weights"),
      "weights of the classes. One of: none balanced. balanced gives each class the same total weight in the training "
      "loss and accuracy");
  options.checked(
      "--optimizer", s.optimizer, one_of(Optimizers{}, "optimizer"),
      "optimiser: " + choices(Optimizers{}) + "; with parameters: \"sgd(momentum=0.9)\", \"adamw(weight_decay=0.01)\"");
  options
      .number("--learning-rate", s.learning_rate, 0, std::numeric_limits<double>::max(),
              "learning rate [0.03 for sgd, else the optimiser's default]")
      ->default_str("")
      ->each([&s](const std::string&) { s.learning_rate_given = true; });
  options.checked("--schedule", s.schedule, one_of(Schedules{}, "schedule"),
                  "schedule of the learning rate: " + choices(Schedules{}));
  options.whole("--batch-size", s.batch_size, 1, "samples in a batch");
  options.whole("--epochs", s.epochs, 1, "passes over the training data");
  options.whole("--steps", s.steps, 1, "number of steps, instead of --epochs")->default_str("")->excludes("--epochs");
  options.number("--clip-norm", s.clip_norm, 0, infinity,
                 "upper limit on the norm of the gradient over all parameters");
  options.number("--clip-value", s.clip_value, 0, infinity,
                 "upper limit on the absolute value of each number in the gradient");
  options
      .whole("--patience", s.patience, 1,
             "early stopping: stop after N epochs without a lower validation loss, and take the weights of the best "
             "epoch. For fashion-mnist, the validation loss is the loss on its test part")
      ->default_str("");
}

void add_run_options(Options& options, Settings& s, const std::string& default_output) {
  add_crew_options(options, s);
  options
      .whole("--log-every", s.log_every, 1, "measure the gradient flow every N steps [at about 60 log-spaced steps]")
      ->default_str("");
  add_output_options(options, s, "metrics.csv, gradients.csv, summary.json and report.html",
                     default_output + "; if it has results, " + default_output + "-2 and so on");
  options.flag("--overwrite", s.overwrite, "delete the results of another run in the output folder");
  options.flag("--cure", s.cure, "try each suggested remedy on a copy of the run, and report which remedies help");
  add_report_option(options, s.report, "a page with charts and explanations of all results");
  options
      .flag("--tensorboard", s.tensorboard,
            "also write the numbers of metrics.csv and gradients.csv for TensorBoard, and histograms. To see them: "
            "tensorboard --logdir FOLDER/tensorboard")
      ->each([](const std::string&) { require_protobuf("--tensorboard", can_write_tensorboard()); });
}

void require_protobuf(const std::string& option, bool can_write) {
  if (!can_write)
    throw UsageError(option +
                     ": this build has no protobuf; apt-get install protobuf-compiler libprotobuf-dev, then configure "
                     "and build again");
}

void add_crew_options(Options& options, Settings& s) {
  options.group("Run");
  options.list(
      "--seeds,--seed", s.seeds, [](const std::string& item) { to_whole("seed", item, 0); },
      "random seeds. A seed determines the toy data, the split, the initial weights and the order of the samples. With "
      "several seeds, there is a run for each seed, and the tables show mean and spread");
  options
      .whole("--threads", s.threads, 1,
             "number of threads, for several runs in parallel or for one large network [number of cores]")
      ->default_str("");
}

void add_output_options(Options& options, Settings& s, const std::string& files, const std::string& default_output) {
  options.text("--output", s.output, "folder for " + files + " [" + default_output + "]")->default_str("");
  options.flag("--quiet", s.quiet, "show no progress");
}

std::vector<std::uint64_t> seeds_of(const Settings& settings) {
  std::vector<std::uint64_t> seeds;
  for (const std::string_view item : split_list(settings.seeds)) seeds.push_back(to_whole("seed", item, 0));
  return seeds;
}
