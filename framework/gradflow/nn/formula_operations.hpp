#pragma once
// The operations that a formula over arrays consists of, and what each of them computes.
#include <cstdint>

#include <gradflow/math/lanes.hpp>

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
  sqrt,
  exp,
  log,
  log1p,
  sin,
  cos,
  erfc,
  softplus,
  abs,        // abs, expm1, sigmoid, tanh: the slope must follow in the next line, see slope_of()
  abs_slope,  // -b if a < 0, 0 if a == 0, else b
  expm1,
  expm1_slope,  // the slope of expm1 at a
  sigmoid,
  sigmoid_slope,
  tanh,
  tanh_slope,
  select_less,        // c if a < b, else d
  select_less_equal,  // c if a <= b, else d
  select_equal,       // c if a == b, else d
  clamp,              // a, limited to [b, c]
  clamp_slope,        // d if b < a < c, else 0
  add_product,        // a b + c, rounded twice
  subtract_product    // c - a b, rounded twice
};

/// Returns whether the operation is a function that one instruction can compute together with its slope.
inline bool has_slope(SweepOp op) {
  return op == SweepOp::abs || op == SweepOp::expm1 || op == SweepOp::sigmoid || op == SweepOp::tanh;
}
/// Returns the operation that computes the slope of the function op. has_slope(op) must be true.
inline SweepOp slope_of(SweepOp op) { return static_cast<SweepOp>(static_cast<int>(op) + 1); }

/// The slope of abs(a) if the slope of a is b.
template <class V>
V abs_slope(const V& a, const V& b) {
  return select(a < 0, -b, select(a == 0, 0, b));
}

/// Calls f(computation). computation(a, b, c, d) returns what the operation `op` computes from four Lanes.
template <class F>
auto visit_computation(SweepOp op, const F& f) {
  const auto first = [&](const auto& g) { return f([g](auto a, auto, auto, auto) { return g(a); }); };
  const auto two = [&](const auto& g) { return f([g](auto a, auto b, auto, auto) { return g(a, b); }); };
  switch (op) {
    case SweepOp::copy:
      return first([](auto a) { return a; });
    case SweepOp::add:
      return two([](auto a, auto b) { return a + b; });
    case SweepOp::subtract:
      return two([](auto a, auto b) { return a - b; });
    case SweepOp::multiply:
      return two([](auto a, auto b) { return a * b; });
    case SweepOp::divide:
      return two([](auto a, auto b) { return a / b; });
    case SweepOp::max:
      return two([](auto a, auto b) { return max(a, b); });
    case SweepOp::min:
      return two([](auto a, auto b) { return min(a, b); });
    case SweepOp::negate:
      return first([](auto a) { return -a; });
    case SweepOp::sqrt:
      return first([](auto a) { return sqrt(a); });
    case SweepOp::exp:
      return first([](auto a) { return exp(a); });
    case SweepOp::log:
      return first([](auto a) { return log(a); });
    case SweepOp::log1p:
      return first([](auto a) { return log1p(a); });
    case SweepOp::sin:
      return first([](auto a) { return sin(a); });
    case SweepOp::cos:
      return first([](auto a) { return cos(a); });
    case SweepOp::erfc:
      return first([](auto a) { return erfc(a); });
    case SweepOp::softplus:
      return first([](auto a) { return softplus(a); });
    case SweepOp::abs:
      return first([](auto a) { return abs(a); });
    case SweepOp::abs_slope:
      return two([](auto a, auto b) { return abs_slope(a, b); });
    case SweepOp::expm1:
      return first([](auto a) { return expm1(a); });
    case SweepOp::expm1_slope:
      return first([](auto a) { return expm1_and_slope(a).slope; });
    case SweepOp::sigmoid:
      return first([](auto a) { return sigmoid(a); });
    case SweepOp::sigmoid_slope:
      return first([](auto a) { return sigmoid_slope(a); });
    case SweepOp::tanh:
      return first([](auto a) { return tanh(a); });
    case SweepOp::tanh_slope:
      return first([](auto a) { return tanh_and_slope(a).slope; });
    case SweepOp::select_less:
      return f([](auto a, auto b, auto c, auto d) { return select(a < b, c, d); });
    case SweepOp::select_less_equal:
      return f([](auto a, auto b, auto c, auto d) { return select(a <= b, c, d); });
    case SweepOp::select_equal:
      return f([](auto a, auto b, auto c, auto d) { return select(a == b, c, d); });
    case SweepOp::clamp:
      return f([](auto a, auto b, auto c, auto) { return select(a <= b, b, select(a >= c, c, a)); });
    case SweepOp::clamp_slope:
      return f([](auto a, auto b, auto c, auto d) { return select(a <= b, 0, select(a >= c, 0, d)); });
    case SweepOp::add_product:
      return f([](auto a, auto b, auto c, auto) { return a * b + c; });
    default:
      return f([](auto a, auto b, auto c, auto) { return c - a * b; });
  }
}

/// Calls f(computation). computation(a, b) returns the value and the slope of the function `op` at a. has_slope(op)
/// must be true. Only abs reads b, the slope of a.
template <class F>
auto visit_value_and_slope(SweepOp op, const F& f) {
  switch (op) {
    case SweepOp::abs:
      return f([](auto a, auto b) { return ValueAndSlope<decltype(a)>{abs(a), abs_slope(a, b)}; });
    case SweepOp::expm1:
      return f([](auto a, auto) { return expm1_and_slope(a); });
    case SweepOp::sigmoid:
      return f([](auto a, auto) { return sigmoid_and_slope(a); });
    default:
      return f([](auto a, auto) { return tanh_and_slope(a); });
  }
}

}  // namespace gradflow::detail
