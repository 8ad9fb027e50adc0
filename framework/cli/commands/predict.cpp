// Predicts with a model that `train` has saved. Reads rows of a CSV file, rows that another program sends, or an array
// in a .npy file. Writes classes with probabilities, or values, as a CSV file or as an array. For CSV files the memory
// does not depend on the number of rows, and the rows read so far are answered before the program waits for more.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/data/csv_features.hpp>
#include <gradflow/data/npy.hpp>
#include <gradflow/io/model.hpp>
#include <gradflow/io/safetensors.hpp>
#include <gradflow/observers/interrupt.hpp>

#include <cli/answers.hpp>
#include <cli/commands.hpp>
#include <cli/settings.hpp>

using namespace gradflow;

namespace {

struct PredictSettings {
  std::string model;
  std::string file = "-";
  bool no_header = false;
  char separator = ',';
  std::string output;
};

void add_options(CLI::App& app, Options& options, PredictSettings& s) {
  options.text("MODEL", s.model, "a model file written by train: model.safetensors")->required()->type_name("");
  options.text("FILE", s.file, "a CSV file, a .npy file of NumPy, or - for the standard input")->type_name("");
  const auto csv = [&s](const char* name) {
    return [&s, name](const std::string&) {
      if (is_npy(s.file)) throw UsageError(text({name, "FILE", in_quotes(s.file), "a CSV file", {}}));
    };
  };
  options.separator("--separator", s.separator, "CSV file: the character between two columns, or the word tab")
      ->each(csv("--separator"));
  options.flag("--no-header", s.no_header, "CSV file: the file has no header, its first row is a sample")
      ->each(csv("--no-header"));
  options
      .text("--output", s.output,
            "output file, as CSV or .npy, which is created only when the output is complete [the standard output, as "
            "CSV]")
      ->default_str("");
  app.footer(
      "The first row names the columns. The model's features may stand in any order, and other columns, such as the\n"
      "label, are ignored. With --no-header, or if the model has no feature names, the columns must be exactly the\n"
      "features, in the model's order.\n"
      "If FILE ends in .npy, it is an array. Its columns must be exactly the features, in the model's order.\n"
      "The output has a header, then one row for each row of the input. For classes, a row has the class and the\n"
      "probability of each class. For labels, a row has the predicted labels and the probability of each label. For a\n"
      "regression, a row has the values.\n"
      "If the output file ends in .npy, it is an array [rows, columns] of these probabilities or values.");
}

/// Thrown after Ctrl-C, so that write_file() removes the unfinished file.
struct Interrupted {};

/// Reads the input that has arrived. If none has arrived, calls before_wait() before it waits, so that the rows read so
/// far are answered.
std::size_t read_arrived(InputFile& file, std::span<char> into, const std::function<void()>& before_wait) {
  constexpr int look_again = 100;  // ms between two checks for Ctrl-C
  pollfd input{file.descriptor(), POLLIN, 0};
  if (poll(&input, 1, 0) == 0) before_wait();
  int ready = 0;
  do {
    if (InterruptGuard::requested()) throw Interrupted();
    ready = poll(&input, 1, look_again);
  } while (ready == 0 || (ready < 0 && errno == EINTR));
  return file.read(into);
}

/// Takes outputs of a model, [samples, outputs]. Returns how many samples are before the first one with a number that
/// is not finite.
template <class T>
using TakeOutput = std::function<std::size_t(const Matrix<T>&)>;

/// Samples that are predicted together.
template <class T>
class Batch {
 public:
  Batch(const Model<T>& model, const TakeOutput<T>& take)
      : model_(model), take_(take), features_(zeros<T>(most, model.network.inputs())) {}

  /// read: writes the features of the sample to a span.
  template <class Read>
  void add(const Read& read, std::string place) {
    read(row(features_, places_.size()));
    places_.push_back(std::move(place));
    if (places_.size() == most) answer();
  }

  void answer() {
    if (InterruptGuard::requested()) throw Interrupted();
    if (places_.empty()) return;
    const std::vector<std::string> places = std::exchange(places_, {});
    Matrix<T> x = zeros<T>(places.size(), columns(features_));
    std::copy_n(features_.data(), x.size(), x.data());
    if (model_.info.features) model_.info.features->apply(x);
    const std::size_t answered = take_(model_.network.predict(x));
    if (answered < places.size())
      throw ValueError({places[answered], "output", "inf or NaN", "a finite number",
                        "check that these features have the same scale as the training data"});
  }

