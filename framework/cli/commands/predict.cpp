// A trained network at work: reads a model as train leaves it, and turns the rows of a CSV file, or what another
// program sends, into classes with probabilities, or into values. Any number of rows takes the same memory, and what
// has been read is answered before more is waited for.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/data/csv_features.hpp>
#include <gradflow/io/model.hpp>
#include <gradflow/io/safetensors.hpp>
#include <gradflow/observers/interrupt.hpp>

#include <cli/answers.hpp>
#include <cli/commands.hpp>

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
  options.text("MODEL", s.model, "a file that train has written: model.safetensors")->required()->type_name("");
  options.text("FILE", s.file, "a CSV file; -: the standard input")->type_name("");
  options.separator("--separator", s.separator, "the character between two columns of the input, or the word tab");
  options.flag("--no-header", s.no_header, "the first row is a sample");
  options.text("--output", s.output, "a file, written whole or not at all [the standard output]")->default_str("");
  app.footer(
      "Features are found by the names that the first row gives to the columns, in any order; other columns, as the\n"
      "label's, are not looked at. With --no-header, or where the model has no names, they are taken by position, and\n"
      "there must be no other columns.\n"
      "Written are a header, and for each row the class and the probabilities of all classes, or the values.");
}

/// Ctrl-C, where a file that is not whole has to go.
struct Interrupted {};

/// Reads what has arrived. If nothing has, calls before_wait() first, so that the rows read so far are answered.
std::size_t read_arrived(InputFile& file, std::span<char> into, const std::function<void()>& before_wait) {
  constexpr int look_again = 100;  // ms, for Ctrl-C
  pollfd input{file.descriptor(), POLLIN, 0};
  if (poll(&input, 1, 0) == 0) before_wait();
  int ready = 0;
  do {
    if (InterruptGuard::requested()) throw Interrupted();
    ready = poll(&input, 1, look_again);
  } while (ready == 0 || (ready < 0 && errno == EINTR));
  return file.read(into);
}

/// Samples that wait to be answered together.
template <class T>
class Batch {
 public:
  Batch(const Model<T>& model, const Answers<T>& answers, const WriteText& write)
      : model_(model), answers_(answers), write_(write), features_(zeros<T>(most, model.network.inputs())) {}

  void add(const CsvFeatures& sample, std::string place) {
    sample.read(row(features_, places_.size()));
    places_.push_back(std::move(place));
    if (places_.size() == most) answer();
  }

  void answer() {
    if (places_.empty()) return;
    const std::vector<std::string> places = std::exchange(places_, {});
    Matrix<T> x = zeros<T>(places.size(), columns(features_));
    std::copy_n(features_.data(), x.size(), x.data());
    if (model_.info.features) model_.info.features->apply(x);
    std::string text;
    const std::size_t answered = answers_.append_rows(text, model_.network.predict(x));
    write_(text);
    if (answered < places.size())
      throw ValueError({places[answered], "output", "inf or NaN", "a finite number",
                        "are these features as large as those that the network was trained on?"});
  }

 private:
  static constexpr std::size_t most = 256;  // enough for the network's products, and the memory stays small

  const Model<T>& model_;
  const Answers<T>& answers_;
  const WriteText& write_;
  Matrix<T> features_;               // [most, inputs]
  std::vector<std::string> places_;  // [samples so far]  "iris.csv:17"
};

template <class T>
void predict(const PredictSettings& s, const WriteText& write) {
  const Model<T> model = load_model<T>(s.model);
  const Answers<T> answers(s.model, model);
  Batch<T> batch(model, answers, write);
  const auto input =
      s.file == "-" ? std::make_unique<InputFile>("standard input", STDIN_FILENO) : std::make_unique<InputFile>(s.file);
  CsvReader rows(input->name(), s.separator,
                 [&](std::span<char> into) { return read_arrived(*input, into, [&] { batch.answer(); }); });
  CsvFeatures samples(rows, {model.network.inputs(), model.info.feature_names, !s.no_header});
  write(answers.header());
  const std::exception_ptr failure = failure_of({[&] {
                                                   while (samples.next()) batch.add(samples, rows.place());
                                                 },
                                                 [&] { batch.answer(); }});  // the rows before a bad one
  if (failure) std::rethrow_exception(failure);
}

bool is_of_doubles(const std::string& path) {
  const SafetensorsFile file(path);
  return !file.tensors().empty() && file.tensors().front().type == "F64";
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size() || std::fflush(stdout) != 0)
    throw_system_error("standard output", "cannot write");
}

/// On the standard output Ctrl-C may end it anywhere.
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
