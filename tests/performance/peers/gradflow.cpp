// gradflow, with the training loop of examples/040_loop_by_hand.cpp.
#include <algorithm>

#include <gradflow/gradflow.hpp>

#include "performance/peers/program.hpp"

using namespace gradflow;

namespace {

Matrix<float> matrix(std::size_t rows, const std::vector<float>& numbers) {
  Matrix<float> m = zeros<float>(rows, numbers.size() / rows);
  std::ranges::copy(numbers, m.data());
  return m;
}

Network<float> network_of(const performance::Workload& w) {
  std::vector<LayerPtr<float>> layers;
  for (std::size_t l = 0; l < w.layers(); ++l)
    layers.push_back(dense(l + 1 < w.layers() ? w.activation : "identity", w.widths[l], w.widths[l + 1]));
  Network<float> network(layers);
  for (std::size_t l = 0; l < w.layers(); ++l)
    std::ranges::copy(performance::parameters(w, l), network.parameters(l).begin());
  return network;
}

class GradflowStep {
 public:
  explicit GradflowStep(const performance::Workload& w)
      : network_(network_of(w)),
        loss_(make_loss(w.loss)),
        optimizer_(make_optimizer(w.optimizer)),
        x_(matrix(w.batch, performance::inputs(w))),
        y_(matrix(w.batch, performance::targets(w))),
        weight_norms_(w.norms ? w.layers() : 0),
        delta_norms_(weight_norms_) {}

  void operator()() {
    const Matrix<float>& output = network_.forward(x_);
    last_loss_ = loss_->evaluate(output, y_, delta_);
    network_.backward(x_, delta_);
    for (std::size_t l = 0; l < weight_norms_.size(); ++l) {
      weight_norms_[l] = norm(network_.gradients(network_.blocks()[2 * l]));
      delta_norms_[l] = norm(flat(network_.trace(l).delta));
    }
    optimizer_->step(network_);
  }

  double loss() const { return last_loss_; }
  double first_gradient_norm() const { return norm(network_.gradients(network_.blocks()[0])); }

 private:
  Network<float> network_;
  LossPtr<float> loss_;
  std::unique_ptr<Optimizer<float>> optimizer_;
  Matrix<float> x_, y_, delta_;
  std::vector<double> weight_norms_, delta_norms_;
  double last_loss_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return performance::run_program<GradflowStep>(argc, argv); }
