#pragma once
// The ONNX operators of each layer; framework/gradflow/io/README.md lists them.
#include <cstddef>
#include <vector>

#include <gradflow/io/onnx_graph.hpp>
#include <gradflow/nn/network.hpp>

namespace gradflow::detail {

/// Adds the nodes of one layer, as it computes in evaluation, and returns its output. inputs: the inputs of all layers
/// up to this one. Throws ValueError if the layer is not one of the library's, or if a number does not fit into float.
template <class T>
OnnxValue add_layer(OnnxGraph& graph, const Network<T>& network, std::size_t index,
                    const std::vector<OnnxValue>& inputs);

}  // namespace gradflow::detail
