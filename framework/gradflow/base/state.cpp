#include <gradflow/base/state.hpp>

#include <array>
#include <utility>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

constexpr std::array<const char*, 4> forms = {"floats", "doubles", "whole numbers", "a text"};

}  // namespace

template <class S>
void StateVisitor::visit(std::string_view name, S& value, std::optional<std::size_t> count) {
  const std::string whole = prefix_ + std::string(name);
  if (!loading()) {
    if (!to_->emplace(whole, std::move(value)).second)
      throw ValueError({"state", "names", in_quotes(whole) + " twice", "once", {}});
    return;
  }
  const auto found = from_->find(whole);
  if (found == from_->end()) fail(whole, "none", "one", "what was saved had other observers or options");
  const S* const stored = std::get_if<S>(&found->second);
  if (!stored) fail(whole, forms[found->second.index()], forms[StateValue(S{}).index()]);
  if (count.value_or(stored->size()) != stored->size())
    fail(whole, std::to_string(stored->size()) + " numbers", std::to_string(*count));
  value = *stored;
  put_back_.insert(whole);
}

void StateVisitor::same(std::string_view name, const std::string& text) {
  std::string stored = text;
  visit(name, stored, std::nullopt);
  if (loading() && stored != text) fail(prefix_ + std::string(name), in_quotes(stored), in_quotes(text));
}

StateVisitor::Scope StateVisitor::scope(std::string_view name) {
  const std::size_t outer = prefix_.size();
  prefix_ += name;
  if (const std::size_t before = scopes_[prefix_]++; before > 0) prefix_ += std::to_string(before + 1);
  prefix_ += ".";
  return {prefix_, outer};
}

void StateVisitor::finish() const {
  for (const auto& [name, value] : *from_)
    if (!put_back_.contains(name)) fail(name, "one", "none", "what was saved had other observers or options");
}

void StateVisitor::fail(const std::string& name, std::string got, std::string expected, std::string hint) const {
  throw FormatError({source_, name, std::move(got), std::move(expected), std::move(hint)});
}

template void StateVisitor::visit(std::string_view, std::vector<float>&, std::optional<std::size_t>);
template void StateVisitor::visit(std::string_view, std::vector<double>&, std::optional<std::size_t>);
template void StateVisitor::visit(std::string_view, std::vector<std::uint64_t>&, std::optional<std::size_t>);

}  // namespace gradflow
