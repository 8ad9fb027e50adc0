#include <cli/task.hpp>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <gradflow/base/errors.hpp>

using namespace gradflow;

namespace {

/// Returns the folder of the bundled data sets: beside the installed program, or in the source tree.
std::string datasets_folder() {
  namespace fs = std::filesystem;
  std::error_code unknown;
  const fs::path prefix = fs::read_symlink("/proc/self/exe", unknown).parent_path().parent_path();
  const fs::path installed = prefix / GRADFLOW_INSTALLED_DATASETS;
  return fs::is_directory(installed, unknown) ? installed.string() : GRADFLOW_DATASETS;
}

Split<float> load(const Settings& s) {
  if (is_npy(s.dataset) && s.targets.empty())
    throw UsageError(
        text({"--dataset", {}, in_quotes(s.dataset) + " without targets", "a file with targets: --targets y.npy", {}}));
  if (is_toy(s.dataset)) return {};
  if (s.dataset == "fashion-mnist") {
    Split<float> parts = load_fashion_mnist();
    if (s.validation == 0) parts.test = {};
    return parts;
  }
  const bool bundled = !is_file(s.dataset);
  const bool values = bundled ? s.dataset == "diabetes" : s.target == "values";
  const Target target = values ? Target::values : Target::classes;
  if (is_npy(s.dataset)) return {load_npy_dataset(s.dataset, s.targets, {.target = target}), {}};
  return {load_csv(bundled ? datasets_folder() + "/" + s.dataset + ".csv" : s.dataset,
                   {.header = !s.no_header, .label = s.label, .target = target, .separator = s.separator}),
          {}};
}

std::optional<Scaling> scale(const Settings& s, Dataset<float>& train, Dataset<float>& validation) {
  if (s.scale == "none" || (s.scale == "auto" && is_toy(s.dataset))) return {};
  const Scaling scaling = s.scale == "standardise" ? standardiser(train.x) : min_max_scaler(train.x);
  scaling.apply(train.x);
  if (samples(validation) > 0) scaling.apply(validation.x);
  return scaling;
}

Scaling standardise_targets(Dataset<float>& train, Dataset<float>& validation) {
  const Scaling scaling = standardiser(train.y);
  scaling.apply(train.y);
  if (samples(validation) > 0) scaling.apply(validation.y);
  return scaling;
}

/// Splits the data into a training and a validation part. Throws UsageError if a part has no samples.
Split<float> split_in_two(const Settings& s, const Dataset<float>& all, std::uint64_t seed) {
  Split<float> parts = split(all, {.fraction = 1 - s.validation, .seed = seed});
  for (const auto& [part, name] : {std::pair{&parts.train, "training"}, std::pair{&parts.test, "validation"}})
    if (samples(*part) == 0)
      throw UsageError(
          text({"--validation", std::string(name) + " part", "0 of " + std::to_string(samples(all)) + " samples",
                "at least 1", "--validation 0 trains on all"}));
  return parts;
}

std::string suitable_loss(const Dataset<float>& data) {
  if (!is_classification(data)) return "mse";
  return classes(data) == 2 ? "binary_cross_entropy" : "cross_entropy";
}

/// Sets the number of outputs: one if the loss reads one logit for two classes, else one for each class. The targets
/// stay class indices if the loss reads this logit or class logits. Otherwise they become one column for each class.
void fit_targets(Task& task) {
  const std::size_t count = classes(task.train);
  const bool indices = task.loss->reads(count) == Reading::class_logits;
  const bool one_logit = count == 2 && task.loss->reads(1) == Reading::one_logit;
  task.outputs = one_logit ? 1 : count;
  if (indices || one_logit) return;
  task.train.y = one_hot(task.train.y, count);
  if (samples(task.validation) > 0) task.validation.y = one_hot(task.validation.y, count);
}

std::string of_values() {
  std::string names;
  for_each_type(Losses{}, [&]<class L>(const L& loss) {
    if (make_loss<float>(loss)->reads(1) == Reading::values) names += " " + std::string(L::name);
  });
  return names;
}

std::shared_ptr<const Task> make_task(const Settings& s, Split<float> parts) {
  auto& [train, validation] = parts;
  if (classes(train) == 1)
    throw UsageError(text({"--dataset", "classes of " + in_quotes(s.dataset), "1", "at least 2", {}}));
  const std::string loss = s.loss == "auto" ? suitable_loss(train) : s.loss;
  auto made = make_loss<float>(loss);
  if (!is_classification(train) && made->reads(1) != Reading::values)
    throw UsageError(text({"--loss", {}, in_quotes(loss) + " for a regression", "one of:" + of_values(), {}}));
  if (!is_classification(train) && s.class_weights != "none")
    throw UsageError(text({"--class-weights", {}, in_quotes(s.class_weights) + " for a regression", "none", {}}));
  ModelInfo info{.loss = loss,
                 .feature_names = train.feature_names,
                 .class_names = train.class_names,
                 .data_checksum = s.checkpoints ? checksum(train) : ""};
  info.features = scale(s, train, validation);
  auto task =
      std::make_shared<Task>(Task{std::move(train), std::move(validation), std::move(made), 0, std::move(info)});
  if (is_classification(task->train)) {
    if (s.class_weights == "balanced") task->train.weights = class_weights(task->train);
    fit_targets(*task);
  } else {
    task->info.targets = standardise_targets(task->train, task->validation);
    task->outputs = columns(task->train.y);
  }
  return task;
}

}  // namespace

TaskSource::TaskSource(const Settings& settings) : settings_(settings) {
  Split<float> loaded = load(settings);
  if (samples(loaded.test) > 0)
    only_ = make_task(settings, std::move(loaded));
  else
    loaded_ = std::move(loaded.train);
}

Split<float> TaskSource::parts(std::uint64_t seed) const {
  const Settings& s = settings_;
  const Dataset<float> all =
      is_toy(s.dataset) ? make_toy(s.dataset, {.samples = s.samples, .noise = s.noise, .seed = seed}) : loaded_;
  if (s.validation == 0) return {all, {}};
  return split_in_two(s, all, seed);
}

std::shared_ptr<const Task> TaskSource::task(std::uint64_t seed) const {
  return only_ ? only_ : make_task(settings_, parts(seed));
}
