#pragma once
// From the graph of a formula to a program: a list of instructions, each with the places of its operands and results.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <gradflow/base/memory.hpp>
#include <gradflow/nn/formula_graph.hpp>
#include <gradflow/nn/formula_operations.hpp>

namespace gradflow::detail {

/// The place of an operand or a result: an array (z, a or slope), a constant, or a block of the working memory. `index`
/// is the number of the constant or block.
struct ProgramPlace {
  enum class Base : std::uint8_t { z, a, slope, constants, memory };
  Base base = Base::z;
  std::uint32_t index = 0;
};

struct ProgramInstruction {
  SweepOp op;
  bool with_slope;  // op is a function that has a slope; the instruction also writes that slope
  ProgramPlace out, slope_out;
  std::array<ProgramPlace, 4> operands;
};

/// Reads z, and writes f(z) to the array a and f'(z) to the array slope. a may be the same array as z: after an
/// instruction has written to a, no other instruction reads z.
template <class T>
struct FormulaProgram {
  std::vector<ProgramInstruction> instructions;
  AlignedVector<T> constants;  // each repeated for all lanes of a register
  std::size_t blocks = 0;      // of working memory
};

/// Returns the program of the graph. value, slope: the indices of the operations that are f(z) and f'(z).
template <class T>
FormulaProgram<T> compile(const SweepGraph<T>& graph, std::size_t value, std::optional<std::size_t> slope);

}  // namespace gradflow::detail
