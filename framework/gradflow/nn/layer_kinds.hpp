#pragma once
// The kinds of layers that can be made from a recipe: dense, activate, layer_norm, rms_norm, batch_norm, dropout, prelu
// and skip. load_model() makes the layers of a file with it. register_layer() adds a kind of your own.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <gradflow/nn/layer.hpp>

namespace gradflow {

/// Everything that a layer is made from. Its functions read one option each; they throw NameError if the recipe has no
/// such option or one of another type.
struct LayerPlan : LayerRecipe {
  std::size_t inputs;   ///< columns of the input
  std::size_t outputs;  ///< columns of the output

  double number(const std::string& name) const;            ///< an option that is a number
  std::size_t count(const std::string& name) const;        ///< an option that is a whole number, at least 0
  bool flag(const std::string& name) const;                ///< an option that is true or false
  const std::string& text(const std::string& name) const;  ///< an option that is a text
};

/// Makes a layer of one kind.
template <class T>
using LayerMaker = std::function<LayerPtr<T>(const LayerPlan&)>;

/// Adds a kind of your own, so that load_model(path) can make its layers: their recipe() returns this kind. T: the type
/// of the numbers. A later call with the same kind replaces the earlier one. Thread-safe. Throws NameError if the kind
/// is empty or one of the library's, or if `make` is empty.
template <class T>
void register_layer(std::string kind, std::type_identity_t<LayerMaker<T>> make);

/// Returns all kinds that make_layer<T>() knows: the library's, then your own in alphabetic order.
template <class T = float>
std::vector<std::string> layer_kinds();

/// Makes the layer. Throws NameError for an unknown kind or a wrong option; ShapeError if inputs and outputs differ and
/// the kind has one width; and what the function of the kind throws.
template <class T = float>
LayerPtr<T> make_layer(const LayerPlan& plan);

/// Returns the plan of a layer, from which make_layer() makes a layer like it. plan.kind is empty if the layer has no
/// recipe.
template <class T>
LayerPlan plan_of(const Layer<T>& layer) {
  return {layer.recipe(), layer.inputs(), layer.outputs()};
}

}  // namespace gradflow
