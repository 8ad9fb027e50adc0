#pragma once
// A formula as a graph of operations. formula_value() builds it when it computes with a SweepNumber.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradflow/math/dual.hpp>
#include <gradflow/math/lanes.hpp>
#include <gradflow/nn/formula_operations.hpp>

namespace gradflow::detail {

/// The operations of a formula as a graph. Equal operations share one node. An operation comes after its operands.
template <class T>
class SweepGraph {
 public:
  using Index = std::size_t;
  struct Node {
    SweepOp op;                   // copy for z and for constants
    std::vector<Index> operands;  // none for z and for constants
    std::optional<T> constant = std::nullopt;
  };

  static constexpr Index z = 0;
  SweepGraph() { nodes_.push_back({SweepOp::copy, {}}); }

  const std::vector<Node>& nodes() const { return nodes_; }

  Index constant(T number) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    const auto [at, is_new] = constants_.try_emplace(std::bit_cast<Bits>(number), nodes_.size());
    if (is_new) nodes_.push_back({SweepOp::copy, {}, number});
    return at->second;
  }
  Index operation(SweepOp op, std::vector<Index> operands) {
    const auto [at, is_new] = operations_.try_emplace({op, operands}, nodes_.size());
    if (is_new) nodes_.push_back({op, std::move(operands)});
    return at->second;
  }

 private:
  std::vector<Node> nodes_;
  std::map<std::uint64_t, Index> constants_;
  std::map<std::pair<SweepOp, std::vector<Index>>, Index> operations_;
};

/// The type of number with which formula_value() builds a graph: an operation of the graph, or a constant. A Dual of
/// SweepNumbers is an operation and its derivative, by the rules of Dual.
template <class T>
class SweepNumber {
  using Op = SweepOp;

 public:
  using Scalar = T;

  /// A comparison: the numbers a and b, and the select operation that compares them.
  struct Mask {
    Op op;
    SweepNumber a, b;
    /// Turns the condition into a number, 1 if it is true and 0 if not, because & and | join conditions by min and max.
    SweepNumber as_number() const { return select(*this, SweepNumber(1), SweepNumber(0)); }
    static Mask from_number(const SweepNumber& number) { return {Op::select_equal, number, SweepNumber(1)}; }
    friend Mask operator&(const Mask& x, const Mask& y) { return from_number(min(x.as_number(), y.as_number())); }
    friend Mask operator|(const Mask& x, const Mask& y) { return from_number(max(x.as_number(), y.as_number())); }
    friend Mask operator!(const Mask& x) { return {Op::select_equal, x.as_number(), SweepNumber(0)}; }
  };

  template <class Number>
  requires std::is_arithmetic_v<Number> SweepNumber(Number x) : constant_(static_cast<T>(x)) {}
  SweepNumber(SweepGraph<T>& graph, std::size_t index) : graph_(&graph), index_(index) {}

  std::size_t index_in(SweepGraph<T>& graph) const { return graph_ ? index_ : graph.constant(constant_); }

  friend SweepNumber operator+(const SweepNumber& a, const SweepNumber& b) {
    if (const auto [x, y] = b.factors(); x) return make(Op::add_product, {*x, *y, a});
    if (const auto [x, y] = a.factors(); x) return make(Op::add_product, {*x, *y, b});
    return make(Op::add, constant_last(a, b));
  }
  friend SweepNumber operator-(const SweepNumber& a, const SweepNumber& b) {
    if (const auto [x, y] = b.factors(); x) return make(Op::subtract_product, {*x, *y, a});
    return make(Op::subtract, {a, b});
  }
  friend SweepNumber operator*(const SweepNumber& a, const SweepNumber& b) {
    return a.is_one() ? b : b.is_one() ? a : make(Op::multiply, constant_last(a, b));
  }
  friend SweepNumber operator/(const SweepNumber& a, const SweepNumber& b) {
    return b.is_one() ? a : make(Op::divide, {a, b});
  }
  friend SweepNumber operator-(const SweepNumber& a) { return make(Op::negate, {a}); }

