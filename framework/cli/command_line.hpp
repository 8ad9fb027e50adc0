#pragma once
// Shared by all commands: options whose errors begin with the option's name, and the exit codes. 0: done. 1: failed. 2:
// wrong usage. 130, 143 or 129: ended by Ctrl-C, SIGTERM or SIGHUP; all results so far are kept.
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

#include <cli/whole_number.hpp>

/// Wrong usage: a wrong option, or options that exclude each other. The exit code is 2.
struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Adds options to a command. Each option holds one value. A wrong value gives an error of one line: "--depth: got
/// 'ten', expected a whole number of at least 0".
class Options {
 public:
  explicit Options(CLI::App& app) : app_(app) {}

  CLI::Option* flag(const std::string& name, bool& value, const std::string& help);
  CLI::Option* text(const std::string& name, std::string& value, const std::string& help);
  CLI::Option* whole(const std::string& name, std::size_t& value, std::size_t min, const std::string& help);
  CLI::Option* number(const std::string& name, double& value, double min, double max, const std::string& help);
  /// An option for the separator of a CSV file's columns: one character, or the word tab.
  CLI::Option* separator(const std::string& name, char& value, const std::string& help);
  /// A comma-separated list; check gets each item. Commas inside parentheses belong to the item.
  CLI::Option* sequence(const std::string& name, std::string& value,
                        const std::function<void(const std::string&)>& check, const std::string& help);
  /// The same, but each item may occur only once.
  CLI::Option* list(const std::string& name, std::string& value, const std::function<void(const std::string&)>& check,
                    const std::string& help);
  /// check throws std::invalid_argument for a text that it rejects.
  CLI::Option* checked(const std::string& name, std::string& value,
                       const std::function<void(const std::string&)>& check, const std::string& help);

  /// Sets the headline for the options added after this call, in the help.
  void group(std::string headline) { group_ = std::move(headline); }

 private:
  CLI::Option* finish(CLI::Option* option) const;

  CLI::App& app_;
  std::string group_ = "Options";
};

/// Returns the names of a list of policies for the help: "sgd rmsprop adam".
template <class List>
std::string choices(List list) {
  std::string all;
  for (const std::string_view name : gradflow::names_of(list)) all += (all.empty() ? "" : " ") + std::string(name);
  return all;
}

/// Returns a check for an option whose value names a policy of the list. The check throws if the name is not in the
/// list, or if a parameter is outside its range. family: the word for such a policy in errors, "optimizer".
template <class List>
std::function<void(const std::string&)> one_of(List list, std::string_view family) {
  return [list, family = std::string(family)](const std::string& text) {
    gradflow::by_name<bool>(list, family, text,
                            [](const auto& policy) { return gradflow::check_parameters(policy), true; });
  };
}

/// A command of the program: its options, and the function that runs it.
class Command {
 public:
  virtual ~Command() = default;
  /// Adds options that write into this object; the object must outlive app.
  virtual void add_options(CLI::App& app, Options& options) = 0;
  /// Runs the command. app has the options that were typed.
  virtual void run(const CLI::App& app) = 0;
};

/// Texts with which the reader can run the command again. They are known after run_command() has begun.
/// command_name(): the program, or the script that started it, and the command: "examples/run.sh train".
/// command_arguments(): the arguments; a resumed run has the arguments with which it began.
/// command_line(): both as one line for a shell.
const std::string& command_name();
const std::vector<std::string>& command_arguments();
void set_command_arguments(std::vector<std::string> arguments);
std::string command_line();

/// Returns the word, in quotes if a shell would not read it as one plain word.
std::string shell_word(const std::string& word);

/// Runs all jobs, also after one of them has failed. Returns the exception of the first job that failed, or null. So a
/// failure can be reported after the remaining work is done.
std::exception_ptr failure_of(std::initializer_list<std::function<void()>> jobs);

/// Parses the arguments of a command. Throws the exceptions of CLI11, and NameError for an unknown argument.
void parse(CLI::App& app, std::vector<std::string> arguments);

/// Runs job() and returns its exit code. Turns every exception into an exit code and one line on stderr, which begins
/// with name.
int run_safely(const std::string& name, const std::function<int()>& job);

/// Parses the arguments into app, runs the command, and returns the exit code like run_safely(). program: the text
/// typed up to and including the command's name.
int run_command(Command& command, CLI::App& app, const std::string& program, std::vector<std::string> arguments);
