// The program gradflow: finds and runs the command that was typed, or prints help.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <cli/commands.hpp>
#include <cli/reference.hpp>
#include <cli/unknown_option.hpp>
#include <gradflow/base/errors.hpp>

using namespace gradflow;

namespace {

const CommandEntry* find_command(std::string_view name) {
  for (const CommandEntry& entry : all_commands)
    if (entry.name == name) return &entry;
  return nullptr;
}

void print_help() {
  std::printf(
      "Trains multi-layer perceptrons and shows where their gradients go.\n\nUsage: gradflow COMMAND [OPTIONS]\n");
  std::printf("\nCommands:\n");
  for (const auto& [name, about, make] : all_commands)
    std::printf("%s", fmt::format("  {:<13}{}\n", name, about).c_str());
  std::printf(
      "\nOptions:\n"
      "  --help         this text; gradflow COMMAND --help shows the options of a command\n"
      "  --version      the version\n"
      "  --completion   completion of commands and options for bash: source <(gradflow --completion)\n"
      "  --man          the manual page: gradflow --man | man -l -\n");
}

int run_option(const std::string& option) {
  if (option == "--help" || option == "-h")
    print_help();
  else if (option == "--version")
    std::printf("gradflow %s\n", GRADFLOW_VERSION);
  else if (option == "--completion")
    std::printf("%s", bash_completion().c_str());
  else if (option == "--man")
    std::printf("%s", manual_page(GRADFLOW_VERSION).c_str());
  else {
    if (const std::string hint = commands_with(option); option.starts_with('-') && !hint.empty())
      throw UsageError(text({"command", {}, in_quotes(option), "a command before its options", hint}));
    std::vector<std::string_view> known;
    for (const CommandEntry& entry : all_commands) known.push_back(entry.name);
    known.insert(known.end(), {"--help", "--version", "--completion", "--man"});
    try {
      throw_unknown_name("command", "", option, known);
    } catch (const NameError& error) {
      throw UsageError(error.what());
    }
  }
  return 0;
}

/// Returns the text that the reader types before the command's name: the script that started this program, or the
/// program.
std::string typed_program(const char* argv0) {
  const char* const script = std::getenv("GRADFLOW_COMMAND");
  return script ? script : shell_word(argv0 ? argv0 : "gradflow");
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> typed(argv + std::min(argc, 1), argv + argc);
  const CommandEntry* const entry = typed.empty() ? nullptr : find_command(typed[0]);
  if (!entry) return run_safely("gradflow", [&] { return run_option(typed.empty() ? "--help" : typed[0]); });
  const std::string name(entry->name);
  const std::unique_ptr<Command> command = entry->make();
  CLI::App app(std::string(entry->about), "gradflow " + name);
  Options options(app);
  command->add_options(app, options);
  return run_command(*command, app, typed_program(argv[0]) + " " + name, {typed.begin() + 1, typed.end()});
}
