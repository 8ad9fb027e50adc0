// Measures the errors of every activation and its slope, over all floats and a sample of the doubles. By default this
// takes long; the last line tells the time. `accuracy --every 1009 --samples 100000` takes a few seconds.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gradflow/terminal/terminal.hpp>

#include <accuracy/accuracy.hpp>
#include <accuracy/table.hpp>
#include <cli/command_line.hpp>

using namespace gradflow;
using namespace gradflow::test;

namespace {

struct Settings {
  std::size_t every = 1, samples = 100'000'000, threads = std::max(1u, std::thread::hardware_concurrency());
  std::string activations, table;
};

/// Shows the progress on a line of the terminal, which is drawn again at every change. Prints nothing if stderr is not
/// a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::uint64_t total) : total_(total), draws_(is_capable_terminal(stderr)) {}

  void add(std::uint64_t n) {
    const std::uint64_t before = done_.fetch_add(n), done = before + n;
    if (!draws_ || 1000 * before / total_ == 1000 * done / total_) return;
    const double share = static_cast<double>(done) / static_cast<double>(total_);
    std::fprintf(stderr, "\r\033[K%.1f %%  %.0f s left", 100 * share, seconds() * (1 - share) / share);
  }
  void erase() const {
    if (draws_) std::fprintf(stderr, "\r\033[K");
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  std::atomic<std::uint64_t> done_ = 0;
  std::uint64_t total_;
  bool draws_;
  Clock::time_point start_ = Clock::now();
};

bool is_wanted(const Settings& s, std::string_view name) {
  const std::vector<std::string_view> wanted = split_list(s.activations);
  return s.activations.empty() || std::ranges::find(wanted, name) != wanted.end();
}

/// Returns the rows of the table for T, and prints each row as soon as it is measured. Appends a line to `wrong` for
/// each function whose error is above the bound.
template <class T, class Number>
std::string measure_all(const Settings& s, std::uint64_t count, Number number, ProgressLine& progress,
                        std::vector<std::string>& wrong) {
  std::string rows;
  for_each_type(Activations{}, [&](const auto& activation) {
    if (!is_wanted(s, activation.name)) return;
    const auto accuracy = measure<T>(activation, count, number, s.threads, [&](std::uint64_t n) { progress.add(n); });
    const std::string line = row<T>(activation.name, accuracy);
    progress.erase();
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
    rows += line;
    for (const std::string& complaint : complaints(activation.name, accuracy)) wrong.push_back(complaint);
  });
  return rows;
}

std::string arguments_text(const Settings& s) {
  std::string text = fmt::format("accuracy --every {} --samples {}", s.every, s.samples);
  if (!s.activations.empty()) text += " --activations " + s.activations;
  return text;
}

/// Returns the tables for float and double, and prints them row by row.
std::string tables(const Settings& s, ProgressLine& progress, std::vector<std::string>& wrong) {
  std::string all;
  const auto begin = [&](const std::string& arguments) {
    all += table_head(arguments);
    std::fputs(("\n" + table_head(arguments)).c_str(), stdout);
  };
  const EveryNthFloat floats{s.every};
  begin(s.every == 1 ? "float, every number" : fmt::format("float, one number in {}", s.every));
  all += measure_all<float>(s, floats.count(), floats, progress, wrong) + "\n";
  begin(fmt::format("double, {} numbers, half of them in [-100, 100]", s.samples));
  return all + measure_all<double>(s, s.samples, SpreadDoubles{}, progress, wrong);
}

void run(const Settings& s) {
  if (!s.table.empty()) check_place(s.table);  // before the long run
  std::size_t activations = 0;
  for (const std::string_view name : names_of(Activations{})) activations += is_wanted(s, name);
  ProgressLine progress(activations * (EveryNthFloat{s.every}.count() + s.samples));
  std::vector<std::string> wrong;
  const std::string measured = tables(s, progress, wrong);
  const double processor_seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  const std::string how =
      fmt::format("`{}` took {:.1f} minutes in {} threads, {:.1f} minutes of processor time ({}).\n\n",
                  arguments_text(s), progress.seconds() / 60, s.threads, processor_seconds / 60, machine());
  std::fputs(("\n" + how).c_str(), stdout);
  for (const std::string& line : wrong) std::fprintf(stderr, "%s\n", line.c_str());
  if (!wrong.empty()) throw std::runtime_error(std::to_string(wrong.size()) + " functions have errors above the bound");
  if (!s.table.empty()) put_into_file(s.table, how + measured);
}

void check_name(const std::string& typed) {
  const auto names = names_of(Activations{});
  if (std::ranges::find(names, typed) == names.end()) throw_unknown_name("activation", "", typed, names);
}

class AccuracyCommand final : public Command {
 public:
  void add_options(CLI::App&, Options& options) override {
    options.whole("--every", settings_.every, 1, "tests every N-th of all 2^32 floats; 1: every float");
    options.whole("--samples", settings_.samples, 0, "number of doubles to test");
    options.whole("--threads", settings_.threads, 1, "number of threads");
    options.list("--activations", settings_.activations, check_name,
                 "tests only these activations: " + choices(Activations{}));
    options.text("--table", settings_.table, "file whose tables are replaced, if all errors are within the bound");
  }
  void run(const CLI::App&) override { ::run(settings_); }

 private:
  Settings settings_;
};

}  // namespace

int main(int argc, char** argv) {
  AccuracyCommand command;
  CLI::App app(
      "Measures the errors of every activation and its slope against exact formulas in wider numbers. Fails if\n"
      "an error is above the bound, which tests/accuracy/README.md explains.",
      "accuracy");
  Options options(app);
  command.add_options(app, options);
  return run_command(command, app, argv[0], {argv + 1, argv + argc});
}
