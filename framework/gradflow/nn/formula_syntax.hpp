#pragma once
// The syntax of formulas: from "z*sigmoid(1.7*z)" to a tree, and back to text.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/base/names.hpp>

namespace gradflow::detail {

/// What a node of a formula is. The comment shows how it is written.
enum class FormulaOp {
  number,         // 1.7, pi
  parameter,      // b
  z,              // z
  add,            // a + b
  subtract,       // a - b
  multiply,       // a*b
  divide,         // a/b
  negate,         // -a
  power,          // a^b, b constant
  call,           // f(a), f one of FormulaFunction
  max,            // max(a, b)
  min,            // min(a, b)
  clamp,          // clamp(a, low, high), low and high constant
  select,         // select(condition, a, b)
  less,           // a < b; this and all below are conditions
  less_equal,     // a <= b
  greater,        // a > b
  greater_equal,  // a >= b
  equal,          // a == b
  not_equal,      // a != b
  both,           // a & b
  either,         // a | b
  negation        // !a
};

/// The functions with one argument. Policies can call the same functions.
enum class FormulaFunction { abs, cos, erfc, exp, expm1, log, log1p, sigmoid, sin, softplus, sqrt, tanh };

/// A node of a formula, and the parts that it is made of.
struct FormulaNode {
  FormulaOp op;
  std::size_t place = 0;                            ///< where it stands in the text, for errors
  double number = 0;                                ///< of a number or parameter
  std::string name = {};                            ///< of a parameter, and of the number pi
  FormulaFunction function = FormulaFunction::abs;  ///< of a call
  std::vector<FormulaNode> parts = {};              ///< in the order of the text
};

/// Returns the tree of the formula that begins and ends at these bytes of a text. Throws FormulaError, which shows the
/// whole text. parameters: the names that the formula may use beside z.
FormulaNode parse_formula(std::string_view text, std::size_t begin, std::size_t end,
                          const std::vector<Setting>& parameters);

/// Returns the text of a tree, with as few parentheses as possible. parse_formula() reads the same tree from it.
std::string text(const FormulaNode& node);

}  // namespace gradflow::detail
