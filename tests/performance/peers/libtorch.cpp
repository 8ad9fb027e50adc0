// libtorch, the C++ interface of PyTorch, with a training loop as in its tutorials.
#include <torch/torch.h>

#include "performance/peers/program.hpp"

namespace {

using performance::Workload;

torch::Tensor tensor(std::size_t rows, const std::vector<float>& numbers) {
  const auto n = static_cast<std::int64_t>(rows), size = static_cast<std::int64_t>(numbers.size());
  return torch::tensor(at::ArrayRef<float>(numbers)).reshape({n, size / n});
}

torch::nn::Linear linear(const Workload& w, std::size_t layer) {
  const auto in = static_cast<std::int64_t>(w.widths[layer]), out = static_cast<std::int64_t>(w.widths[layer + 1]);
  const torch::Tensor first = torch::tensor(at::ArrayRef<float>(performance::parameters(w, layer)));
  torch::nn::Linear made(in, out);
  const torch::NoGradGuard no_grad;
  made->weight.copy_(first.slice(0, 0, in * out).reshape({in, out}).t());
  made->bias.copy_(first.slice(0, in * out));
  return made;
}

class LibtorchStep {
 public:
  explicit LibtorchStep(const Workload& w)
      : workload_(w), x_(tensor(w.batch, performance::inputs(w))), y_(tensor(w.batch, performance::targets(w))) {
    at::set_num_threads(1);
    if (w.loss == "cross_entropy") y_ = y_.flatten().to(torch::kLong);
    for (std::size_t l = 0; l < w.layers(); ++l) layers_.push_back(linear(w, l));
    std::vector<torch::Tensor> parameters;
    for (const torch::nn::Linear& layer : layers_)
      for (const torch::Tensor& p : layer->parameters()) parameters.push_back(p);
    if (w.optimizer.starts_with("adam"))
      optimizer_ = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(w.learning_rate));
    else
      optimizer_ = std::make_unique<torch::optim::SGD>(parameters,
                                                       torch::optim::SGDOptions(w.learning_rate).momentum(w.momentum));
  }

  void operator()() {
    optimizer_->zero_grad();
    zs_.clear();
    last_loss_ = loss_of(forward());
    last_loss_.backward();
    if (workload_.norms) keep_norms();
    optimizer_->step();
  }

  double loss() const { return last_loss_.item<double>(); }
  double first_gradient_norm() const { return layers_.front()->weight.grad().norm().item<double>(); }

 private:
  torch::Tensor activate(const torch::Tensor& z) const {
    if (workload_.activation == "tanh") return z.tanh();
    return workload_.activation == "sigmoid" ? z.sigmoid() : z.relu();
  }

  torch::Tensor forward() {
    torch::Tensor a = x_;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const torch::Tensor z = layers_[l]->forward(a);
      if (workload_.norms) {
        z.retain_grad();
        zs_.push_back(z);
      }
      a = l + 1 < layers_.size() ? activate(z) : z;
    }
    return a;
  }

  torch::Tensor loss_of(const torch::Tensor& output) const {
    if (workload_.loss == "mse") return torch::mse_loss(output, y_);
    if (workload_.loss == "cross_entropy") return torch::cross_entropy_loss(output, y_);
    return torch::binary_cross_entropy_with_logits(output, y_);
  }

  void keep_norms() {
    std::vector<torch::Tensor> norms;
    for (const torch::nn::Linear& layer : layers_) norms.push_back(layer->weight.grad().norm());
    for (const torch::Tensor& z : zs_) norms.push_back(z.grad().norm());
    norms_ = torch::stack(norms);
  }

  const Workload& workload_;
  torch::Tensor x_, y_, last_loss_, norms_;
  std::vector<torch::Tensor> zs_;
  std::vector<torch::nn::Linear> layers_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

}  // namespace

int main(int argc, char** argv) { return performance::run_program<LibtorchStep>(argc, argv); }
