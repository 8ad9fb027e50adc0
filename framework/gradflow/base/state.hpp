#pragma once
// How a run is saved and resumed: a class passes its values, each with a name, to a visitor, which saves or loads them.
// The same function does both, so that saving and loading cannot differ:
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

/// The saved values, by name. See state_values.hpp.
struct State;

/// Saves or loads the state of an object. The visit_state() of the object is called for both.
class StateVisitor {
 public:
  /// Makes a visitor that saves to this state. The state must outlive the visitor.
  explicit StateVisitor(State& to);
  /// Makes a visitor that loads from this state. The state must outlive the visitor. All functions of the visitor throw
  /// FormatError, with the source, if a value is missing or has another type.
  StateVisitor(const State& from, std::string source);
  ~StateVisitor();
  StateVisitor(const StateVisitor&) = delete;
  StateVisitor& operator=(const StateVisitor&) = delete;

  /// True: the visitor writes saved values into the object. False: the visitor saves the values of the object.
  bool loading() const { return loading_; }

  /// Saves or loads a number, a bool or an enum. Numbers are exact to the bit.
  template <class N>
  void number(std::string_view name, N& value) {
    numbers(name, std::span(&value, 1));
  }
  /// Saves or loads several numbers. Loading throws FormatError if their number was different when they were saved.
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
  /// Saves or loads a vector. Loading resizes the vector to its saved size.
  template <class V>
  void list(std::string_view name, V& values) {
    if (loading()) values.resize(saved_size(name));
    numbers(name, std::span(values));
  }
  /// Saves a text. Loading throws FormatError if the saved text is different, because the run would then continue
  /// differently.
  void same(std::string_view name, const std::string& text);
  /// Throws FormatError about the saved value of this name.
  [[noreturn]] void refuse(std::string_view name, std::string got, std::string expected, std::string hint) const;

  /// While a scope exists, all names begin with the name of the scope: "early_stopping.best_loss". A second scope with
  /// the same name gets a number: "early_stopping2.best_loss".
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
  /// Begins a scope with this name.
  [[nodiscard]] Scope scope(std::string_view name);

  /// Throws FormatError if a saved value was not loaded.
  void finish() const;

  /// Adds a job that must be done before the saved state is written to a file, such as syncing another file to the
  /// disk. Another thread may do the job later. If the job throws, the state is not written.
  void before_keeping(std::function<void()> job) { jobs_.push_back(std::move(job)); }
  /// Moves the jobs to the caller, who must run them.
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
