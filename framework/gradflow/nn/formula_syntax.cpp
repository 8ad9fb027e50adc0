#include <gradflow/nn/formula_syntax.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>
#include <gradflow/nn/formula_error.hpp>
#include <gradflow/nn/formula_words.hpp>

namespace gradflow::detail {
namespace {

using Op = FormulaOp;

constexpr std::size_t longest_formula = 1000, deepest_formula = 100, longest_word = 40;

/// Words of other languages, and what they are here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> other_words{{
    {"x", "write z"},
    {"X", "write z"},
    {"Z", "write z"},
    {"formula", "put the whole text inside formula(...)"},
    {"if", "write select(z <= 0, a, b)"},
    {"where", "write select(z <= 0, a, b)"},
    {"e", "write exp(z)"},
    {"ln", "write log(z)"},
    {"erf", "write 1 - erfc(z)"},
    {"pow", "write z^2"},
    {"fabs", "write abs(z)"},
    {"cosh", "write (exp(z) + exp(-z))/2"},
    {"sinh", "write (exp(z) - exp(-z))/2"},
    {"sign", "write select(z < 0, -1, 1)"},
    {"relu", "write max(z, 0)"},
    {"silu", "write z*sigmoid(z)"},
}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_constant(const FormulaNode& node) { return node.op != Op::z && std::ranges::all_of(node.parts, is_constant); }

class Parser {
 public:
  Parser(std::string_view text, std::size_t begin, std::size_t end, const std::vector<Setting>& parameters)
      : text_(text), all_(text.substr(0, end)), parameters_(parameters), at_(begin) {}

  FormulaNode run() {
    const std::size_t begin = at_;
    if (all_.size() - begin > longest_formula)
      fail(begin + longest_formula, std::to_string(all_.size() - begin) + " bytes",
           "at most " + std::to_string(longest_formula));
    FormulaNode node = either();
    skip_blanks();
    if (at_ < all_.size()) fail_at_rest();
    if (is_condition(node.op)) fail_for_condition(begin, "a number");
    require_height(node, 0);
    return node;
  }

 private:
  using Level = FormulaNode (Parser::*)();

  [[noreturn]] void fail(std::size_t place, const std::string& got, const std::string& expected,
                         const std::string& hint = {}) const {
    throw FormulaError(text_, place, got, expected, hint);
  }

  void skip_blanks() {
    while (at_ < all_.size() && is_blank(all_[at_])) ++at_;
  }
  bool next_is(std::string_view token) {
    skip_blanks();
    return all_.substr(at_).starts_with(token);
  }
  bool accept(std::string_view token) {
    if (!next_is(token)) return false;
    at_ += token.size();
    return true;
  }
  /// Returns what stands at the place: a name, a number, or one character.
  std::string_view word_at(std::size_t place) const {
    std::size_t end = place;
    const auto part_of_word = [](char c) { return is_letter(c) || is_digit(c) || c == '.'; };
    while (end < text_.size() && part_of_word(text_[end])) ++end;
    if (end == place && end < text_.size()) ++end;
    while (end < text_.size() && continues_character(text_[end])) ++end;
    return text_.substr(place, end - place);
  }
  std::string got_here() const {
    return at_ < text_.size() ? in_quotes(shortened(word_at(at_), longest_word)) : "the end";
  }

  /// Returns a hint if a sign of another language stands here, such as ** or ?:.
  std::string hint_here() const {
    const std::string_view rest = all_.substr(at_);
    if (rest.starts_with("**")) return "write a power as z^2";
    if (rest.starts_with("&")) return "join two conditions by one &";
    if (rest.starts_with("|")) return "join two conditions by one |";
    if (rest.starts_with("?") || rest.starts_with(":")) return "write a choice as select(z <= 0, a, b)";
    if (rest.starts_with("=")) return "write == to compare; write a parameter after the formula: formula(z*b, b=2)";
    if (rest.starts_with(",")) return "write 0.5, not 0,5";
    if (rest.starts_with("[") || rest.starts_with("{")) return "write ( instead";
    if (!rest.empty() && (static_cast<unsigned char>(rest[0]) & 0x80)) return "write + - * / ^ in ASCII";
    return {};
  }
  [[noreturn]] void fail_here(const std::string& expected) const { fail(at_, got_here(), expected, hint_here()); }

