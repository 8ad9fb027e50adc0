#include <gradflow/nn/formula_sweep.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradflow/nn/formula_value.hpp>

namespace gradflow::detail {
namespace {

using Op = SweepOp;

constexpr std::size_t working_memory = 24 * 1024;  // bytes: with the arrays, it fits into the first cache
constexpr std::size_t largest_block = 4 * 1024;    // bytes

template <class T>
constexpr std::size_t step = Lanes<T>::size;

using Index = std::size_t;  // of an operation in a graph

constexpr Op last_arithmetic = Op::negate;  // copy is before it, but no SweepNumber makes a copy

bool has_slope(Op op) { return op == Op::expm1 || op == Op::sigmoid || op == Op::tanh; }
Op slope_of(Op op) { return static_cast<Op>(static_cast<int>(op) + 1); }

/// Calls f(computation), where computation(a, b, c, d) is what the instruction computes from Lanes.
template <class F>
auto visit_computation(Op op, const F& f) {
  const auto first = [&](const auto& g) { return f([g](auto a, auto, auto, auto) { return g(a); }); };
  const auto two = [&](const auto& g) { return f([g](auto a, auto b, auto, auto) { return g(a, b); }); };
  switch (op) {
    case Op::copy:
      return first([](auto a) { return a; });
    case Op::add:
      return two([](auto a, auto b) { return a + b; });
    case Op::subtract:
      return two([](auto a, auto b) { return a - b; });
    case Op::multiply:
      return two([](auto a, auto b) { return a * b; });
    case Op::divide:
      return two([](auto a, auto b) { return a / b; });
    case Op::max:
      return two([](auto a, auto b) { return max(a, b); });
    case Op::min:
      return two([](auto a, auto b) { return min(a, b); });
    case Op::negate:
      return first([](auto a) { return -a; });
    case Op::abs:
      return first([](auto a) { return abs(a); });
    case Op::sqrt:
      return first([](auto a) { return sqrt(a); });
    case Op::exp:
      return first([](auto a) { return exp(a); });
    case Op::log:
      return first([](auto a) { return log(a); });
    case Op::log1p:
      return first([](auto a) { return log1p(a); });
    case Op::sin:
      return first([](auto a) { return sin(a); });
    case Op::cos:
      return first([](auto a) { return cos(a); });
    case Op::erfc:
      return first([](auto a) { return erfc(a); });
    case Op::softplus:
      return first([](auto a) { return softplus(a); });
    case Op::expm1:
      return first([](auto a) { return expm1(a); });
    case Op::expm1_slope:
      return first([](auto a) { return expm1_and_slope(a).slope; });
    case Op::sigmoid:
      return first([](auto a) { return sigmoid(a); });
    case Op::sigmoid_slope:
      return first([](auto a) { return sigmoid_slope(a); });
    case Op::tanh:
      return first([](auto a) { return tanh(a); });
    case Op::tanh_slope:
      return first([](auto a) { return tanh_and_slope(a).slope; });
    case Op::select_less:
      return f([](auto a, auto b, auto c, auto d) { return select(a < b, c, d); });
    case Op::select_less_equal:
      return f([](auto a, auto b, auto c, auto d) { return select(a <= b, c, d); });
    case Op::select_equal:
      return f([](auto a, auto b, auto c, auto d) { return select(a == b, c, d); });
    case Op::clamp:
      return f([](auto a, auto b, auto c, auto) { return select(a <= b, b, select(a >= c, c, a)); });
    case Op::clamp_slope:
      return f([](auto a, auto b, auto c, auto d) { return select(a <= b, 0, select(a >= c, 0, d)); });
    case Op::abs_slope:
      return two([](auto a, auto b) { return select(a < 0, -b, select(a == 0, 0, b)); });
    case Op::add_product:
      return f([](auto a, auto b, auto c, auto) { return a * b + c; });
    default:
      return f([](auto a, auto b, auto c, auto) { return c - a * b; });
  }
}

/// The operations of a formula as a graph. Equal operations share one node. An operation comes after its operands.
template <class T>
class SweepGraph {
 public:
  struct Node {
    Op op;                        // copy: z, which has no operand
    std::vector<Index> operands;  // a constant: none
    std::optional<T> constant = std::nullopt;
  };

  SweepGraph() { nodes_.push_back({Op::copy, {}}); }
  static constexpr Index z = 0;

  const std::vector<Node>& nodes() const { return nodes_; }

  Index constant(T number) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    const auto [at, is_new] = constants_.try_emplace(std::bit_cast<Bits>(number), nodes_.size());
    if (is_new) nodes_.push_back({Op::copy, {}, number});
    return at->second;
  }
  Index operation(Op op, std::vector<Index> operands) {
    const auto [at, is_new] = operations_.try_emplace({op, operands}, nodes_.size());
    if (is_new) nodes_.push_back({op, std::move(operands)});
    return at->second;
  }