  friend Mask operator<(const SweepNumber& a, const SweepNumber& b) { return {Op::select_less, a, b}; }
  friend Mask operator<=(const SweepNumber& a, const SweepNumber& b) { return {Op::select_less_equal, a, b}; }
  friend Mask operator>(const SweepNumber& a, const SweepNumber& b) { return b < a; }
  friend Mask operator>=(const SweepNumber& a, const SweepNumber& b) { return b <= a; }
  friend Mask operator==(const SweepNumber& a, const SweepNumber& b) { return {Op::select_equal, a, b}; }
  friend Mask operator!=(const SweepNumber& a, const SweepNumber& b) { return !(a == b); }
  friend SweepNumber select(const Mask& mask, const SweepNumber& a, const SweepNumber& b) {
    if (a.is_same(b)) return a;
    if (const auto slope = abs_slope_of(mask, a, b)) return *slope;
    return make(mask.op, {mask.a, mask.b, a, b});
  }

  friend SweepNumber max(const SweepNumber& a, const SweepNumber& b) { return make(Op::max, {a, b}); }
  friend SweepNumber min(const SweepNumber& a, const SweepNumber& b) { return make(Op::min, {a, b}); }
  friend SweepNumber clamp(const SweepNumber& a, double low, double high) { return make(Op::clamp, {a, low, high}); }
  friend SweepNumber abs(const SweepNumber& a) { return make(Op::abs, {a}); }
  /// Takes two instructions instead of the four of a clamp() made of select(), and gives the same bits.
  friend Dual<SweepNumber> clamp(const Dual<SweepNumber>& a, double low, double high) {
    return {clamp(a.value, low, high), make(Op::clamp_slope, {a.value, low, high, a.slope})};
  }
  friend SweepNumber sqrt(const SweepNumber& a) { return make(Op::sqrt, {a}); }
  friend SweepNumber exp(const SweepNumber& a) { return make(Op::exp, {a}); }
  friend SweepNumber log(const SweepNumber& a) { return make(Op::log, {a}); }
  friend SweepNumber log1p(const SweepNumber& a) { return make(Op::log1p, {a}); }
  friend SweepNumber sin(const SweepNumber& a) { return make(Op::sin, {a}); }
  friend SweepNumber cos(const SweepNumber& a) { return make(Op::cos, {a}); }
  friend SweepNumber erfc(const SweepNumber& a) { return make(Op::erfc, {a}); }
  friend SweepNumber softplus(const SweepNumber& a) { return make(Op::softplus, {a}); }
  friend SweepNumber expm1(const SweepNumber& a) { return make(Op::expm1, {a}); }
  friend SweepNumber sigmoid(const SweepNumber& a) { return make(Op::sigmoid, {a}); }
  friend SweepNumber sigmoid_slope(const SweepNumber& a) { return make(Op::sigmoid_slope, {a}); }
  friend SweepNumber tanh(const SweepNumber& a) { return make(Op::tanh, {a}); }
  friend ValueAndSlope<SweepNumber> expm1_and_slope(const SweepNumber& a) { return pair(Op::expm1, a); }
  friend ValueAndSlope<SweepNumber> sigmoid_and_slope(const SweepNumber& a) { return pair(Op::sigmoid, a); }
  friend ValueAndSlope<SweepNumber> tanh_and_slope(const SweepNumber& a) { return pair(Op::tanh, a); }

 private:
  bool is_one() const { return !graph_ && constant_ == 1; }
  bool is_same(const SweepNumber& other) const {
    return graph_ == other.graph_ && (graph_ ? index_ == other.index_ : same_bits(constant_, other.constant_));
  }
  /// Returns both numbers, a constant as the second, where it takes less time.
  static std::vector<SweepNumber> constant_last(const SweepNumber& a, const SweepNumber& b) {
    return a.graph_ ? std::vector{a, b} : std::vector{b, a};
  }
  /// Returns the two factors if this number is a product; else nothing.
  std::pair<std::optional<SweepNumber>, std::optional<SweepNumber>> factors() const {
    if (!graph_ || graph_->nodes()[index_].op != Op::multiply) return {};
    const auto& operands = graph_->nodes()[index_].operands;
    return {operand(operands[0]), operand(operands[1])};
  }
  SweepNumber operand(std::size_t index) const {
    const auto& constant = graph_->nodes()[index].constant;
    return constant ? SweepNumber(*constant) : SweepNumber(*graph_, index);
  }
  static bool same_bits(T a, T b) { return a == b && std::signbit(a) == std::signbit(b); }