  /// Throws the error for a text that follows a complete formula, or a complete expression in parentheses.
  [[noreturn]] void fail_at_rest() const {
    const char c = all_[at_];
    if (is_letter(c) || is_digit(c) || c == '(' || c == '.')
      fail(at_, got_here(), "an operator before it", "write a product as 2*z");
    if (c == ')') fail(at_, got_here(), "the end, because no '(' is open");
    fail_here("an operator or the end");
  }

  FormulaNode node(Op op, std::size_t place, std::vector<FormulaNode> parts) const {
    return {.op = op, .place = place, .parts = std::move(parts)};
  }

  /// The depth is limited because the parser, and each function that walks the tree, calls itself once for each level.
  [[noreturn]] void fail_too_deep(std::size_t place) const {
    fail(place, "a formula nested deeper than " + std::to_string(deepest_formula) + " levels",
         "at most " + std::to_string(deepest_formula));
  }
  void require_height(const FormulaNode& node, std::size_t above) const {
    if (above == deepest_formula) fail_too_deep(node.place);
    for (const FormulaNode& part : node.parts) require_height(part, above + 1);
  }
  [[noreturn]] void fail_for_condition(std::size_t place, const std::string& expected) const {
    fail(place, "a condition", expected, "write a choice as select(z <= 0, a, b)");
  }
  /// where: " after '+'", " as argument 2 of max"
  FormulaNode number(const std::string& where, Level level) {
    skip_blanks();
    const std::size_t place = at_;
    FormulaNode result = one_level_down(place, level);
    if (is_condition(result.op)) fail_for_condition(place, "a number" + where);
    return result;
  }
  FormulaNode condition(const std::string& where, Level level) {
    skip_blanks();
    const std::size_t place = at_;
    FormulaNode result = one_level_down(place, level);
    if (is_condition(result.op)) return result;
    if (next_is("=")) fail_here("a comparison");
    fail(place, "a number", "a condition such as z <= 0" + where);
  }
  FormulaNode one_level_down(std::size_t place, Level level) {
    if (++depth_ > deepest_formula) fail_too_deep(place);
    FormulaNode result = (this->*level)();
    --depth_;
    return result;
  }

