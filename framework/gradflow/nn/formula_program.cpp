#include <gradflow/nn/formula_program.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace gradflow::detail {
namespace {

using Index = std::size_t;  // of an operation in the graph
using Base = ProgramPlace::Base;
using Place = ProgramPlace;
using Instruction = ProgramInstruction;

/// Gives each operation a place. A block of the working memory is used again as soon as the last instruction that reads
/// it has run.
template <class T>
class Compiler {
 public:
  explicit Compiler(const SweepGraph<T>& graph) : graph_(graph), states_(graph.nodes().size()) {
    for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
      const auto& constant = graph.nodes()[i].constant;
      if (!constant) continue;
      states_[i].place = {Base::constants, static_cast<std::uint32_t>(program_.constants.size() / lanes)};
      program_.constants.insert(program_.constants.end(), lanes, *constant);
    }
  }

  FormulaProgram<T> compile(Index value, std::optional<Index> slope) {
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
    return std::move(program_);
  }

 private:
  static constexpr std::size_t lanes = Lanes<T>::size;

  struct State {
    bool is_scheduled = false, is_done = false;
    std::size_t uses = 0;  // reads by instructions that are not in the program yet
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

  /// Gives the operation a place, which is never Base::a: the array a holds z until the last instruction writes f(z)
  /// over it.
  Place settle(Index index) {
    State& state = states_[index];
    state.is_done = true;
    --left_;
    if (index == slope_ && !copies_slope_) return state.place = {Base::slope, 0};
    if (free_.empty()) return state.place = {Base::memory, static_cast<std::uint32_t>(program_.blocks++)};
    state.place = free_.back();
    free_.pop_back();
    return state.place;
  }

  bool is_ready(Index index) const {
    const auto& operands = graph_.nodes()[index].operands;
    return std::ranges::all_of(operands, [this](Index i) { return !is_operation(i) || states_[i].is_done; });
  }

  /// Returns the operation that shares an instruction with this one: the slope of a function, or the function of a
  /// slope. Returns nothing if there is no such operation, or if it is done or not ready.
  std::optional<Index> twin_of(Index index) const {
    const auto& node = graph_.nodes()[index];
    for (const Index other : order_) {
      const auto& candidate = graph_.nodes()[other];
      if (states_[other].is_done || candidate.operands[0] != node.operands[0] || !is_ready(other)) continue;
      if ((has_slope(node.op) && candidate.op == slope_of(node.op)) ||
          (has_slope(candidate.op) && node.op == slope_of(candidate.op)))
        return other;
    }
    return std::nullopt;
  }

  void emit(Index index) {
    const auto& node = graph_.nodes()[index];
    Instruction instruction{node.op, false, {}, {}, {}};
    const std::optional<Index> twin = twin_of(index);
    const auto& operands = graph_.nodes()[twin && has_slope(node.op) ? *twin : index].operands;
    for (std::size_t i = 0; i < operands.size(); ++i) instruction.operands[i] = states_[operands[i]].place;
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
    program_.instructions.push_back(instruction);
  }

  void copy(Index index, Base out) {
    program_.instructions.push_back({SweepOp::copy, false, {out, 0}, {}, {states_[index].place}});
  }

  FormulaProgram<T> program_;
  const SweepGraph<T>& graph_;
  std::vector<State> states_;  // of each node of the graph
  std::vector<Index> order_;
  std::vector<Place> free_;
  Index value_ = 0;
  std::optional<Index> slope_;
  bool copies_slope_ = false;  // f'(z) is z, a constant or f(z) itself: it is copied to its array at the end
  std::size_t left_ = 0;       // operations without a place
};

}  // namespace

template <class T>
FormulaProgram<T> compile(const SweepGraph<T>& graph, std::size_t value, std::optional<std::size_t> slope) {
  return Compiler<T>(graph).compile(value, slope);
}

template FormulaProgram<float> compile(const SweepGraph<float>&, std::size_t, std::optional<std::size_t>);
template FormulaProgram<double> compile(const SweepGraph<double>&, std::size_t, std::optional<std::size_t>);

}  // namespace gradflow::detail
