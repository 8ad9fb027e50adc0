#pragma once
// A formula over arrays: its value, or its value and slope. Each instruction of its program works on a block of numbers
// that stays in the processor's first cache, so the instruction is chosen only once for the whole block.
#include <cstddef>
#include <span>
#include <string_view>

#include <gradflow/nn/formula_program.hpp>
#include <gradflow/nn/formula_syntax.hpp>

namespace gradflow::detail {

/// A program for numbers of type T. It is compiled once, and does not change.
template <class T>
class FormulaSweep {
 public:
  /// Computes f(z), and f'(z) if with_slope is true. The constant parts of `formula` must be numbers, as in
  /// Formula::tree(). Throws FormulaError, which shows `text`, if the program needs too much working memory.
  FormulaSweep(const FormulaNode& formula, bool with_slope, std::string_view text);

  /// a holds z on entry and f(z) on return; slope receives f'(z) if the program has it, and is empty otherwise. Does
  /// not allocate.
  void run(std::span<T> a, std::span<T> slope) const;

 private:
  void run_block(const T* z, T* a, T* slope, std::size_t n) const;

  FormulaProgram<T> program_;
  std::size_t block_size_ = 0;  // numbers in a block, a multiple of the lanes
};

}  // namespace gradflow::detail
