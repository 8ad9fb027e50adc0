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

/// Where the numbers of an operand or a result are: in an array, or in the constant or the block of working memory of
/// this index.
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

/// Reads z, and writes f(z) to the array a and f'(z) to the array slope. a may be the array of z: only the last
/// instruction that reads z or a later one writes to a.
template <class T>
struct FormulaProgram {
  std::vector<ProgramInstruction> instructions;
  AlignedVector<T> constants;  // each in all lanes of a register
  std::size_t blocks = 0;      // of working memory
};

/// value, slope: the operations of the graph that are f(z) and f'(z).
template <class T>
FormulaProgram<T> compile(const SweepGraph<T>& graph, std::size_t value, std::optional<std::size_t> slope);

}  // namespace gradflow::detail
