#pragma once
// How a run is saved and resumed: a class shows what it remembers, by name, to a visitor, which saves or loads it. One
// function serves both, so that they cannot differ:
//   void visit_state(StateVisitor& state) {
//     const auto scope = state.scope("early_stopping");
//     state.number("best_loss", best_loss_);
//   }
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gradflow {

/// What was saved: values by their names. See state_values.hpp.
struct State;

/// Saves the state of an object, or loads it: the object's visit_state() serves both.
class StateVisitor {
 public:
  /// Saves. The state is kept by reference.
  explicit StateVisitor(State& to);
  /// Loads. The state is kept by reference. All functions then throw FormatError, naming the source, if a value is
  /// missing or has another form.
  StateVisitor(const State& from, std::string source);
  ~StateVisitor();
  StateVisitor(const StateVisitor&) = delete;
  StateVisitor& operator=(const StateVisitor&) = delete;

  /// True: saved values are put into the object. False: the object's values are saved.
  bool loading() const { return loading_; }

  /// A number, a bool or an enum. Saved numbers are exact to the bit.
  template <class N>
  void number(std::string_view name, N& value) {
    numbers(name, std::span(&value, 1));
  }
  /// Several of them. The number of values must be the same when they are loaded.
  template <class N, std::size_t extent>
  void numbers(std::string_view name, std::span<N, extent> values) {
    if constexpr (std::same_as<N, float> || std::same_as<N, double> || std::same_as<N, std::uint64_t>) {
      visit(name, std::span<N>(values));
    } else {
      std::vector<std::uint64_t> stored;
      for (const N value : values) stored.push_back(static_cast<std::uint64_t>(value));
      visit(name, std::span(stored));
      for (std::size_t i = 0; loading() && i < values.size(); ++i) values[i] = static_cast<N>(stored[i]);
    }
  }
  /// A vector, which gets the size that it had when it was saved.
  template <class V>
  void list(std::string_view name, V& values) {
    if (loading()) values.resize(saved_size(name));
    numbers(name, std::span(values));
  }
  /// A text that must be the same when the state is loaded: a difference would change how the run continues.
  void same(std::string_view name, const std::string& text);
  /// Throws FormatError about the saved value of this name.
  [[noreturn]] void refuse(std::string_view name, std::string got, std::string expected, std::string hint) const;

  /// While it lives, names begin with its name: "early_stopping.best_loss". A second scope of the same name is
  /// numbered: "early_stopping2.best_loss".
  class Scope {
   public:
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { prefix_.resize(outer_); }

   private:
    friend StateVisitor;
    Scope(std::string& prefix, std::size_t outer) : prefix_(prefix), outer_(outer) {}
    std::string& prefix_;
    std::size_t outer_;
  };
  /// Begins a scope of this name.
  [[nodiscard]] Scope scope(std::string_view name);

  /// Throws FormatError if a saved value was not loaded.
  void finish() const;

  /// A job that must be done before the state is kept, such as syncing a file to the disk. Another thread may do it
  /// later. If it throws, the state is not kept.
  void before_keeping(std::function<void()> job) { jobs_.push_back(std::move(job)); }
  /// The jobs, which are then the caller's.
  std::vector<std::function<void()>> take_jobs() { return std::move(jobs_); }

 private:
  void visit(std::string_view name, std::span<float> values);
  void visit(std::string_view name, std::span<double> values);
  void visit(std::string_view name, std::span<std::uint64_t> values);
  std::size_t saved_size(std::string_view name) const;

  struct Values;
  std::unique_ptr<Values> values_;
  bool loading_;
  std::string prefix_;
  std::vector<std::function<void()>> jobs_;
};

}  // namespace gradflow