  /// a | b | c
  FormulaNode either() { return joined("|", Op::either, &Parser::both); }
  /// a & b & c
  FormulaNode both() { return joined("&", Op::both, &Parser::negation); }
  FormulaNode joined(std::string_view sign, Op op, Level part) {
    skip_blanks();
    const std::size_t place = at_;
    FormulaNode left = (this->*part)();
    while (next_is(sign)) {
      const std::size_t sign_place = at_;
      if (!is_condition(left.op))
        fail(place, "a number", "a condition such as z <= 0 before '" + std::string(sign) + "'");
      at_ += sign.size();
      if (next_is(sign)) {
        at_ = sign_place;
        fail_here("a condition");
      }
      FormulaNode right = condition(" after '" + std::string(sign) + "'", part);
      left = node(op, sign_place, pair(std::move(left), std::move(right)));
    }
    return left;
  }
  /// !a
  FormulaNode negation() {
    skip_blanks();
    const std::size_t place = at_;
    if (next_is("!=") || !accept("!")) return comparison();
    return node(Op::negation, place, {condition(" after '!'", &Parser::negation)});
  }
  /// a <= b
  FormulaNode comparison() {
    skip_blanks();
    const std::size_t place = at_;
    FormulaNode left = sum();
    for (const auto& [sign, op] : formula_comparisons) {
      if (!next_is(sign)) continue;
      const std::size_t sign_place = at_;
      if (is_condition(left.op)) fail(place, "a condition", "a number before '" + std::string(sign) + "'");
      at_ += sign.size();
      FormulaNode right = number(" after '" + std::string(sign) + "'", &Parser::sum);
      if (std::ranges::any_of(formula_comparisons, [this](const FormulaSign& next) { return next_is(next.text); }))
        fail(at_, got_here(), "one comparison", "write 0 < z & z < 1");
      return node(op, sign_place, pair(std::move(left), std::move(right)));
    }
    return left;
  }
  /// a + b - c
  FormulaNode sum() { return chain({FormulaSign{"+", Op::add}, FormulaSign{"-", Op::subtract}}, &Parser::product); }
  /// a*b/c
  FormulaNode product() { return chain({FormulaSign{"*", Op::multiply}, FormulaSign{"/", Op::divide}}, &Parser::sign); }
  FormulaNode chain(const std::array<FormulaSign, 2>& operators, Level part) {
    skip_blanks();
    const std::size_t place = at_;
    FormulaNode left = (this->*part)();
    for (;;) {
      const auto found = std::ranges::find_if(operators, [this](const FormulaSign& o) { return next_is(o.text); });
      if (found == operators.end() || next_is("**")) return left;
      const std::string sign(found->text);
      const std::size_t sign_place = at_;
      if (is_condition(left.op)) fail(place, "a condition", "a number before '" + sign + "'");
      at_ += sign.size();
      FormulaNode right = number(" after '" + sign + "'", part);
      left = node(found->op, sign_place, pair(std::move(left), std::move(right)));
    }
  }
  /// -a, +a
  FormulaNode sign() {
    skip_blanks();
    const std::size_t place = at_;
    if (accept("-")) return node(Op::negate, place, {number(" after '-'", &Parser::sign)});
    if (accept("+")) return number(" after '+'", &Parser::sign);
    return power();
  }
  /// a^b: a^b^c is a^(b^c), and -a^b is -(a^b).
  FormulaNode power() {
    skip_blanks();
    const std::size_t place = at_;
    FormulaNode base = primary();
    if (next_is("**")) fail_here("an operator");
    if (!next_is("^")) return base;
    const std::size_t sign_place = at_++;
    if (is_condition(base.op)) fail(place, "a condition", "a number before '^'");
    skip_blanks();
    const std::size_t exponent_place = at_;
    FormulaNode exponent = number(" after '^'", &Parser::sign);
    if (!is_constant(exponent)) fail(exponent_place, "an exponent with z", "a constant", "write 2^z as exp(z*log(2))");
    return node(Op::power, sign_place, pair(std::move(base), std::move(exponent)));
  }
  /// 1.7, z, b, f(a), (a)
  FormulaNode primary() {
    skip_blanks();
    if (at_ == all_.size()) fail_here("a number, z, a function or '('");
    const char c = all_[at_];
    if (is_digit(c) || c == '.') return literal();
    if (is_letter(c)) return name();
    const std::size_t open = at_;
    if (!accept("(")) fail_here("a number, z, a function or '('");
    FormulaNode inside = one_level_down(open, &Parser::either);
    close(open);
    return inside;
  }
  void close(std::size_t open) {
    if (accept(")")) return;
    if (at_ == all_.size()) fail(at_, "the end", "')' for the '(' in column " + std::to_string(open + 1));
    if (next_is(",")) fail(at_, got_here(), "')'", "write a comma only between the arguments of a function");
    fail_at_rest();
  }
  FormulaNode literal() {
    const std::size_t place = at_;
    while (at_ < all_.size() && (is_digit(all_[at_]) || all_[at_] == '.')) ++at_;
    // An e is part of the number only if digits follow.
    if (at_ < all_.size() && (all_[at_] == 'e' || all_[at_] == 'E')) {
      std::size_t digits = at_ + 1;
      if (digits < all_.size() && (all_[digits] == '+' || all_[digits] == '-')) ++digits;
      if (digits < all_.size() && is_digit(all_[digits])) {
        at_ = digits;
        while (at_ < all_.size() && is_digit(all_[at_])) ++at_;
      }
    }
    const std::string_view typed = all_.substr(place, at_ - place);
    const std::optional<double> value = parse_number(typed);
    if (!value) fail(place, in_quotes(shortened(typed, longest_word)), "a number such as 0.5");
    return {.op = Op::number, .place = place, .number = *value};
  }
  FormulaNode name() {
    const std::size_t place = at_;
    while (at_ < all_.size() && (is_letter(all_[at_]) || is_digit(all_[at_]))) ++at_;
    const std::string_view typed = all_.substr(place, at_ - place);
    const auto function = std::ranges::find(formula_functions, typed, &FormulaCall::name);
    if (function != formula_functions.end()) return call(*function, place);
    const bool is_called = next_is("(");
    if (!is_called && typed == "z") return {.op = Op::z, .place = place};
    if (!is_called && typed == "pi")
      return {.op = Op::number, .place = place, .number = std::numbers::pi, .name = "pi"};
    const auto parameter = std::ranges::find(parameters_, typed, &Setting::name);
    if (!is_called && parameter != parameters_.end())
      return {.op = Op::parameter, .place = place, .number = parameter->value, .name = parameter->name};
    if (is_called && (typed == "z" || typed == "pi" || parameter != parameters_.end()))
      fail(at_, "'('", "an operator before it", "write a product as z*(...)");
    fail_at_unknown(place, typed, is_called);
  }
  [[noreturn]] void fail_at_unknown(std::size_t place, std::string_view typed, bool is_called) const {
    std::vector<std::string_view> known;
    for (const FormulaCall& f : formula_functions) known.push_back(f.name);
    std::string expected = "a function:";
    for (const std::string_view f : known) expected += " " + std::string(f);
    if (!is_called) {
      expected = "z, pi";
      for (const Setting& parameter : parameters_) expected += ", " + parameter.name;
      expected += ", or a function with its '('";
      for (const Setting& parameter : parameters_) known.push_back(parameter.name);
    }
    std::string hint;
    if (const auto other = std::ranges::find(other_words, typed, &std::pair<std::string_view, std::string_view>::first);
        other != other_words.end())
      hint = other->second;
    if (hint.empty()) hint = nearest_hint(typed, known);
    if (hint.empty() && !is_called)
      hint = "give the parameter a value: formula(" + (parameters_.empty() ? shortened(all_, 60) : "...") + ", " +
             shortened(typed, longest_word) + "=1)";
    fail(place, in_quotes(shortened(typed, longest_word)), expected, hint);
  }
  FormulaNode call(const FormulaCall& function, std::size_t place) {
    const std::string name(function.name);
    skip_blanks();
    const std::size_t open = at_;
    if (!accept("(")) fail_here("'(' after " + name);
    FormulaNode result{.op = function.op, .place = place, .function = function.function};
    for (std::size_t i = 0; i < function.arguments; ++i) {
      if (i > 0 && !accept(",")) {
        if (next_is(")"))
          fail(at_, std::to_string(i) + (i == 1 ? " argument" : " arguments"),
               std::to_string(function.arguments) + " for " + name);
        if (at_ < all_.size()) fail_at_rest();
        fail_here("',' and another argument of " + name);
      }
      skip_blanks();
      const std::size_t argument_place = at_;
      const std::string where = " as argument " + std::to_string(i + 1) + " of " + name;
      result.parts.push_back(function.op == Op::select && i == 0 ? condition(where, &Parser::either)
                                                                 : number(where, &Parser::either));
      if (function.op == Op::clamp && i > 0 && !is_constant(result.parts.back()))
        fail(argument_place, "a limit with z", "a constant", "use min and max");
    }
    if (next_is(",")) fail(at_, "another argument", std::to_string(function.arguments) + " for " + name);
    close(open);
    return result;
  }

  static std::vector<FormulaNode> pair(FormulaNode a, FormulaNode b) {
    std::vector<FormulaNode> both;
    both.push_back(std::move(a));
    both.push_back(std::move(b));
    return both;
  }

  std::string_view text_, all_;  // text_: what errors show; all_: text_ up to the end of the formula
  const std::vector<Setting>& parameters_;
  std::size_t at_, depth_ = 0;
};

}  // namespace

FormulaNode parse_formula(std::string_view text, std::size_t begin, std::size_t end,
                          const std::vector<Setting>& parameters) {
  return Parser(text, begin, end, parameters).run();
}

}  // namespace gradflow::detail
