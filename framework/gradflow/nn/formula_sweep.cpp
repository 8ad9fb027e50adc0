#include <gradflow/nn/formula_sweep.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/math/dual.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/formula_error.hpp>
#include <gradflow/nn/formula_graph.hpp>
#include <gradflow/nn/formula_operations.hpp>
#include <gradflow/nn/formula_value.hpp>

namespace gradflow::detail {
namespace {

constexpr std::size_t working_memory = 24 * 1024;  // bytes: with the arrays, it fits into the first cache
constexpr std::size_t largest_block = 4 * 1024;    // bytes

template <class T>
constexpr std::size_t step = Lanes<T>::size;

template <class T>
FormulaProgram<T> program_of(const FormulaNode& formula, bool with_slope) {
  SweepGraph<T> graph;
  const SweepNumber<T> z(graph, SweepGraph<T>::z);
  if (!with_slope) return compile(graph, formula_value(formula, z).index_in(graph), {});
  const auto both = formula_value(formula, Dual<SweepNumber<T>>(z, SweepNumber<T>(1)));
  const std::size_t value = both.value.index_in(graph), slope = both.slope.index_in(graph);
  return compile(graph, value, slope);
}

/// Reads numbers, one register at a time. step: the distance to the numbers of the next register; 0 reads the same
/// numbers each time.
template <class T>
struct Operand {
  const T* at;
  std::size_t step;

  Lanes<T> next() {
    const Lanes<T> numbers = Lanes<T>::load(at);
    at += step;
    return numbers;
  }
};

/// The simplest instructions do little for each register, so the loops are unrolled, and a second operand that is
/// constant is read only once. Both together take a quarter off their time.
template <bool second_is_constant, class T, class F>
[[gnu::flatten]] void compute(const F& f, const std::array<Operand<T>, 4>& x, T* out, std::size_t n) {
  auto [a, b, c, d] = x;
  const Lanes<T> constant = Lanes<T>::load(b.at);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < n; i += step<T>) {
    const Lanes<T> first = a.next(), second = second_is_constant ? constant : b.next(), third = c.next(),
                   fourth = d.next();
    f(first, second, third, fourth).store(out + i);
  }
}

template <class T, class F>
[[gnu::flatten]] void compute_both(const F& f, const std::array<Operand<T>, 4>& x, T* out, T* slope_out,
                                   std::size_t n) {
  auto [a, b, c, d] = x;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < n; i += step<T>) {
    const ValueAndSlope<Lanes<T>> both = f(a.next(), b.next());
    both.value.store(out + i);
    both.slope.store(slope_out + i);
  }
}

}  // namespace

template <class T>
FormulaSweep<T>::FormulaSweep(const FormulaNode& formula, bool with_slope, std::string_view text)
    : program_(program_of<T>(formula, with_slope)) {
  const std::size_t numbers = working_memory / sizeof(T) / std::max<std::size_t>(program_.blocks, 1);
  block_size_ = std::min(numbers, largest_block / sizeof(T)) / step<T> * step<T>;
  if (block_size_ == 0)
    throw FormulaError(text, 0, std::to_string(program_.blocks) + " intermediate results",
                       "at most " + std::to_string(working_memory / sizeof(T) / step<T>));
}

template <class T>
void FormulaSweep<T>::run_block(const T* z, T* a, T* slope, std::size_t n) const {
  alignas(64) T memory[working_memory / sizeof(T)];
  const std::array<const T*, 5> reads{z, a, slope, program_.constants.data(), memory};
  const std::array<T*, 5> writes{nullptr, a, slope, nullptr, memory};
  const std::array<std::size_t, 5> scales{0, 0, 0, step<T>, block_size_};
  const auto base = [](ProgramPlace place) { return static_cast<std::size_t>(place.base); };
  const auto to = [&](ProgramPlace place) { return writes[base(place)] + place.index * scales[base(place)]; };
  for (const ProgramInstruction& instruction : program_.instructions) {
    std::array<Operand<T>, 4> x;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const ProgramPlace place = instruction.operands[k];
      x[k] = {reads[base(place)] + place.index * scales[base(place)],
              place.base == ProgramPlace::Base::constants ? 0 : step<T>};
    }
    T* const out = to(instruction.out);
    if (instruction.with_slope) {
      T* const slope_out = to(instruction.slope_out);
      visit_value_and_slope(instruction.op, [&](const auto& f) { compute_both(f, x, out, slope_out, n); });
    } else {
      visit_computation(instruction.op, [&](const auto& f) {
        x[1].step == 0 ? compute<true>(f, x, out, n) : compute<false>(f, x, out, n);
      });
    }
  }
}

template <class T>
void FormulaSweep<T>::run(std::span<T> a, std::span<T> slope) const {
  T* const s = slope.data();
  const std::size_t whole = a.size() / step<T> * step<T>, rest = a.size() - whole;
  for (std::size_t i = 0; i < whole; i += block_size_)
    run_block(a.data() + i, a.data() + i, s ? s + i : s, std::min(block_size_, whole - i));
  if (rest == 0) return;
  T last[step<T>] = {}, last_slope[step<T>];
  std::copy_n(a.data() + whole, rest, last);
  run_block(last, last, last_slope, step<T>);
  std::copy_n(last, rest, a.data() + whole);
  if (s) std::copy_n(last_slope, rest, s + whole);
}

template class FormulaSweep<float>;
template class FormulaSweep<double>;

}  // namespace gradflow::detail
