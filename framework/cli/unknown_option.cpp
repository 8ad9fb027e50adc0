#include <cli/unknown_option.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>

#include <cli/commands.hpp>

using namespace gradflow;

namespace {

/// A name of an option or of a positional argument.
struct Name {
  std::string bare;   ///< in small letters and without dashes at its start: "learning-rate"
  std::string typed;  ///< as the reader types it: "--learning-rate", "MODEL"
};

char small(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Returns the name in an argument, in the spelling of Name::bare: "-Learning_Rate=0.1" -> "learning-rate".
std::string bare_name(std::string_view argument) {
  argument.remove_prefix(std::min(argument.find_first_not_of('-'), argument.size()));
  std::string name;
  for (const char c : argument.substr(0, argument.find('='))) name += c == '_' ? '-' : small(c);
  return name;
}

std::vector<Name> names_of(const CLI::Option& option) {
  std::vector<Name> names;
  for (const std::string& name : option.get_lnames()) names.push_back({name, "--" + name});
  if (option.get_positional()) names.push_back({bare_name(option.get_name()), option.get_name()});
  return names;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> words;
  for (std::size_t end = 0; !text.empty(); text.remove_prefix(std::min(end + 1, text.size()))) {
    end = std::min(text.find(at), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
  }
  return words;
}

/// Whether the letters are first letters of the words, in order: "lr", "learnrate" and "rate" of "learning", "rate".
bool abbreviates(std::string_view letters, std::span<const std::string_view> words) {
  if (letters.empty()) return true;
  if (words.empty()) return false;
  for (std::size_t n = 0; n <= letters.size() && words.front().starts_with(letters.substr(0, n)); ++n)
    if (abbreviates(letters.substr(n), words.subspan(1))) return true;
  return false;
}

/// Whether each word of the name begins like a word that was typed: "layers" for "hidden-layers", "output" for
/// "out-dir", "init" for "initializer".
bool covers(const std::vector<std::string_view>& typed, const std::vector<std::string_view>& name) {
  constexpr std::size_t least = 3;  // shorter words begin too many words
  return std::ranges::all_of(name, [&](std::string_view word) {
    return std::ranges::any_of(typed, [&](std::string_view t) {
      return std::min(t.size(), word.size()) >= least && (word.starts_with(t) || t.starts_with(word));
    });
  });
}

bool is_short_for(const std::string& typed, const std::string& name) {
  if (typed.size() < 2) return !typed.empty() && name.starts_with(typed);
  const auto words = split(name, '-'), typed_words = split(typed, '-');
  std::string letters;
  for (const std::string_view word : typed_words) letters += word;
  return abbreviates(letters, words) || covers(typed_words, words);
}

/// Returns the names that the reader may have meant: the same name, else the names that `typed` is short for, else the
/// nearest name.
std::vector<std::string> similar(const std::string& typed, const std::vector<Name>& names) {
  constexpr std::size_t most = 4;
  std::vector<std::string> same, longer, nearest;
  std::vector<std::string_view> bare;
  for (const Name& name : names) bare.push_back(name.bare);
  const std::string hint = nearest_hint(typed, bare);
  for (const Name& name : names) {
    if (name.bare == typed) same.push_back(name.typed);
    if (is_short_for(typed, name.bare)) longer.push_back(name.typed);
    if (!hint.empty() && nearest_hint(typed, {name.bare}) == hint) nearest.push_back(name.typed);
  }
  if (!same.empty()) return same;
  return longer.empty() || longer.size() > most ? nearest : longer;
}

/// Returns whether the text contains what was typed as one or more whole words ("hidden"), or a word whose parts begin
/// with the typed letters (typed "wd", word "weight_decay").
bool mentions(std::string_view text, const std::string& typed) {
  std::string words = " ", phrase = " ", compound = " ";
  for (const char c : text) words += c == '_' || std::isalnum(static_cast<unsigned char>(c)) ? small(c) : ' ';
  for (const char c : typed) phrase += c == '-' ? ' ' : c;
  for (const char c : typed) compound += c == '-' ? '_' : c;
  for (const std::string_view word : split(words, ' ')) {
    std::string initials;
    for (const std::string_view part : split(word, '_')) initials += part[0];
    if (initials.size() > 1 && initials == typed) return true;
  }
  words += " ";
  return words.find(phrase + " ") != words.npos || words.find(compound + " ") != words.npos;
}

/// Returns the example in a help whose parameter was typed, with a blank before it: " \"sgd(momentum=0.9)\"".
std::string example(const std::string& help, const std::string& typed) {
  for (const std::string_view part : split(help, '"')) {
    const std::size_t open = part.find('('), equals = part.find('=');
    if (part.ends_with(')') && open < equals && equals != part.npos &&
        mentions(part.substr(open, equals - open), typed))
      return " \"" + std::string(part) + "\"";
  }
  return {};
}

/// Returns the options whose help has the name that was typed. Returns none if too many have it.
std::vector<std::string> options_about(const CLI::App& app, const std::string& typed) {
  constexpr std::size_t most = 3;
  std::vector<std::string> found;
  if (typed.size() < 2 || !std::isalpha(static_cast<unsigned char>(typed[0]))) return found;
  for (const CLI::Option* option : app.get_options()) {
    const std::string& help = option->get_description();
    if (!option->get_lnames().empty() && mentions(help, typed))
      found.push_back(names_of(*option).front().typed + example(help, typed));
  }
  return found.size() > most ? std::vector<std::string>() : found;
}

/// Returns "a, b or c" with the word before the last item.
std::string joined(const std::vector<std::string>& items, const std::string& word) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i)
    text += (i == 0 ? "" : i + 1 < items.size() ? ", " : " " + word + " ") + items[i];
  return text;
}

std::string did_you_mean(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(in_quotes(name));
  return names.empty() ? std::string() : "did you mean " + joined(quoted, "or") + "?";
}

}  // namespace

void throw_unknown_option(const CLI::App& app, const std::string& argument) {
  const std::string typed = bare_name(argument);
  std::vector<Name> names;
  for (const CLI::Option* option : app.get_options()) std::ranges::move(names_of(*option), std::back_inserter(names));
  std::string hint = did_you_mean(similar(typed, names));
  if (hint.empty()) hint = commands_with(argument);
  if (hint.empty()) hint = did_you_mean(options_about(app, typed));
  if (hint.empty()) hint = command_name() + " --help shows all options";
  throw NameError({argument.starts_with('-') ? "option" : "argument",
                   {},
                   in_quotes(argument.substr(0, argument.find('='))),
                   "an option of " + app.get_name(),
                   hint});
}

std::string commands_with(const std::string& argument) {
  constexpr std::size_t most = 2;
  const std::string typed = bare_name(argument);
  std::map<std::string, std::vector<std::string>> same, longer;  // option -> commands
  for_each_command([&](const CommandEntry& entry, const CLI::App& app) {
    for (const CLI::Option* option : app.get_options())
      for (const std::string& name : option->get_lnames()) {
        if (name == "help") continue;
        if (name == typed) same["--" + name].emplace_back(entry.name);
        if (typed.size() > 1 && is_short_for(typed, name)) longer["--" + name].emplace_back(entry.name);
      }
  });
  const auto& found = same.empty() ? longer : same;
  std::string text;
  if (found.size() <= most)
    for (const auto& [option, commands] : found)
      text += (text.empty() ? "" : ", ") + joined(commands, "and") + (commands.size() == 1 ? " has " : " have ") +
              in_quotes(option);
  return text;
}
