#include <gradflow/base/state.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/state_values.hpp>

namespace gradflow {
namespace {

constexpr std::array<const char*, 4> forms = {"floats", "doubles", "whole numbers", "a text"};
constexpr const char* other_observers = "the saved run had other observers or options";

}  // namespace

struct StateVisitor::Values {
  [[noreturn]] void fail(const std::string& name, std::string got, std::string expected, std::string hint = {}) const {
    throw FormatError({source, name, std::move(got), std::move(expected), std::move(hint)});
  }

  const StateValue& find(const std::string& name) const {
    const auto found = from->find(name);
    if (found == from->end()) fail(name + " is not saved", {}, {}, other_observers);
    return found->second;
  }

  template <class Stored>
  void save(const std::string& name, Stored value) {
    if (!to->emplace(name, std::move(value)).second)
      throw ValueError({"state", "names", in_quotes(name) + " twice", "once", {}});
  }

  template <class Stored>
  const Stored& load(const std::string& name) {
    const StateValue& value = find(name);
    const Stored* const stored = std::get_if<Stored>(&value);
    if (!stored) fail(name, forms[value.index()], forms[StateValue(Stored()).index()]);
    loaded.insert(name);
    return *stored;
  }

  template <class N>
  void visit(const std::string& name, std::span<N> values) {
    if (to) return save(name, std::vector<N>(values.begin(), values.end()));
    const std::vector<N>& stored = load<std::vector<N>>(name);
    if (stored.size() != values.size())
      fail(name, std::to_string(stored.size()) + " numbers", std::to_string(values.size()));
    std::ranges::copy(stored, values.begin());
  }

  State* to;
  const State* from;
  std::string source = {};
  std::map<std::string, std::size_t> scopes = {};  // the number of scopes with each name
  std::set<std::string> loaded = {};
};

StateVisitor::StateVisitor(State& to) : values_(new Values{.to = &to, .from = nullptr}), loading_(false) {}

StateVisitor::StateVisitor(const State& from, std::string source)
    : values_(new Values{.to = nullptr, .from = &from, .source = std::move(source)}), loading_(true) {}

StateVisitor::~StateVisitor() = default;

void StateVisitor::visit(std::string_view name, std::span<float> values) {
  values_->visit(prefix_ + std::string(name), values);
}

void StateVisitor::visit(std::string_view name, std::span<double> values) {
  values_->visit(prefix_ + std::string(name), values);
}

void StateVisitor::visit(std::string_view name, std::span<std::uint64_t> values) {
  values_->visit(prefix_ + std::string(name), values);
}

std::size_t StateVisitor::saved_size(std::string_view name) const {
  const std::string whole = prefix_ + std::string(name);
  const StateValue& value = values_->find(whole);
  if (std::holds_alternative<std::string>(value)) values_->fail(whole, forms[value.index()], "numbers");
  return std::visit([](const auto& values) { return values.size(); }, value);
}

void StateVisitor::same(std::string_view name, const std::string& text) {
  const std::string whole = prefix_ + std::string(name);
  if (!loading()) return values_->save(whole, text);
  const auto& stored = values_->load<std::string>(whole);
  if (stored != text) values_->fail(whole, in_quotes(stored), in_quotes(text));
}

void StateVisitor::refuse(std::string_view name, std::string got, std::string expected, std::string hint) const {
  values_->fail(prefix_ + std::string(name), std::move(got), std::move(expected), std::move(hint));
}

StateVisitor::Scope StateVisitor::scope(std::string_view name) {
  const std::size_t outer = prefix_.size();
  prefix_ += name;
  if (const std::size_t before = values_->scopes[prefix_]++; before > 0) prefix_ += std::to_string(before + 1);
  prefix_ += ".";
  return {prefix_, outer};
}

void StateVisitor::finish() const {
  for (const auto& [name, value] : *values_->from)
    if (!values_->loaded.contains(name))
      values_->fail(name + " is saved, but this run does not use it", {}, {}, other_observers);
}

}  // namespace gradflow
