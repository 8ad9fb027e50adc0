#include <cli/command_line.hpp>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <set>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>
#include <gradflow/observers/interrupt.hpp>

#include <cli/unknown_option.hpp>

using namespace gradflow;

namespace {

/// Makes a check of CLI11 from a check that throws. CLI11 expects an error message, or "" for a valid text, and puts
/// the option's name before the message.
CLI::Validator validator(const std::function<void(const std::string&)>& check) {
  const auto run = [check](const std::string& text) -> std::string {
    try {
      check(text);
      return {};
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  return {run, {}, {}};
}

std::string complaint(std::string_view got, std::string expected) {
  return text({{}, {}, in_quotes(got), std::move(expected), {}});
}

void check_number(const std::string& typed, double min, double max) {
  const auto number = parse_number(typed);
  if (number && *number >= min && *number <= max) return;
  const bool bounded = max < std::numeric_limits<double>::max();
  throw std::invalid_argument(complaint(
      typed, bounded ? "a number in [" + text(min) + ", " + text(max) + "]" : "a number of at least " + text(min)));
}

/// Prints the message as one line on stderr and returns code. Control characters, which a file or an argument may have
/// put into the message, become "?". Only the error of a formula has more lines, which are indented.
int fail(const std::string& name, std::string message, int code) {
  for (std::size_t i = 0; i < message.size(); ++i)
    if (std::iscntrl(static_cast<unsigned char>(message[i])) && message.compare(i, 3, "\n  ") != 0) message[i] = '?';
  std::fprintf(stderr, "%s: %s\n", name.c_str(), message.c_str());
  return code;
}

/// CLI11 reads the next option as the value of an option whose value is missing. So a value must not begin with "--".
void check_no_option(const std::string& typed) {
  if (typed.starts_with("--")) throw std::invalid_argument(complaint(typed, "a value"));
}

struct TypedCommand {
  std::string name;
  std::vector<std::string> arguments;
};

TypedCommand& typed_command() {
  static TypedCommand command;
  return command;
}

/// Returns the exit code. Throws UsageError for wrong arguments, and whatever the command throws.
int parse_and_run(Command& command, CLI::App& app) {
  try {
    parse(app, command_arguments());
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    throw UsageError(what.substr(0, what.find(':')) + ": the value is missing");
  } catch (const std::exception& error) {
    throw UsageError(error.what());
  }
  command.run(app);
  return InterruptGuard::requested() ? 128 + InterruptGuard::signal() : 0;
}

/// Throws std::system_error if any earlier output could not be printed: a full disk, or a closed stdout.
void require_printed() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw_system_error("standard output", "cannot write");
}

}  // namespace

const std::string& command_name() { return typed_command().name; }

const std::vector<std::string>& command_arguments() { return typed_command().arguments; }

void set_command_arguments(std::vector<std::string> arguments) { typed_command().arguments = std::move(arguments); }

std::string command_line() {
  std::string line = command_name();
  for (const std::string& argument : command_arguments()) line += " " + shell_word(argument);
  return line;
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void parse(CLI::App& app, std::vector<std::string> arguments) {
  for (const std::string& typed : arguments)  // CLI11 reads "-hidden" as "-h" and more
    if (typed.starts_with("-h") && typed != "-h") throw_unknown_option(app, typed);
  app.allow_extras();
  std::ranges::reverse(arguments);  // CLI11 expects the last argument first
  const auto refuse_unknown = [&] {
    if (const auto extras = app.remaining(); !extras.empty()) throw_unknown_option(app, extras.front());
  };
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::RequiredError&) {
    refuse_unknown();
    throw;
  }
  refuse_unknown();
}

CLI::Option* Options::finish(CLI::Option* option) const {
  return option->group(group_)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

CLI::Option* Options::flag(const std::string& name, bool& value, const std::string& help) {
  return app_.add_flag(name, value, help)->group(group_);
}

CLI::Option* Options::text(const std::string& name, std::string& value, const std::string& help) {
  return checked(name, value, check_no_option, help)->type_name("TEXT");
}

CLI::Option* Options::whole(const std::string& name, std::size_t& value, std::size_t min, const std::string& help) {
  const auto check = [min](const std::string& typed) { to_whole({}, typed, min); };
  return finish(app_.add_option(name, value, help)->check(validator(check))->capture_default_str()->type_name("N"));
}

CLI::Option* Options::number(const std::string& name, double& value, double min, double max, const std::string& help) {
  const auto check = [min, max](const std::string& typed) { check_number(typed, min, max); };
  return finish(app_.add_option(name, value, help)->check(validator(check))->capture_default_str()->type_name("X"));
}

CLI::Option* Options::checked(const std::string& name, std::string& value,
                              const std::function<void(const std::string&)>& check, const std::string& help) {
  return finish(app_.add_option(name, value, help)->check(validator(check))->capture_default_str()->type_name("NAME"));
}

CLI::Option* Options::separator(const std::string& name, char& value, const std::string& help) {
  const auto check = [](const std::string& typed) {
    if (typed.size() != 1 && typed != "tab") throw std::invalid_argument(complaint(typed, "one character, or tab"));
  };
  const auto keep = [&value](const std::string& typed) { value = typed == "tab" ? '\t' : typed[0]; };
  return finish(app_.add_option_function<std::string>(name, keep, help)
                    ->check(validator(check))
                    ->default_str(value == '\t' ? "tab" : std::string(1, value))
                    ->type_name("C"));
}

CLI::Option* Options::sequence(const std::string& name, std::string& value,
                               const std::function<void(const std::string&)>& check, const std::string& help) {
  const auto check_all = [check](const std::string& typed) {
    for (const std::string_view item : split_list(typed)) check(std::string(item));
  };
  return checked(name, value, check_all, help)->type_name("A,B,...");
}

CLI::Option* Options::list(const std::string& name, std::string& value,
                           const std::function<void(const std::string&)>& check, const std::string& help) {
  const auto check_all = [check](const std::string& typed) {
    std::set<std::string> before;
    for (const std::string_view item : split_list(typed)) {
      check(std::string(item));
      if (!before.emplace(item).second)
        throw std::invalid_argument(gradflow::text({{}, {}, in_quotes(item) + " twice", "each item once", {}}));
    }
  };
  return checked(name, value, check_all, help)->type_name("A,B,...");
}

std::exception_ptr failure_of(std::initializer_list<std::function<void()>> jobs) {
  std::exception_ptr first;
  for (const auto& job : jobs) try {
      job();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  return first;
}

int run_safely(const std::string& name, const std::function<int()>& job) {
  constexpr const char* no_memory = "not enough memory for the data and the network; choose a smaller network or batch";
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit then fails to grow, like a full disk
  try {
    const int code = job();
    require_printed();
    return code;
  } catch (const UsageError& error) {
    return fail(name, error.what(), 2);
  } catch (const std::bad_alloc&) {
    return fail(name, no_memory, 1);
  } catch (const std::length_error&) {  // a vector throws it for a size beyond any memory
    return fail(name, no_memory, 1);
  } catch (const std::exception& error) {
    return fail(name, error.what(), 1);
  }
}

int run_command(Command& command, CLI::App& app, const std::string& program, std::vector<std::string> arguments) {
  typed_command() = {program, std::move(arguments)};
  return run_safely(app.get_name(), [&] { return parse_and_run(command, app); });
}