 private:
  std::vector<Node> nodes_;
  std::map<std::uint64_t, Index> constants_;
  std::map<std::pair<Op, std::vector<Index>>, Index> operations_;
};

/// A number of the type that formula_value() computes with: an operation of a graph, or a constant. A Dual of it is an
/// operation and its derivative, by the rules of Dual.
template <class T>
class SweepNumber {
 public:
  using Scalar = T;

  /// A comparison: which select, and the numbers to compare.
  struct Mask {
    Op op;
    SweepNumber a, b;
    /// Conditions that are joined become numbers, 1 for true.
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
    return make(Op::add, {a, b});
  }
  friend SweepNumber operator-(const SweepNumber& a, const SweepNumber& b) {
    if (const auto [x, y] = b.factors(); x) return make(Op::subtract_product, {*x, *y, a});
    return make(Op::subtract, {a, b});
  }
  friend SweepNumber operator*(const SweepNumber& a, const SweepNumber& b) {
    return a.is_one() ? b : b.is_one() ? a : make(Op::multiply, {a, b});
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
  /// The factors of a product; nothing if this is none.
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

  /// If operand `place` chooses between constants, and all other operands are constants: returns the choice between the
  /// results. Returns nothing otherwise, or if the results do not have the form of that choice.
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

}  // namespace

/// Turns a graph into instructions, and gives each operation a place. A block of the working memory is used again as
/// soon as the last instruction that reads it has run.
template <class T>
class FormulaSweep<T>::Compiler {
 public:
  Compiler(FormulaSweep& sweep, const SweepGraph<T>& graph)
      : sweep_(sweep), graph_(graph), states_(graph.nodes().size()) {
    for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
      const auto& constant = graph.nodes()[i].constant;
      if (!constant) continue;
      states_[i].place = {Base::constants, static_cast<std::uint32_t>(sweep_.constants_.size() / step<T>)};
      sweep_.constants_.insert(sweep_.constants_.end(), step<T>, *constant);
    }
  }

  void compile(Index value, std::optional<Index> slope) {
    value_ = value;
    slope_ = slope;
    copies_slope_ = slope && (*slope == value || !is_operation(*slope));
    if (slope) schedule(*slope);
    schedule(value);
    ++states_[value].uses;
    if (slope) ++states_[*slope].uses;
    left_ = order_.size();
    for (const Index index : order_)
      if (!states_[index].is_done) emit(index);
    if (copies_slope_) copy(*slope, Base::slope);
    if (value != SweepGraph<T>::z && states_[value].place.base != Base::a) copy(value, Base::a);
  }

 private:
  struct State {
    bool is_scheduled = false, is_done = false;
    std::size_t uses = 0;  // by instructions that are not there yet
    Place place = {Base::z, 0};
  };

  bool is_operation(Index index) const { return !graph_.nodes()[index].operands.empty(); }

  /// Lists the operations that the result needs, each after its operands.
  void schedule(Index index) {
    if (!is_operation(index) || states_[index].is_scheduled) return;
    states_[index].is_scheduled = true;
    for (const Index operand : graph_.nodes()[index].operands) {
      schedule(operand);
      ++states_[operand].uses;
    }
    order_.push_back(index);
  }

  void release_operands(Index index) {
    for (const Index operand : graph_.nodes()[index].operands) {
      const Place place = states_[operand].place;
      if (--states_[operand].uses == 0 && place.base == Base::memory) free_.push_back(place);
    }
  }

  /// Gives the operation a place. f(z) is written over z, so only the last instruction may write there.
  Place settle(Index index) {
    State& state = states_[index];
    state.is_done = true;
    --left_;
    if (index == slope_ && !copies_slope_) return state.place = {Base::slope, 0};
    if (free_.empty()) return state.place = {Base::memory, static_cast<std::uint32_t>(sweep_.blocks_++)};
    state.place = free_.back();
    free_.pop_back();
    return state.place;
  }

  /// A function and its slope are computed together, if both are needed.
  std::optional<Index> twin_of(Index index) const {
    const auto& node = graph_.nodes()[index];
    for (const Index other : order_) {
      const auto& candidate = graph_.nodes()[other];
      if (states_[other].is_done || candidate.operands != node.operands) continue;
      if ((has_slope(node.op) && candidate.op == slope_of(node.op)) ||
          (has_slope(candidate.op) && node.op == slope_of(candidate.op)))
        return other;
    }
    return std::nullopt;
  }

