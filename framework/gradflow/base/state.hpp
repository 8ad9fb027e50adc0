#pragma once
// How a run is saved and resumed: what a class remembers it shows, by name, to a visitor, which writes it down
// or puts it back. One function does for both, so that they cannot differ:
//   void visit_state(StateVisitor& state) {
//     const auto scope = state.scope("early_stopping");
//     state.number("best_loss", best_loss_);
//   }
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace gradflow {

/// What was written down. Numbers are exact to the bit.
using StateValue = std::variant<std::vector<float>, std::vector<double>, std::vector<std::uint64_t>, std::string>;
using State = std::map<std::string, StateValue>;

class StateVisitor {
 public:
  /// Writes down; kept by reference.
  explicit StateVisitor(State& to) : to_(&to) {}
  /// Puts back; kept by reference. Then all functions throw FormatError, naming the source, where a value is not there
  /// or not of the form that is asked for.
  StateVisitor(const State& from, std::string source) : from_(&from), source_(std::move(source)) {}
  StateVisitor(const StateVisitor&) = delete;
  StateVisitor& operator=(const StateVisitor&) = delete;

  /// True: saved values are put into the object. False: the object's values are saved.
  bool loading() const { return from_ != nullptr; }

  /// A number, a bool or an enum.
  template <class N>
  void number(std::string_view name, N& value) {
    numbers(name, std::span(&value, 1));
  }
  /// So many of them: as many must have been written down.
  template <class N, std::size_t extent>
  void numbers(std::string_view name, std::span<N, extent> values) {
    auto stored = stored_form(values);
    visit(name, stored, values.size());
    if (loading()) copy(stored, values);
  }
  /// As many as were written down.
  template <class V>
  void list(std::string_view name, V& values) {
    auto stored = stored_form(std::span(values));
    visit(name, stored, std::nullopt);
    if (!loading()) return;
    values.resize(stored.size());
    copy(stored, std::span(values));
  }
  /// A text that must be the same when the state is loaded: a difference would change how the run continues.
  void same(std::string_view name, const std::string& text);
  /// Throws FormatError about what was written down by this name.
  [[noreturn]] void refuse(std::string_view name, std::string got, std::string expected, std::string hint) const {
    fail(prefix_ + std::string(name), std::move(got), std::move(expected), std::move(hint));
  }

  /// While it lives, names begin with its name: "early_stopping.best_loss". A second one of the same name is told
  /// apart.
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
  [[nodiscard]] Scope scope(std::string_view name);

  /// Throws FormatError where something that was written down has not been put back.
  void finish() const;

  /// What has to be done before the state is kept: a file has to be on the disk that it counts on. It may be done by
  /// another thread, later; what it throws, keeps the state from being kept.
  void before_keeping(std::function<void()> job) { jobs_.push_back(std::move(job)); }
  std::vector<std::function<void()>> take_jobs() { return std::move(jobs_); }

 private:
  template <class N>
  using Stored =
      std::conditional_t<std::is_same_v<std::remove_cv_t<N>, float>, float,
                         std::conditional_t<std::is_same_v<std::remove_cv_t<N>, double>, double, std::uint64_t>>;

  template <class N, std::size_t extent>
  static std::vector<Stored<N>> stored_form(std::span<N, extent> values) {
    if constexpr (std::is_same_v<std::remove_cv_t<N>, Stored<N>>) {
      return {values.begin(), values.end()};
    } else {
      std::vector<Stored<N>> stored;
      for (const N value : values) stored.push_back(static_cast<Stored<N>>(value));
      return stored;
    }
  }
  template <class S, class N, std::size_t extent>
  static void copy(const std::vector<S>& stored, std::span<N, extent> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<N>(stored[i]);
  }

  /// What is written down is moved from.
  template <class S>
  void visit(std::string_view name, S& value, std::optional<std::size_t> count);
  [[noreturn]] void fail(const std::string& name, std::string got, std::string expected, std::string hint = {}) const;

  State* to_ = nullptr;
  const State* from_ = nullptr;
  std::string source_, prefix_;
  std::map<std::string, std::size_t, std::less<>> scopes_;  // how often each was there
  std::set<std::string, std::less<>> put_back_;
  std::vector<std::function<void()>> jobs_;
};

}  // namespace gradflow