  static ValueAndSlope<SweepNumber> pair(Op op, const SweepNumber& a) {
    return {make(op, {a}), make(slope_of(op), {a})};
  }

  /// Recognises select(x < 0, -s, select(x == 0, 0, s)), the slope of abs(x), as one instruction.
  static std::optional<SweepNumber> abs_slope_of(const Mask& mask, const SweepNumber& a, const SweepNumber& b) {
    if (mask.op != Op::select_less || !mask.a.graph_ || !mask.b.is_same(0) || !b.graph_) return std::nullopt;
    SweepGraph<T>& graph = *b.graph_;
    const std::size_t zero = graph.constant(0);
    const auto& inner = graph.nodes()[b.index_];
    if (inner.op != Op::select_equal ||
        !(inner.operands[0] == mask.a.index_ && inner.operands[1] == zero && inner.operands[2] == zero))
      return std::nullopt;
    const SweepNumber s = b.operand(inner.operands[3]);
    if (!a.is_same(-s)) return std::nullopt;
    return make(Op::abs_slope, {mask.a, s});
  }

  static constexpr Op last_arithmetic = Op::negate;  // copy comes earlier in SweepOp, but no SweepNumber makes it

  static T compute(Op op, const std::vector<SweepNumber>& operands) {
    std::array<Lanes<T>, 4> x;
    for (std::size_t i = 0; i < operands.size(); ++i) x[i] = operands[i].constant_;
    return visit_computation(op, [&](const auto& f) { return f(x[0], x[1], x[2], x[3]).first(); });
  }

  /// Makes the operation. If all operands are constants, the result is a constant.
  static SweepNumber make(Op op, const std::vector<SweepNumber>& operands) {
    const auto in_graph = std::ranges::find_if(operands, [](const SweepNumber& n) { return n.graph_ != nullptr; });
    if (in_graph == operands.end()) return compute(op, operands);
    if (op <= last_arithmetic)
      if (const auto choice = choice_of(op, operands, static_cast<std::size_t>(in_graph - operands.begin())))
        return *choice;
    SweepGraph<T>& graph = *in_graph->graph_;
    std::vector<std::size_t> indices;
    for (const SweepNumber& operand : operands) indices.push_back(operand.index_in(graph));
    return {graph, graph.operation(op, std::move(indices))};
  }

  /// Applies the operation to both results of a choice: 3 * select(z < 0, 1, 2) becomes select(z < 0, 3, 6). Operand
  /// `place` must choose between constants, and all other operands must be constants. Returns nothing if they are not,
  /// or if the new results cannot be written as a choice of the same kind.
  static std::optional<SweepNumber> choice_of(Op op, std::vector<SweepNumber> operands, std::size_t place) {
    SweepGraph<T>& graph = *operands[place].graph_;
    const auto node = graph.nodes()[operands[place].index_];  // a copy: the graph grows
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (i != place && operands[i].graph_) return std::nullopt;
    const auto result = [&](T constant) {
      operands[place] = SweepNumber(constant);
      return compute(op, operands);
    };
    const auto constant = [&](std::size_t k) { return graph.nodes()[node.operands[k]].constant; };
    const auto with_results = [&](std::initializer_list<std::pair<std::size_t, T>> results) {
      std::vector<std::size_t> indices = node.operands;
      for (const auto& [k, number] : results) indices[k] = graph.constant(number);
      return SweepNumber(graph, graph.operation(node.op, std::move(indices)));
    };
    if (node.op == Op::select_less || node.op == Op::select_less_equal || node.op == Op::select_equal) {
      if (constant(2) && constant(3)) return with_results({{2, result(*constant(2))}, {3, result(*constant(3))}});
    } else if (node.op == Op::clamp_slope) {
      if (constant(3) && same_bits(result(0), 0)) return with_results({{3, result(*constant(3))}});
    } else if (node.op == Op::abs_slope && constant(1)) {
      const T above = result(*constant(1)), below = result(-*constant(1));
      if (same_bits(result(0), 0) && same_bits(-above, below)) return with_results({{1, above}});
    }
    return std::nullopt;
  }

  SweepGraph<T>* graph_ = nullptr;  // null: a constant
  std::size_t index_ = 0;
  T constant_ = 0;
};

}  // namespace gradflow::detail