  void emit(Index index) {
    const auto& node = graph_.nodes()[index];
    Instruction instruction{node.op, false, {}, {}, {}};
    for (std::size_t i = 0; i < node.operands.size(); ++i) instruction.operands[i] = states_[node.operands[i]].place;
    const std::optional<Index> twin = twin_of(index);
    release_operands(index);
    if (twin) release_operands(*twin);
    instruction.out = settle(index);
    if (twin) {
      instruction.with_slope = true;
      instruction.slope_out = settle(*twin);
      if (!has_slope(node.op)) {
        instruction.op = graph_.nodes()[*twin].op;
        std::swap(instruction.out, instruction.slope_out);
      }
    }
    if (left_ == 0 && !copies_slope_ && (index == value_ || twin == value_)) {
      Place& out = twin && !has_slope(graph_.nodes()[value_].op) ? instruction.slope_out : instruction.out;
      out = states_[value_].place = {Base::a, 0};
    }
    sweep_.instructions_.push_back(instruction);
  }

  void copy(Index index, Base out) {
    sweep_.instructions_.push_back({Op::copy, false, {out, 0}, {}, {states_[index].place}});
  }

  FormulaSweep& sweep_;
  const SweepGraph<T>& graph_;
  std::vector<State> states_;  // of each node of the graph
  std::vector<Index> order_;
  std::vector<Place> free_;
  Index value_ = 0;
  std::optional<Index> slope_;
  bool copies_slope_ = false;  // its place cannot be the array of f'(z): it is z, a constant, or also the value
  std::size_t left_ = 0;       // operations without a place
};

template <class T>
FormulaSweep<T>::FormulaSweep(const FormulaNode& formula, bool with_slope, std::string_view text) {
  SweepGraph<T> graph;
  const SweepNumber<T> z(graph, SweepGraph<T>::z);
  if (with_slope) {
    const auto both = formula_value(formula, Dual<SweepNumber<T>>(z, SweepNumber<T>(1)));
    const Index value = both.value.index_in(graph), slope = both.slope.index_in(graph);
    Compiler(*this, graph).compile(value, slope);
  } else {
    const Index value = formula_value(formula, z).index_in(graph);
    Compiler(*this, graph).compile(value, std::nullopt);
  }
  const std::size_t numbers = working_memory / sizeof(T) / std::max<std::size_t>(blocks_, 1);
  block_size_ = std::min(numbers, largest_block / sizeof(T)) / step<T> * step<T>;
  if (block_size_ == 0)
    throw FormulaError(text, 0, std::to_string(blocks_) + " intermediate results",
                       "at most " + std::to_string(working_memory / sizeof(T) / step<T>));
}

namespace {

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

template <class T, class F>
[[gnu::flatten]] void compute(const F& f, const std::array<Operand<T>, 4>& x, T* out, std::size_t n) {
  auto [a, b, c, d] = x;
  for (std::size_t i = 0; i < n; i += step<T>) {
    const Lanes<T> first = a.next(), second = b.next(), third = c.next(), fourth = d.next();
    f(first, second, third, fourth).store(out + i);
  }
}

template <class T, class F>
[[gnu::flatten]] void compute_both(const F& f, Operand<T> x, T* out, T* slope_out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += step<T>) {
    const ValueAndSlope<Lanes<T>> both = f(x.next());
    both.value.store(out + i);
    both.slope.store(slope_out + i);
  }
}

}  // namespace

template <class T>
void FormulaSweep<T>::run_block(const T* z, T* a, T* slope, std::size_t n) const {
  alignas(64) T memory[working_memory / sizeof(T)];
  const std::array<const T*, 5> reads{z, a, slope, constants_.data(), memory};
  const std::array<T*, 5> writes{nullptr, a, slope, nullptr, memory};
  const std::array<std::size_t, 5> scales{0, 0, 0, step<T>, block_size_};
  const auto base = [](Place place) { return static_cast<std::size_t>(place.base); };
  const auto to = [&](Place place) { return writes[base(place)] + place.index * scales[base(place)]; };
  for (const Instruction& instruction : instructions_) {
    std::array<Operand<T>, 4> x;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const Place place = instruction.operands[k];
      x[k] = {reads[base(place)] + place.index * scales[base(place)], place.base == Base::constants ? 0 : step<T>};
    }
    T* const out = to(instruction.out);
    if (!instruction.with_slope) {
      visit_computation(instruction.op, [&](const auto& f) { compute(f, x, out, n); });
      continue;
    }
    T* const slope_out = to(instruction.slope_out);
    switch (instruction.op) {
      case Op::expm1:
        compute_both([](Lanes<T> v) { return expm1_and_slope(v); }, x[0], out, slope_out, n);
        break;
      case Op::sigmoid:
        compute_both([](Lanes<T> v) { return sigmoid_and_slope(v); }, x[0], out, slope_out, n);
        break;
      default:
        compute_both([](Lanes<T> v) { return tanh_and_slope(v); }, x[0], out, slope_out, n);
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
