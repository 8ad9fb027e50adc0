#include <gradflow/optim/parameter_groups.hpp>

#include <algorithm>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>

namespace gradflow {
namespace {

bool contains(const ParameterGroup& group, const PlacedBlock& placed) {
  return group.layer.value_or(placed.layer) == placed.layer &&
         (group.block.empty() || group.block == placed.block.name);
}

/// Returns the names of the blocks in the layers of the group, each once.
template <class T>
std::vector<std::string_view> block_names(const ParameterGroup& group, const Network<T>& network) {
  std::vector<std::string_view> names;
  for (const auto& [layer, block] : network.blocks())
    if (group.layer.value_or(layer) == layer && std::ranges::find(names, block.name) == names.end())
      names.push_back(block.name);
  return names;
}

/// Throws NameError if the network has no parameters of this group.
template <class T>
void require_parameters(const std::string& where, const ParameterGroup& group, const Network<T>& network) {
  if (group.layer.value_or(0) >= network.size())
    throw NameError({where, "layer", std::to_string(*group.layer), "less than " + std::to_string(network.size()), {}});
  const auto has = [&](const PlacedBlock& placed) { return contains(group, placed); };
  if (std::ranges::any_of(network.blocks(), has)) return;
  const std::string place = group.layer ? where + ": " + network.layer_name(*group.layer) : where;
  if (!group.block.empty()) throw_unknown_name(place, "block of parameters", group.block, block_names(group, network));
  throw NameError({place, "parameters", "none", "a group with parameters", {}});
}

}  // namespace

std::string describe(const std::vector<ParameterGroup>& groups) {
  std::string all;
  for (const ParameterGroup& group : groups) {
    std::string one;
    const auto add = [&one](const std::string& key, const std::string& value) {
      one += (one.empty() ? "" : " ") + key + "=" + value;
    };
    if (group.layer) add("layer", std::to_string(*group.layer));
    if (!group.block.empty()) add("block", group.block);
    if (group.rate) add("rate", text(*group.rate));
    if (group.weight_decay) add("weight_decay", text(*group.weight_decay));
    all += (all.empty() ? "" : ", ") + one;
  }
  return groups.empty() ? "none" : all;
}

template <class T>
std::vector<ParameterGroup> decay_only_weights(const Network<T>& network) {
  std::vector<ParameterGroup> groups;
  for (const std::string_view name : block_names({}, network))
    if (name != "weight") groups.push_back({.block = std::string(name), .weight_decay = 0});
  return groups;
}

template <class T>
std::vector<GroupedRange> detail::grouped_ranges(std::string_view where, const std::vector<ParameterGroup>& groups,
                                                 const Network<T>& network) {
  for (std::size_t i = 0; i < groups.size(); ++i)
    require_parameters(std::string(where) + ": group " + std::to_string(i), groups[i], network);
  std::vector<GroupedRange> ranges;
  for (const PlacedBlock& placed : network.blocks()) {
    GroupedRange next{placed.block.offset, placed.block.size()};
    for (const ParameterGroup& group : groups) {
      if (!contains(group, placed)) continue;
      if (group.rate) next.rate = *group.rate;
      if (group.weight_decay) next.weight_decay = group.weight_decay;
    }
    if (!ranges.empty() && ranges.back().rate == next.rate && ranges.back().weight_decay == next.weight_decay)
      ranges.back().size += next.size;
    else
      ranges.push_back(next);
  }
  return ranges;
}

template std::vector<ParameterGroup> decay_only_weights(const Network<float>&);
template std::vector<ParameterGroup> decay_only_weights(const Network<double>&);
template std::vector<GroupedRange> detail::grouped_ranges(std::string_view, const std::vector<ParameterGroup>&,
                                                          const Network<float>&);
template std::vector<GroupedRange> detail::grouped_ranges(std::string_view, const std::vector<ParameterGroup>&,
                                                          const Network<double>&);

}  // namespace gradflow
