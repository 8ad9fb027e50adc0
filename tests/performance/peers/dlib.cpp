// dlib. A network of dlib is a type, so each workload has its own type.
#include <dlib/dnn.h>

#include <memory>

#include "performance/peers/program.hpp"

namespace {

using performance::Workload;
using Input = dlib::input<dlib::matrix<float>>;

template <unsigned long width, class Below>
using TanhLayer = dlib::htan<dlib::fc<width, Below>>;
template <unsigned long width, class Below>
using ReluLayer = dlib::relu<dlib::fc<width, Below>>;
template <class Below>
using SigmoidLayer64 = dlib::sig<dlib::fc<64, Below>>;

using W1 = dlib::loss_mean_squared<dlib::fc<1, TanhLayer<8, Input>>>;
using W2 = dlib::loss_binary_log<dlib::fc<1, TanhLayer<16, TanhLayer<16, TanhLayer<16, Input>>>>>;
using W3 = dlib::loss_multiclass_log<dlib::fc<10, dlib::repeat<19, SigmoidLayer64, SigmoidLayer64<Input>>>>;
using W4 = dlib::loss_multiclass_log<dlib::fc<10, ReluLayer<128, ReluLayer<256, Input>>>>;
using W5 = dlib::loss_multiclass_log<dlib::fc<10, ReluLayer<1024, ReluLayer<1024, ReluLayer<1024, Input>>>>>;

/// Calls f(layer) for every dense layer and activation, from the last to the first.
template <class Network, class F>
void visit(Network& network, const F& f) {
  dlib::visit_layers(network, [&f](std::size_t, auto& layer) {
    if constexpr (requires { layer.layer_details().get_layer_params(); }) f(layer);
  });
}

template <class Layer>
bool is_dense(const Layer& layer) {
  return layer.layer_details().get_layer_params().size() > 0;
}

/// Calls f(layer) for every dense layer, from the last to the first.
template <class Network, class F>
void visit_dense(Network& network, const F& f) {
  visit(network, [&f](auto& layer) {
    if (is_dense(layer)) f(layer);
  });
}

struct AnyStep {
  virtual ~AnyStep() = default;
  virtual void run() = 0;
  virtual double loss() const = 0;
  virtual double first_gradient_norm() = 0;
};

template <class Network, class Solver>
class TypedStep : public AnyStep {
 public:
  TypedStep(const Workload& w, const Solver& solver)
      : workload_(w), solvers_(w.layers() * 2, solver), norms_(w.norms ? 2 * w.layers() : 0) {
    std::vector<dlib::matrix<float>> samples;
    const std::vector<float> x = performance::inputs(w);
    const auto columns = static_cast<long>(w.widths.front());
    for (std::size_t i = 0; i < w.batch; ++i) samples.push_back(dlib::mat(x.data() + i * w.widths.front(), columns, 1));
    network_.to_tensor(samples.begin(), samples.end(), x_);
    for (const float y : performance::targets(w)) labels_.push_back(label(y));
    network_.forward(x_);  // allocates the parameters
    std::size_t l = w.layers();
    visit_dense(network_, [&](auto& layer) {
      const std::vector<float> first = performance::parameters(w, --l);
      std::copy(first.begin(), first.end(), layer.layer_details().get_layer_params().host_write_only());
    });
  }

  void run() override {
    loss_ = network_.compute_parameter_gradients(x_, labels_.begin());
    if (!norms_.empty()) keep_norms();
    network_.update_parameters(dlib::make_sstack(solvers_), workload_.learning_rate * gradient_is_half());
  }

  double loss() const override { return loss_; }
  double first_gradient_norm() override {
    double norm = 0;
    std::size_t l = workload_.layers();
    visit_dense(network_,
                [&](auto& layer) { norm = dlib::length(dlib::matrix_cast<double>(weight_gradient(layer, --l))); });
    return norm * gradient_is_half();
  }

 private:
  using Label = typename Network::training_label_type;

  /// dlib's label for a target: -1 or 1 for binary cross-entropy, otherwise the target itself.
  Label label(float y) const { return static_cast<Label>(workload_.loss == "binary_cross_entropy" ? 2 * y - 1 : y); }
  /// The factor for dlib's gradients: dlib leaves the factor 2 out of the derivative of a square.
  double gradient_is_half() const { return workload_.loss == "mse" ? 2 : 1; }

  /// The gradient of a layer's weights: [inputs, outputs]. In memory, the gradients of the biases follow.
  template <class Layer>
  auto weight_gradient(Layer& layer, std::size_t l) const {
    const auto inputs = static_cast<long>(workload_.widths[l]), outputs = static_cast<long>(workload_.widths[l + 1]);
    return dlib::mat(layer.get_parameter_gradient().host(), inputs, outputs);
  }

  /// Keeps the norms of dL/dW and dL/dz of every layer. In dlib, an activation overwrites dL/da with dL/dz.
  void keep_norms() {
    std::size_t l = workload_.layers();
    visit(network_, [&](auto& layer) {
      if (!is_dense(layer) || l == workload_.layers())
        norms_[2 * l - 1] = dlib::length(dlib::mat(layer.get_gradient_input()));
      if (is_dense(layer)) {
        --l;
        norms_[2 * l] = dlib::length(weight_gradient(layer, l));
      }
    });
  }

  const Workload& workload_;
  Network network_;
  std::vector<Solver> solvers_;
  dlib::resizable_tensor x_;
  std::vector<Label> labels_;
  std::vector<double> norms_;
  double loss_ = 0;
};

template <class Network>
std::unique_ptr<AnyStep> sgd_step(const Workload& w) {
  return std::make_unique<TypedStep<Network, dlib::sgd>>(w, dlib::sgd(0, static_cast<float>(w.momentum)));
}

std::unique_ptr<AnyStep> make_step(const Workload& w) {
  if (w.name == "W1") return sgd_step<W1>(w);
  if (w.name == "W2") return sgd_step<W2>(w);
  if (w.name == "W4") return std::make_unique<TypedStep<W4, dlib::adam>>(w, dlib::adam(0, 0.9F, 0.999F));
  if (w.name == "W5") return sgd_step<W5>(w);
  return sgd_step<W3>(w);
}

class DlibStep {
 public:
  explicit DlibStep(const Workload& w) : step_(make_step(w)) {}
  void operator()() { step_->run(); }
  double loss() const { return step_->loss(); }
  double first_gradient_norm() { return step_->first_gradient_norm(); }

 private:
  std::unique_ptr<AnyStep> step_;
};

}  // namespace

int main(int argc, char** argv) { return performance::run_program<DlibStep>(argc, argv); }
