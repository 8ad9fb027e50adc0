#pragma once
// A formula over arrays: its value, or its value and slope, as a program of instructions. Each instruction works on a
// block of numbers that stays in the processor's first cache, so the cost of choosing it is shared by the whole block.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gradflow/base/memory.hpp>
#include <gradflow/nn/formula_syntax.hpp>

namespace gradflow::detail {

/// What an instruction computes, lane by lane, from its operands a, b, c, d.
enum class SweepOp : std::uint8_t {
  copy,
  add,
  subtract,
  multiply,
  divide,
  max,
  min,
  negate,
  abs,
  sqrt,
  exp,
  log,
  log1p,
  sin,
  cos,
  erfc,
  softplus,
  expm1,
  expm1_slope,  // the slope of a function stands after the function: expm1_slope(a) is the slope of expm1 at a
  sigmoid,
  sigmoid_slope,
  tanh,
  tanh_slope,
  select_less,        // c if a < b, else d
  select_less_equal,  // c if a <= b, else d
  select_equal,       // c if a == b, else d
  clamp,              // a, limited to [b, c]
  clamp_slope,        // d if b < a < c, else 0
  abs_slope,          // -b if a < 0, 0 if a == 0, else b
  add_product,        // a b + c, rounded twice
  subtract_product    // c - a b, rounded twice
};

/// A program for numbers of type T. It is compiled once, and does not change.
template <class T>
class FormulaSweep {
 public:
  /// f(z), and f'(z) if with_slope is true. formula: a bound one. Throws FormulaError, which shows text, if the program
  /// needs more memory than a block can have.
  FormulaSweep(const FormulaNode& formula, bool with_slope, std::string_view text);

  /// a holds z on entry and f(z) on return; slope receives f'(z) if the program has it, and is empty otherwise. Does
  /// not allocate.
  void run(std::span<T> a, std::span<T> slope) const;

 private:
  enum class Base : std::uint8_t { z, a, slope, constants, memory };
  struct Place {  // where numbers are: in an array, or the constant or the block of working memory of this index
    Base base = Base::z;
    std::uint32_t index = 0;
  };
  struct Instruction {
    SweepOp op;
    bool with_slope;  // op is a function of a; the instruction also writes its slope
    Place out, slope_out;
    std::array<Place, 4> operands;
  };
  class Compiler;

  void run_block(const T* z, T* a, T* slope, std::size_t n) const;

  std::vector<Instruction> instructions_;
  AlignedVector<T> constants_;  // each in all lanes of a register
  std::size_t blocks_ = 0;      // of working memory
  std::size_t block_size_ = 0;  // numbers in a block, a multiple of the lanes
};

}  // namespace gradflow::detail
