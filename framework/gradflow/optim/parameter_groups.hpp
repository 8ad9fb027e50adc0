#pragma once
// Parameters of one network that an optimiser trains in different ways: frozen layers, a learning rate for each layer,
// a weight decay for the weights alone.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/nn/network.hpp>

namespace gradflow {

/// Parameters that are trained in another way than the rest: those of one layer, or of all blocks with one name, or of
/// the block with this name in this layer. With neither, all parameters. See Optimizer::set_groups().
struct ParameterGroup {
  std::optional<std::size_t> layer = {};    ///< index of the layer, from 0; empty: all layers
  std::string block = {};                   ///< "weight", "bias", ...: see ParameterBlock::name; empty: all blocks
  std::optional<double> rate = {};          ///< multiplies the learning rate; 0 freezes; empty: as without this group
  std::optional<double> weight_decay = {};  ///< replaces the optimiser's own; empty: as without this group
};

/// Returns a text such as "layer=0 rate=0, block=bias weight_decay=0", or "none" if there are no groups.
std::string describe(const std::vector<ParameterGroup>& groups);

/// Returns groups that spare everything except weights from the optimiser's weight decay: biases, gains, slopes.
/// Without groups, an optimiser with a weight decay applies it to all parameters, as PyTorch does. Example:
/// optimizer->set_groups(decay_only_weights(network)). To freeze layers as well, append groups to the list.
template <class T>
std::vector<ParameterGroup> decay_only_weights(const Network<T>& network);

/// A range of the flat buffer, and how its parameters are trained.
struct GroupedRange {
  std::size_t begin;                        ///< index of the first number
  std::size_t size;                         ///< how many numbers it has
  double rate = 1;                          ///< multiplies the learning rate; 0: the parameters are frozen
  std::optional<double> weight_decay = {};  ///< replaces the optimiser's own, if not empty
};

namespace detail {

/// Returns the ranges of the groups: ascending, without gaps, over all parameters of the network. Neighbours that are
/// trained in the same way are one range. Throws NameError if a group has no parameters in this network. where: the
/// beginning of the error message.
template <class T>
std::vector<GroupedRange> grouped_ranges(std::string_view where, const std::vector<ParameterGroup>& groups,
                                         const Network<T>& network);

}  // namespace detail

}  // namespace gradflow
