#pragma once
// The functions and signs of the formulas' language. The parser reads them, and a formula's text is written with them.
#include <array>
#include <cstddef>
#include <string_view>

#include <gradflow/nn/formula_syntax.hpp>

namespace gradflow::detail {

/// A function, as a formula calls it.
struct FormulaCall {
  std::string_view name;
  FormulaOp op;
  std::size_t arguments;
  FormulaFunction function = FormulaFunction::abs;  // of a call
};

inline constexpr std::array formula_functions{FormulaCall{"abs", FormulaOp::call, 1, FormulaFunction::abs},
                                              FormulaCall{"clamp", FormulaOp::clamp, 3},
                                              FormulaCall{"cos", FormulaOp::call, 1, FormulaFunction::cos},
                                              FormulaCall{"erfc", FormulaOp::call, 1, FormulaFunction::erfc},
                                              FormulaCall{"exp", FormulaOp::call, 1, FormulaFunction::exp},
                                              FormulaCall{"expm1", FormulaOp::call, 1, FormulaFunction::expm1},
                                              FormulaCall{"log", FormulaOp::call, 1, FormulaFunction::log},
                                              FormulaCall{"log1p", FormulaOp::call, 1, FormulaFunction::log1p},
                                              FormulaCall{"max", FormulaOp::max, 2},
                                              FormulaCall{"min", FormulaOp::min, 2},
                                              FormulaCall{"select", FormulaOp::select, 3},
                                              FormulaCall{"sigmoid", FormulaOp::call, 1, FormulaFunction::sigmoid},
                                              FormulaCall{"sin", FormulaOp::call, 1, FormulaFunction::sin},
                                              FormulaCall{"softplus", FormulaOp::call, 1, FormulaFunction::softplus},
                                              FormulaCall{"sqrt", FormulaOp::call, 1, FormulaFunction::sqrt},
                                              FormulaCall{"tanh", FormulaOp::call, 1, FormulaFunction::tanh}};

/// An operator and its sign.
struct FormulaSign {
  std::string_view text;
  FormulaOp op;
};

inline constexpr std::array formula_comparisons{
    FormulaSign{"<=", FormulaOp::less_equal}, FormulaSign{">=", FormulaOp::greater_equal},
    FormulaSign{"==", FormulaOp::equal},      FormulaSign{"!=", FormulaOp::not_equal},
    FormulaSign{"<", FormulaOp::less},        FormulaSign{">", FormulaOp::greater}};

inline bool is_condition(FormulaOp op) { return op >= FormulaOp::less; }
inline bool is_comparison(FormulaOp op) { return op >= FormulaOp::less && op <= FormulaOp::not_equal; }

}  // namespace gradflow::detail
