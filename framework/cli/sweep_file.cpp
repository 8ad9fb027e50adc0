#include <cli/sweep_file.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/base/numbers.hpp>
#include <gradflow/data/csv_table.hpp>
#include <gradflow/io/json_fault.hpp>
#include <gradflow/log/csv_rows.hpp>

#include <cli/command_line.hpp>

using namespace gradflow;

namespace {

constexpr std::array<std::string_view, 15> columns = {"activation",
                                                      "init",
                                                      "depth",
                                                      "seed",
                                                      "steps",
                                                      "train_loss",
                                                      "train_metric",
                                                      "validation_loss",
                                                      "validation_metric",
                                                      "gradient_left",
                                                      "factor_per_layer",
                                                      "gradient_start",
                                                      "gradient_end",
                                                      "learning",
                                                      "outcome"};

constexpr const char* way_out = "choose another --output to keep the existing runs, or add --restart to delete them";
constexpr std::size_t deepest = 8;  // levels of JSON in sweep.json: deeper nesting could overflow the stack

std::string header() {
  std::string line;
  for (const std::string_view column : columns) line += (line.empty() ? "" : ",") + std::string(column);
  return line + "\n";
}

std::string line_of(const SweepKey& key, const SweepRun& run) {
  return csv_text(key.activation) + "," + csv_text(key.init) + "," + std::to_string(key.depth) + "," +
         std::to_string(key.seed) + "," + std::to_string(run.steps) + "," + csv_field(run.train_loss) + "," +
         csv_field(run.train_metric) + "," + csv_field(run.validation_loss) + "," + csv_field(run.validation_metric) +
         "," + csv_field(run.gradient_left) + "," + csv_field(run.factor_per_layer) + "," + run.gradient_start + "," +
         run.gradient_end + "," + run.learning + "," + run.outcome + "\n";
}

/// Reads the fields of one row, from left to right. Throws FormatError for a wrong field.
class Row {
 public:
  Row(const CsvTable& table, std::size_t row) : table_(table), row_(row) {}

  std::string text() { return std::string(next()); }

  std::string word(const std::vector<std::string_view>& choices) {
    const std::string_view typed = next();
    if (std::ranges::find(choices, typed) == choices.end())
      fail(typed, fmt::format("one of: {}", fmt::join(choices, ", ")));
    return std::string(typed);
  }

  std::size_t whole() {
    const std::string_view typed = next();
    const auto number = parse_whole<std::size_t>(typed);
    if (!number) fail(typed, "a whole number");
    return *number;
  }

  double number() {
    const std::string_view typed = next();
    if (typed.empty()) return std::numeric_limits<double>::quiet_NaN();
    const auto number = parse_number(typed);
    if (!number) fail(typed, "a number or an empty field");
    return *number;
  }

 private:
  std::string_view next() { return table_.field(row_, column_++); }

  [[noreturn]] void fail(std::string_view typed, std::string expected) const {
    const std::string column = "column '" + std::string(columns[column_ - 1]) + "'";
    throw FormatError({table_.place(row_), column, in_quotes(typed), std::move(expected), way_out});
  }

  const CsvTable& table_;
  std::size_t row_, column_ = 0;
};

/// Returns the names of all values of an enumeration, up to last.
template <class Enum>
std::vector<std::string_view> names_of_all(Enum last) {
  std::vector<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(last); ++i) names.push_back(name(static_cast<Enum>(i)));
  return names;
}

std::pair<SweepKey, SweepRun> parse(Row row) {
  const auto states = names_of_all(GradientState::not_finite);
  // Braces evaluate their elements from left to right, which is the order of the columns.
  SweepKey key{.activation = row.text(), .init = row.text(), .depth = row.whole(), .seed = row.whole()};
  SweepRun run{.steps = row.whole(),
               .train_loss = row.number(),
               .train_metric = row.number(),
               .validation_loss = row.number(),
               .validation_metric = row.number(),
               .gradient_left = row.number(),
               .factor_per_layer = row.number(),
               .gradient_start = row.word(states),
               .gradient_end = row.word(states),
               .learning = row.word(names_of_all(Learning::unknown)),
               .outcome = row.word({"finished", "stopped", "diverged"})};
  return {std::move(key), std::move(run)};
}

/// Returns the content of a file, or nothing if the file cannot be read.
std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int open_in(const std::string& folder, const std::string& path) {
  make_folder(folder);
  return open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

std::string value_of(const Json& settings, const std::string& name) {
  return settings.contains(name) ? setting_text(settings[name]) : "none";
}

/// Returns the names of settings that differ: only one object has the name, or the values are not equal.
std::vector<std::string> differing(const Json& a, const Json& b) {
  std::vector<std::string> names;
  for (const Json* settings : {&a, &b})
    for (const auto& [name, value] : settings->items())
      if (value_of(a, name) != value_of(b, name) && std::ranges::find(names, name) == names.end())
        names.push_back(name);
  return names;
}

}  // namespace

