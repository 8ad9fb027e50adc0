#include <gradflow/nn/activate.hpp>

#include <gradflow/nn/dense.hpp>

namespace gradflow {

template <class T>
LayerPtr<T> activate(std::string_view activation, std::size_t width) {
  detail::refuse_softmax(activation);
  return activation_by_name<LayerPtr<T>>(Activations{}, activation, [&]<class A>(const A& policy) {
    return std::make_shared<const Activate<A, T>>(width, policy);
  });
}

template LayerPtr<float> activate(std::string_view, std::size_t);
template LayerPtr<double> activate(std::string_view, std::size_t);

}  // namespace gradflow
