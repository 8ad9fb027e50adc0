// Times forward and backward of each kind of layer, 256 units and a batch of 64, in float. Prints the time and its
// share of the time of a dense 256 x 256 layer, which takes turns with the layer. layers.py compares with PyTorch.
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <gradflow/gradflow.hpp>
#include <support/layers.hpp>
#include <support/matrices.hpp>

#include "performance/paired.hpp"

using namespace gradflow;

namespace {

constexpr std::size_t width = 256, batch = 64;

/// One layer with everything that it reads and writes.
class LayerAlone {
 public:
  explicit LayerAlone(LayerPtr<float> layer)
      : layer_(std::move(layer)),
        parameters_(layer_->parameter_count()),
        gradients_(layer_->parameter_count()),
        state_(layer_->state_size()) {
    Rng rng(1);
    layer_->initialize(parameters_, {LecunNormal{}, rng});
    layer_->initialize_state(state_);
    trace_.state = state_;
    trace_.earlier = &x_;
  }

  void operator()() {
    for (int i = 0; i < 20; ++i) {
      ++trace_.pass.step;
      layer_->forward(parameters_, x_, trace_);
      trace_.delta = delta_;
      layer_->backward(parameters_, x_, trace_, gradients_, &x_delta_);
      layer_->update_state(state_, trace_);
    }
  }

 private:
  LayerPtr<float> layer_;
  std::vector<float> parameters_, gradients_, state_;
  Matrix<float> x_ = random_matrix<float>(batch, width, 1), delta_ = random_matrix<float>(batch, width, 2), x_delta_;
  Trace<float> trace_;
};

double microseconds(LayerAlone& layer) {
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) times.push_back(performance::seconds([&] { layer(); }) / 20 * 1e6);
  return performance::quartiles(times).median;
}

}  // namespace

int main() {
  LayerAlone beside(dense<Relu>(width, width));
  for (const auto& [name, make] : test::layer_cases<float>()) {
    if (name.starts_with("residual")) continue;  // several layers
    LayerAlone layer(make(width));
    layer();
    const auto share = performance::paired_ratio(
        400, [&] { layer(); }, [&] { beside(); });
    std::printf("%-22s %7.2f us, %5.1f %% of the dense layer (quartiles %.1f to %.1f)\n", name.c_str(),
                microseconds(layer), 100 * share.median, 100 * share.low, 100 * share.high);
  }
}