SweepRun sweep_run(const RunResult& result) {
  const auto metric = [](const Evaluation& e) { return std::isnan(e.accuracy) ? e.r2 : e.accuracy; };
  return {.steps = result.history.steps,
          .train_loss = result.train.loss,
          .train_metric = metric(result.train),
          .validation_loss = result.validation.loss,
          .validation_metric = metric(result.validation),
          .gradient_left = gradient_left(result.start),
          .factor_per_layer = factor_per_layer(result.start),
          .gradient_start = std::string(name(result.verdict->start)),
          .gradient_end = std::string(name(result.verdict->end)),
          .learning = std::string(name(result.verdict->learning)),
          .outcome = std::string(name(result.history.outcome))};
}

SweepFile::SweepFile(const std::string& folder, const Json& settings, bool restart)
    : file_(folder + "/sweep.csv", open_in(folder, folder + "/sweep.csv")) {
  lock();
  if (restart) require(file_.cut(0));
  repair();
  read_runs();
  // A folder without runs accepts any settings. Runs in the folder must have the same settings.
  if (runs_.empty())
    write_json(folder + "/sweep.json", settings);
  else
    check_settings(folder + "/sweep.json", settings);
}

void SweepFile::append(const SweepKey& key, const SweepRun& run) {
  append_line(line_of(key, run));
  runs_.insert_or_assign(key, run);
}

void SweepFile::put_in_order() const {
  std::string sorted = header();
  for (const auto& [key, run] : runs_) sorted += line_of(key, run);
  if (content_of(file_.path()) != sorted) write_file(file_.path(), sorted);
}

/// The system releases the lock when the descriptor is closed, however the process ends.
void SweepFile::lock() {
  if (flock(file_.descriptor(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) throw_system_error(file_.path(), "cannot lock");
  throw std::runtime_error(text({file_.path(),
                                 "another sweep is running in this folder",
                                 {},
                                 {},
                                 "wait until it ends, or choose another --output"}));
}

/// Removes an incomplete last line, and writes the header if the file is empty. Throws FormatError if the header is
/// wrong.
void SweepFile::repair() {
  const std::optional<std::string> found = content_of(file_.path());
  if (!found) throw_system_error(file_.path(), "cannot read");
  const std::string first = header();
  const std::size_t whole = found->rfind('\n') + 1;  // npos + 1 is 0
  if (whole == 0 ? !first.starts_with(*found) : !found->starts_with(first))
    throw FormatError({file_.path() + ":1", "header",
                       in_quotes(found->substr(0, std::min(found->find('\n'), first.size()))),
                       first.substr(0, first.size() - 1), way_out});
  torn_ = whole > 0 && whole < found->size();
  if (whole != found->size() || file_.size() != whole) require(file_.cut(whole));
  if (whole == 0) append_line(first);
}

void SweepFile::read_runs() {
  const CsvTable table(file_.path(), ',');
  for (std::size_t row = 1; row < table.rows(); ++row) {
    auto [key, run] = parse(Row(table, row));
    runs_.insert_or_assign(std::move(key), std::move(run));
  }
}

void SweepFile::check_settings(const std::string& path, const Json& settings) const {
  const std::optional<std::string> found = content_of(path);
  const std::string expected = "the settings of the runs in " + file_.path();
  if (!found) throw FormatError({path, {}, "no file", expected, way_out});
  const std::string fault = detail::json_fault(*found, deepest);
  if (!fault.empty()) throw UsageError(text({path, {}, fault, expected, way_out}));
  const Json before = Json::parse(*found);
  if (!before.is_object())
    throw UsageError(text({path, {}, "a JSON " + std::string(before.type_name()), expected, way_out}));
  const std::vector<std::string> names = differing(settings, before);
  if (names.empty()) return;
  std::string others;
  for (std::size_t i = 1; i < names.size(); ++i)
    others += (i == 1 ? "" : i + 1 < names.size() ? ", " : " and ") + names[i];
  if (!others.empty()) others += names.size() == 2 ? " differs too; " : " differ too; ";
  throw UsageError(text({path, names[0], value_of(settings, names[0]),
                         value_of(before, names[0]) + ", as in the existing runs", others + way_out}));
}

void SweepFile::append_line(const std::string& line) {
  const std::size_t before = file_.size();
  require(file_.append(line));
  if (fsync(file_.descriptor()) == 0) return;
  const int reason = errno;
  file_.cut(before);
  errno = reason;
  require(false);
}

void SweepFile::require(bool success) const {
  if (!success) throw_system_error(file_.path(), "cannot write");
}
