#include <cli/reference.hpp>

#include <functional>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include <cli/commands.hpp>

namespace {

/// Calls look(entry, app) for every command. app has the command's options.
void for_each_command(const std::function<void(const CommandEntry&, const CLI::App&)>& look) {
  for (const CommandEntry& entry : all_commands) {
    const std::unique_ptr<Command> command = entry.make();
    CLI::App app(std::string(entry.about), std::string(entry.name));
    Options options(app);
    command->add_options(app, options);
    look(entry, app);
  }
}

/// Escapes text for man: backslashes and hyphens are printed as they are, and no line is read as a request.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.empty() || out.back() == '\n')
      if (c == '.' || c == '\'') out += "\\&";
    if (c == '-' || c == '\\') out += '\\';
    out += c == '\\' ? 'e' : c;
  }
  return out;
}

std::string option_entry(const CLI::Option& option) {
  std::string head = "\\fB" + escaped(option.get_name(false, true)) + "\\fR";
  if (const std::string type = option.get_type_name(); !type.empty()) head += " \\fI" + escaped(type) + "\\fR";
  std::string text = option.get_description();
  if (const std::string value = option.get_default_str(); !value.empty()) text += " [" + value + "]";
  return ".TP\n" + head + "\n" + escaped(text) + "\n";
}

}  // namespace

std::string bash_completion() {
  std::string names, cases;
  for_each_command([&](const CommandEntry& entry, const CLI::App& app) {
    names += std::string(entry.name) + " ";
    cases += fmt::format("    {}) words='", entry.name);
    for (const CLI::Option* option : app.get_options())
      for (const std::string& name : option->get_lnames()) cases += "--" + name + " ";
    cases.back() = '\'';
    cases += " ;;\n";
  });
  return "# bash completion for gradflow: source this file, or put it into share/bash-completion/completions.\n"
         "_gradflow() {\n"
         "  local words=''\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    words='" +
         names +
         "--help --version --completion --man'\n"
         "  elif [[ $2 == -* ]]; then\n"
         "    case ${COMP_WORDS[1]} in\n" +
         cases +
         "    esac\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$2\")\n"
         "}\n"
         "complete -o default -F _gradflow gradflow\n";
}

std::string manual_page(std::string_view version) {
  std::string page = fmt::format(
      ".TH GRADFLOW 1 \"\" \"gradflow {}\"\n"
      ".SH NAME\ngradflow \\- train multi\\-layer perceptrons and show where their gradients go\n"
      ".SH SYNOPSIS\n\\fBgradflow\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
      ".SH COMMANDS\n",
      version);
  for_each_command([&](const CommandEntry& entry, const CLI::App& app) {
    page += fmt::format(".SS gradflow {}\n{}\n", entry.name, escaped(entry.about));
    for (const CLI::Option* option : app.get_options()) page += option_entry(*option);
    if (const std::string footer = app.get_footer(); !footer.empty()) page += ".PP\n" + escaped(footer) + "\n";
  });
  return page +
         ".SH EXIT STATUS\n0: done. 1: failed. 2: wrong usage. 130, 143 or 129: ended by Ctrl\\-C, SIGTERM or SIGHUP; "
         "all "
         "results so far are written.\n";
}
