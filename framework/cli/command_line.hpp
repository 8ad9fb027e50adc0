#pragma once
// What the commands share: options that name themselves in their errors, and the exit codes: 0 done, 1 failed, 2 wrong
// usage; 130 ended by Ctrl-C, 143 by SIGTERM and 129 by SIGHUP, with all results so far kept.
#include <exception>
#include <functional>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradflow/base/names.hpp>

#include <cli/lists.hpp>

/// Options that do not go together: exit code 2, as for an option that is wrong by itself.
struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Options that hold one value each; a wrong value is one line: "--depth: got 'ten', expected a whole number of at
/// least 0".
class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}

  CLI::Option* flag(const std::string& name, bool& value, const std::string& help);
  CLI::Option* text(const std::string& name, std::string& value, const std::string& help);
  CLI::Option* whole(const std::string& name, std::size_t& value, std::size_t min, const std::string& help);
  CLI::Option* number(const std::string& name, double& value, double min, double max, const std::string& help);
  /// What separates the columns of a CSV file: one character, or the word tab.
  CLI::Option* separator(const std::string& name, char& value, const std::string& help);
  /// Comma-separated; the commas inside parentheses do not part.
  CLI::Option* sequence(const std::string& name, std::string& value,
                        const std::function<void(const std::string&)>& check, const std::string& help);
  /// The same, of things that each stand there once.
  CLI::Option* list(const std::string& name, std::string& value, const std::function<void(const std::string&)>& check,
                    const std::string& help);
  /// `check` throws where it does not like the text.
  CLI::Option* checked(const std::string& name, std::string& value,
                       const std::function<void(const std::string&)>& check, const std::string& help);

  /// The headline under which the options that follow stand in the help.
  void group(std::string headline) { group_ = std::move(headline); }

 private:
  CLI::Option* finish(CLI::Option* option) const;

  CLI::App& app_;
  std::string group_ = "Options";
};

/// The names of a family, for the help: "sgd rmsprop adam"
template <class List>
std::string choices(List list) {
  std::string all;
  for (const std::string_view name : gradflow::names_of(list)) all += (all.empty() ? "" : " ") + std::string(name);
  return all;
}

/// A check for options that name a member of a family: the policy must be in the list and its parameters in their
/// ranges.
template <class List>
std::function<void(const std::string&)> one_of(List list, std::string_view family) {
  return [list, family = std::string(family)](const std::string& text) {
    gradflow::by_name<bool>(list, family, text,
                            [](const auto& policy) { return gradflow::check_parameters(policy), true; });
  };
}

/// A command of the program: its options, and what it does with them.
class Command {
 public:
  virtual ~Command() = default;
  /// Kept by reference: the options write into this object.
  virtual void add_options(CLI::App& app, Options& options) = 0;
  /// app: the options as they were typed.
  virtual void run(const CLI::App& app) = 0;
};

/// What the reader types to run the command again: known once run_command() runs. The program or the script that
/// started it, and the command: "examples/run.sh train"; the arguments, for a resumed run those of its beginning; and
/// all of it for a shell.
const std::string& command_name();
const std::vector<std::string>& command_arguments();
void set_command_arguments(std::vector<std::string> arguments);
std::string command_line();

/// In quotes where a shell would take it for more than one word.
std::string shell_word(const std::string& word);

/// Does all the jobs, whatever becomes of those before, and returns what the first that failed threw; null where none
/// did. For what has to be told after more has been done.
std::exception_ptr failure_of(std::initializer_list<std::function<void()>> jobs);

/// Parses the arguments of a command. Throws what CLI11 throws, and UsageError for an argument that is not known.
void parse(CLI::App& app, std::vector<std::string> arguments);

/// Runs job() and turns every error into one line on stderr, which begins with the name, and into an exit code.
int run_safely(const std::string& name, const std::function<int()>& job);

/// Parses the arguments, runs the command as app says it was typed, and returns the exit code, as run_safely() does.
/// program: what was typed before the command's name.
int run_command(Command& command, CLI::App& app, const std::string& program, std::vector<std::string> arguments);
