#include <algorithm>
#include <string>
#include <string_view>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/formula_syntax.hpp>
#include <gradflow/nn/formula_words.hpp>

namespace gradflow::detail {
namespace {

using Op = FormulaOp;

/// The precedence of a node's operator. A part with a lower precedence is put in parentheses.
enum Precedence { of_either, of_both, of_negation, of_comparison, of_sum, of_product, of_sign, of_power, of_primary };

Precedence precedence(const FormulaNode& node) {
  if (is_comparison(node.op)) return of_comparison;
  switch (node.op) {
    case Op::either:
      return of_either;
    case Op::both:
      return of_both;
    case Op::negation:
      return of_negation;
    case Op::add:
    case Op::subtract:
      return of_sum;
    case Op::multiply:
    case Op::divide:
      return of_product;
    case Op::negate:
      return of_sign;
    case Op::power:
      return of_power;
    default:
      return of_primary;
  }
}

std::string text(const FormulaNode& node, Precedence least) {
  return precedence(node) < least ? "(" + text(node) + ")" : text(node);
}

}  // namespace

std::string text(const FormulaNode& node) {
  const auto infix = [&](std::string_view sign, Precedence left, Precedence right) {
    return text(node.parts[0], left) + std::string(sign) + text(node.parts[1], right);
  };
  const auto function = [&](std::string_view name) {
    std::string inside;
    for (const FormulaNode& part : node.parts) inside += (inside.empty() ? "" : ", ") + text(part);
    return std::string(name) + "(" + inside + ")";
  };
  if (is_comparison(node.op))
    return infix(" " + std::string(std::ranges::find(formula_comparisons, node.op, &FormulaSign::op)->text) + " ",
                 of_sum, of_sum);
  switch (node.op) {
    case Op::number:
      return node.name.empty() ? gradflow::text(node.number) : node.name;
    case Op::parameter:
      return node.name;
    case Op::z:
      return "z";
    case Op::add:
      return infix(" + ", of_sum, of_product);
    case Op::subtract:
      return infix(" - ", of_sum, of_product);
    case Op::multiply:
      return infix("*", of_product, of_sign);
    case Op::divide:
      return infix("/", of_product, of_sign);
    case Op::negate:
      return "-" + text(node.parts[0], of_sign);
    case Op::power:
      return infix("^", of_primary, of_sign);
    case Op::both:
      return infix(" & ", of_both, of_negation);
    case Op::either:
      return infix(" | ", of_either, of_both);
    case Op::negation:
      return "!" + text(node.parts[0], of_negation);
    default:
      break;
  }
  const auto is_this = [&](const FormulaCall& f) {
    return f.op == node.op && (node.op != Op::call || f.function == node.function);
  };
  return function(std::ranges::find_if(formula_functions, is_this)->name);
}

}  // namespace gradflow::detail