 private:
  static constexpr std::size_t most = 256;  // large enough for fast matrix products, and needs little memory

  const Model<T>& model_;
  const TakeOutput<T>& take_;
  Matrix<T> features_;               // [most, inputs]
  std::vector<std::string> places_;  // [samples so far], each like "iris.csv:17"
};

template <class T>
void predict_csv(const PredictSettings& s, const Model<T>& model, const std::function<void()>& begin,
                 const TakeOutput<T>& take) {
  Batch<T> batch(model, take);
  const auto input =
      s.file == "-" ? std::make_unique<InputFile>("standard input", STDIN_FILENO) : std::make_unique<InputFile>(s.file);
  CsvReader rows(input->name(), s.separator,
                 [&](std::span<char> into) { return read_arrived(*input, into, [&] { batch.answer(); }); });
  CsvFeatures samples(rows, {model.network.inputs(), model.info.feature_names, !s.no_header});
  begin();
  const auto read = [&](std::span<T> features) { samples.read(features); };
  const std::exception_ptr failure = failure_of({[&] {
                                                   while (samples.next()) batch.add(read, rows.place());
                                                 },
                                                 [&] { batch.answer(); }});  // also answers the rows before a bad row
  if (failure) std::rethrow_exception(failure);
}

/// Reads the whole array. Throws FormatError if its columns are not the features, ValueError for NaN and infinities.
template <class T>
Matrix<T> load_features(const std::string& path, const Model<T>& model) {
  Dataset<T> data{load_npy<T>(path), {}, model.info.feature_names, {}};
  const std::size_t got = features(data), expected = model.network.inputs();
  if (got != expected)
    throw FormatError({path, "columns", std::to_string(got), std::to_string(expected) + ", one for each feature",
                       got == 1 && samples(data) == expected ? "for one sample, in Python: x.reshape(1, -1)" : ""});
  data.y = zeros<T>(samples(data), 0);
  require_finite(data, path);
  return std::move(data.x);
}

template <class T>
void predict_npy(const PredictSettings& s, const Model<T>& model, const std::function<void()>& begin,
                 const TakeOutput<T>& take) {
  const Matrix<T> x = load_features(s.file, model);
  Batch<T> batch(model, take);
  begin();
  for (std::size_t i = 0; i < rows(x); ++i)
    batch.add([&](std::span<T> to) { std::ranges::copy(row(x, i), to.begin()); },
              s.file + ", sample " + std::to_string(i));
  batch.answer();
}

template <class T>
void predict(const PredictSettings& s, const WriteText& write) {
  const Model<T> model = load_model<T>(s.model);
  const Answers<T> answers(s.model, model);
  const auto predict_all = is_npy(s.file) ? predict_npy<T> : predict_csv<T>;
  if (is_npy(s.output)) {
    std::vector<T> numbers;
    predict_all(
        s, model, [] {}, [&](const Matrix<T>& output) { return answers.append_rows(numbers, output); });
    detail::write_npy(write, matrix<T>(numbers.size() / answers.columns(), answers.columns(), numbers));
  } else {
    predict_all(
        s, model, [&] { write(answers.header()); },
        [&](const Matrix<T>& output) {
          std::string text;
          const std::size_t answered = answers.append_rows(text, output);
          write(text);
          return answered;
        });
  }
}

bool is_of_doubles(const std::string& path) {
  const SafetensorsFile file(path);
  return !file.tensors().empty() && file.tensors().front().type == "F64";
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size() || std::fflush(stdout) != 0)
    throw_system_error("standard output", "cannot write");
}

/// Handles Ctrl-C only if the output is a file; on the standard output the process may end at any row.
void predict(const PredictSettings& s) {
  const auto run = is_of_doubles(s.model) ? predict<double> : predict<float>;
  if (s.output.empty()) return run(s, print);
  const InterruptGuard guard;
  try {
    write_file(s.output, [&](const WriteText& write) { run(s, write); });
  } catch (const Interrupted&) {
  }
}

class Predict final : public Command {
 public:
  void add_options(CLI::App& app, Options& options) override { ::add_options(app, options, settings_); }
  void run(const CLI::App&) override { predict(settings_); }

 private:
  PredictSettings settings_;
};

}  // namespace

std::unique_ptr<Command> make_predict() { return std::make_unique<Predict>(); }
