#pragma once
// The value of a formula, for any type of number that has the operators and functions of Lanes. With Lanes the result
// is a value, with Duals a value and its derivatives. With SweepNumbers it is an operation of a graph, which becomes a
// program (formula_sweep.cpp). The ONNX export computes with the values of an ONNX graph; the result is a node of this
// graph.
#include <cmath>
#include <cstddef>

#include <gradflow/math/dual.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/formula_syntax.hpp>

namespace gradflow::detail {

/// x^n for a whole n > 0, by squaring.
template <class V>
V whole_power(const V& x, int n) {
  if (n == 1) return x;
  const V half = whole_power(x, n / 2), square = half * half;
  return n % 2 == 0 ? square : square * x;
}

template <class V>
V power(const V& x, double exponent);

/// x^exponent for any exponent; NaN for x < 0.
template <class V>
V real_power(const V& x, double exponent) {
  return exp(exponent * log(x));
}
/// The slope is exponent x^(exponent - 1) x'. This also holds at 0, where the rule for log(x) gives NaN.
template <class V>
Dual<V> real_power(const Dual<V>& x, double exponent) {
  return {real_power(x.value, exponent), exponent * power(x.value, exponent - 1) * x.slope};
}

/// x^exponent. If 2 * exponent is a whole number, computes only products, a square root and a division.
template <class V>
V power(const V& x, double exponent) {
  if (exponent < 0) return 1.0 / power(x, -exponent);
  if (exponent == 0) return V(1);
  const double whole = std::floor(exponent);
  if (exponent != whole && exponent != whole + 0.5) return real_power(x, exponent);
  if (exponent == whole) return whole_power(x, static_cast<int>(whole));
  return whole == 0 ? sqrt(x) : whole_power(x, static_cast<int>(whole)) * sqrt(x);
}

template <class V>
V formula_value(const FormulaNode& node, const V& z);

/// f(a, b) of the two parts. A constant part stays a plain number, for which a Dual has simpler rules.
template <class V, class F>
auto of_two_parts(const FormulaNode& node, const V& z, const F& f) {
  const FormulaNode &a = node.parts[0], &b = node.parts[1];
  if (a.op == FormulaOp::number && b.op != FormulaOp::number) return f(a.number, formula_value(b, z));
  if (b.op == FormulaOp::number) return f(formula_value(a, z), b.number);
  return f(formula_value(a, z), formula_value(b, z));
}

/// The result of a node that is a condition.
template <class V>
typename V::Mask formula_condition(const FormulaNode& node, const V& z) {
  switch (node.op) {
    case FormulaOp::less:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a < b; });
    case FormulaOp::less_equal:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a <= b; });
    case FormulaOp::greater:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a > b; });
    case FormulaOp::greater_equal:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a >= b; });
    case FormulaOp::equal:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a == b; });
    case FormulaOp::not_equal:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a != b; });
    case FormulaOp::both:
      return formula_condition(node.parts[0], z) & formula_condition(node.parts[1], z);
    case FormulaOp::either:
      return formula_condition(node.parts[0], z) | formula_condition(node.parts[1], z);
    default:
      return !formula_condition(node.parts[0], z);
  }
}

template <class V>
V formula_call(FormulaFunction function, const V& x) {
  switch (function) {
    case FormulaFunction::abs:
      return abs(x);
    case FormulaFunction::cos:
      return cos(x);
    case FormulaFunction::erfc:
      return erfc(x);
    case FormulaFunction::exp:
      return exp(x);
    case FormulaFunction::expm1:
      return expm1(x);
    case FormulaFunction::log:
      return log(x);
    case FormulaFunction::log1p:
      return log1p(x);
    case FormulaFunction::sigmoid:
      return sigmoid(x);
    case FormulaFunction::sin:
      return sin(x);
    case FormulaFunction::softplus:
      return softplus(x);
    case FormulaFunction::sqrt:
      return sqrt(x);
    default:
      return tanh(x);
  }
}

/// Returns the formula's value at z. The constant parts of the formula must be numbers, as in Formula::tree().
template <class V>
V formula_value(const FormulaNode& node, const V& z) {
  const auto part = [&](std::size_t i) { return formula_value(node.parts[i], z); };
  switch (node.op) {
    case FormulaOp::z:
      return z;
    case FormulaOp::add:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a + b; });
    case FormulaOp::subtract:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a - b; });
    case FormulaOp::multiply:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a * b; });
    case FormulaOp::divide:
      return of_two_parts(node, z, [](const auto& a, const auto& b) { return a / b; });
    case FormulaOp::max:
      return max(part(0), part(1));
    case FormulaOp::min:
      return min(part(0), part(1));
    case FormulaOp::negate:
      return -part(0);
    case FormulaOp::power:
      return power(part(0), node.parts[1].number);
    case FormulaOp::call:
      return formula_call(node.function, part(0));
    case FormulaOp::clamp:
      return clamp(part(0), node.parts[1].number, node.parts[2].number);
    case FormulaOp::select:
      return select(formula_condition(node.parts[0], z), part(1), part(2));
    default:
      return V(node.number);
  }
}

}  // namespace gradflow::detail
