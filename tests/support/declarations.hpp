#pragma once
// Finds the public functions that a header declares, by reading its text.
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gradflow {

/// Lists functions as "Network::predict(const Matrix<T>&)": class, name, and the types of the parameters without names
/// and defaults. Leaves out functions that are private, protected, pure virtual, deleted, in a namespace `detail` or in
/// an unnamed namespace.
class PublicFunctions {
 public:
  static std::vector<std::string> of(std::string_view header) {
    PublicFunctions found(without_comments(header));
    found.read();
    return std::move(found.functions_);
  }

 private:
  struct Scope {
    std::string name;  ///< empty for a namespace
    bool is_public;
  };

  explicit PublicFunctions(std::string text) : text_(std::move(text)) {}

  void read() {
    for (at_ = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '(')
        statement_ += balanced(text_, at_, '(', ')'), at_ += balanced(text_, at_, '(', ')').size() - 1;
      else if (c == '{')
        open();
      else if (c == '}')
        close();
      else if (c == ';')
        end_statement();
      else if (c == ':' && is_access(trimmed(statement_)))
        scopes_.back().is_public = trimmed(statement_) == "public", statement_.clear();
      else
        statement_ += c;
    }
  }

  void open() {
    std::smatch m;
    const std::string head = without_prefix(statement_);
    if (std::regex_match(head, m, std::regex(R"((inline )?namespace ?([\w:]*) ?)"))) {
      scopes_.push_back({"", m[2].length() > 0 && !std::regex_search(m.str(2), std::regex(R"(\bdetail\b)"))});
      statement_.clear();
    } else if (std::regex_match(head, m, std::regex(R"((class|struct|union) (\w+)( final)?( ?<.*>)?( ?:.*)? ?)"))) {
      scopes_.push_back({m[2], m[1] != "class"});
      statement_.clear();
    } else {
      skip_braces();
    }
  }

  /// Skips the body of a function, an initialiser or an enum, and ends the statement there. After the braces of a
  /// member initialiser or a requires-expression, the statement continues.
  void skip_braces() {
    at_ += balanced(text_, at_, '{', '}').size() - 1;
    const std::size_t next = text_.find_first_not_of(' ', at_ + 1);
    const bool ends = next == text_.npos || (text_[next] != ',' && text_[next] != '{' && text_[next] != ';');
    if (ends && !ends_with_requires(statement_)) end_statement();
  }

  /// True if s ends with "requires" or "requires (const T& x)": then the next braces are not a function body.
  static bool ends_with_requires(std::string s) {
    s = trimmed(s);
    if (s.ends_with(')')) {
      std::size_t open = s.size() - 1;
      for (int depth = 1; depth > 0 && open > 0;) {
        --open;
        depth += (s[open] == ')') - (s[open] == '(');
      }
      s = trimmed(s.substr(0, open));
    }
    return s.ends_with("requires");
  }

  void close() {
    if (!scopes_.empty()) scopes_.pop_back();
    statement_.clear();
  }

  void end_statement() {
    const std::string statement = without_prefix(std::exchange(statement_, {}));
    for (const Scope& scope : scopes_)
      if (!scope.is_public) return;
    const std::size_t open = first_parenthesis(statement);
    std::smatch name;
    const std::string before = statement.substr(0, open);
    if (open == statement.npos || !std::regex_search(before, name, std::regex(R"((\boperator ?[^ ]+|~?\b\w+) ?$)")))
      return;
    if (name.prefix().str().ends_with("::")) return;  // a member function defined outside its class
    const std::string parameters = balanced(statement, open, '(', ')');
    if (std::regex_search(statement.substr(open + parameters.size()), std::regex(R"(= ?(0|delete) ?$)"))) return;
    std::string function;
    for (const Scope& scope : scopes_)
      if (!scope.name.empty()) function += scope.name + "::";
    functions_.push_back(function + name.str(1) + types(parameters));
  }

  /// Returns the position of the parenthesis that opens the parameters. npos if the declaration is not a function.
  static std::size_t first_parenthesis(const std::string& s) {
    if (std::regex_search(s,
                          std::regex(R"(^(using|typedef|static_assert|concept|extern template|enum|class|struct)\b)")))
      return s.npos;
    int angles = 0;
    for (std::size_t i = 0; i < s.size(); ++i) {
      if (s.compare(i, 8, "operator") == 0) return s.find('(', s.find_first_not_of("operator (", i));
      if (s[i] == '<') ++angles;
      if (s[i] == '>') --angles;
      if (angles == 0 && s[i] == '=') return s.npos;
      if (angles == 0 && s[i] == '(') return i;
    }
    return s.npos;
  }

  /// Removes names and defaults: "(const Matrix<T>& x, std::size_t n = 1)" -> "(const Matrix<T>&, std::size_t)".
  static std::string types(const std::string& parameters) {
    std::string out, one;
    int depth = 0;
    for (std::size_t i = 1; i < parameters.size(); ++i) {
      const char c = parameters[i];
      const bool last = i + 1 == parameters.size();
      if (last || (c == ',' && depth == 0)) {
        out += (out.empty() ? "" : ", ") + type(one);
        one.clear();
        continue;
      }
      depth += (c == '<' || c == '(' || c == '{') - (c == '>' || c == ')' || c == '}');
      one += c;
    }
    return "(" + out + ")";
  }

  static std::string type(std::string parameter) {
    parameter = trimmed(std::regex_replace(parameter, std::regex(R"(=.*)"), ""));
    std::smatch m;
    if (std::regex_match(parameter, m, std::regex(R"((.*[&*>\w.])( |\b)(\w+))")) && m.str(1) != "const" &&
        !std::regex_search(m.str(1), std::regex(R"(:$)")))
      return trimmed(m.str(1));
    return parameter;
  }

  /// Removes template <...>, requires (...), [[...]], and words such as inline, from the start of a declaration.
  static std::string without_prefix(const std::string& statement) {
    std::string s = trimmed(statement), before;
    do {
      before = s;
      if (std::regex_search(s, std::regex(R"(^template ?<)")))
        s = trimmed(s.substr(s.find('<') + balanced(s, s.find('<'), '<', '>').size()));
      if (std::regex_search(s, std::regex(R"(^requires( requires)? ?\()")))
        s = trimmed(s.substr(s.find('(') + balanced(s, s.find('('), '(', ')').size()));
      s = std::regex_replace(
          s, std::regex(R"(^(\[\[.*?\]\]|(inline|static|constexpr|virtual|explicit|friend|nodiscard)\b) ?)"), "");
    } while (s != before);
    return s;
  }

  static bool is_access(const std::string& s) { return s == "public" || s == "protected" || s == "private"; }

  static std::string trimmed(const std::string& s) {
    const std::size_t first = s.find_first_not_of(' '), last = s.find_last_not_of(' ');
    return first == s.npos ? "" : s.substr(first, last - first + 1);
  }

  /// Returns the text from a bracket to its closing bracket, with both.
  static std::string balanced(const std::string& s, std::size_t from, char opens, char closes) {
    int depth = 0;
    for (std::size_t i = from; i < s.size(); ++i) {
      depth += (s[i] == opens) - (s[i] == closes);
      if (depth == 0) return s.substr(from, i - from + 1);
    }
    return s.substr(from);
  }

  /// Returns the header on one line, without comments, preprocessor lines and string literals.
  static std::string without_comments(std::string_view header) {
    std::string s(header);
    s = std::regex_replace(s, std::regex(R"(//[^\n]*|/\*[^]*?\*/|"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])')"), "");
    s = std::regex_replace(s, std::regex(R"((^|\n)[ \t]*#[^\n]*)"), "");
    return std::regex_replace(s, std::regex(R"(\s+)"), " ");
  }

  std::string text_, statement_;
  std::size_t at_ = 0;
  std::vector<Scope> scopes_;
  std::vector<std::string> functions_;
};

/// Returns the public functions of all headers in a folder, each with the path of its header.
inline std::map<std::string, std::string> functions_of_headers(const std::filesystem::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".hpp") {
      std::ifstream file(entry.path());
      const std::string header{std::istreambuf_iterator<char>(file), {}};
      for (const std::string& function : PublicFunctions::of(header)) found.emplace(function, entry.path().string());
    }
  return found;
}

}  // namespace gradflow
