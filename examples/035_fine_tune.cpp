// Fine-tuning: a network that can tell ten digits apart learns another task from 40 samples: is the digit odd? Its
// hidden layers stay as they are (frozen), or train with a small learning rate. Prints accuracies on a test part, also
// of a network that starts from random weights. Then makes one step from the gradients of several small batches
// (gradient accumulation), and prints how close it is to one step on all samples at once.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace {

const LossPtr<float> loss = make_loss<float>(CrossEntropy{});

/// The same images with new targets: class 1 for odd digits, class 0 for even digits.
Dataset<float> odd_or_even(Dataset<float> data) {
  data.class_names = {"even", "odd"};
  for (float& y : flat(data.y)) y = std::fmod(y, 2.0f);
  return data;
}

Network<float> random_network(std::size_t outputs, std::size_t seed) {
  Network network{dense<Relu>(64, 32), dense<Relu>(32, 32), dense<Identity>(32, outputs)};
  network.initialize(AutoInit{}, seed);
  return network;
}

/// Returns a network with the hidden layers of another network and a new last layer.
Network<float> with_hidden_layers_of(const Network<float>& other, std::size_t outputs, std::size_t seed) {
  Network<float> network = random_network(outputs, seed);
  for (std::size_t layer = 0; layer + 1 < network.size(); ++layer)
    std::ranges::copy(other.parameters(layer), network.parameters(layer).begin());
  return network;
}

/// Trains and returns the accuracy on the test part. A group states what is different for its parameters: a factor for
/// the learning rate, or a weight decay.
double train(Network<float>& network, const Split<float>& data, const std::vector<ParameterGroup>& groups) {
  Adam adam({.learning_rate = 0.01});
  adam.set_groups(groups);
  Trainer(network, loss, adam, {.epochs = 50, .batch_size = 10}).fit(data.train);
  return evaluate(network, *loss, data.test).accuracy;
}

void compare_ways(const Network<float>& pretrained, const Split<float>& data) {
  constexpr std::size_t seeds = 5;
  double random = 0, slow = 0, frozen = 0;
  for (std::size_t seed = 1; seed <= seeds; ++seed) {
    Network<float> first = random_network(2, seed), second = with_hidden_layers_of(pretrained, 2, seed), third = second;
    random += train(first, data, {}) / seeds;
    slow += train(second, data, {{.layer = 0, .rate = 0.1}, {.layer = 1, .rate = 0.1}}) / seeds;
    // The last group that sets a number counts: all layers are frozen except layer 2, whose weights decay.
    frozen +=
        train(third, data, {{.rate = 0}, {.layer = 2, .rate = 1}, {.block = "weight", .weight_decay = 0.01}}) / seeds;
  }
  std::printf("odd or even, learned from %zu samples: mean accuracy of %zu networks on %zu other samples\n",
              samples(data.train), seeds, samples(data.test));
  std::printf("  random weights                                         %.3f\n", random);
  std::printf("  hidden layers of the digits, a tenth of the rate there %.3f\n", slow);
  std::printf("  hidden layers of the digits, frozen                    %.3f\n\n", frozen);
}

/// Makes one step from the gradients of several batches. Each batch counts by its share of the samples.
void step_on_small_batches(Network<float>& network, Optimizer<float>& optimizer, const Dataset<float>& data) {
  std::vector<float> sum(network.parameters().size());
  Batches batches(data, {.size = 7});
  Matrix<float> delta;
  while (const Dataset<float>* batch = batches.next()) {
    loss->evaluate(network.forward(batch->x), batch->y, delta);
    network.backward(batch->x, delta);
    const float share = static_cast<float>(samples(*batch)) / static_cast<float>(samples(data));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += share * network.gradients()[i];
  }
  optimizer.step(network, sum);
}

void step_on_all(Network<float>& network, Optimizer<float>& optimizer, const Dataset<float>& data) {
  Matrix<float> delta;
  loss->evaluate(network.forward(data.x), data.y, delta);
  network.backward(data.x, delta);
  optimizer.step(network);
}

}  // namespace

int main() {
  auto digits = load_csv(GRADFLOW_DATASETS "/digits.csv");
  digits.x /= 16.0f;
  const auto [many, rest] = split(digits, {.fraction = 0.7, .seed = 1});
  Network<float> pretrained = random_network(10, /*seed=*/1);
  std::printf("ten digits, learned from %zu samples: accuracy %.3f\n", samples(many),
              train(pretrained, {many, rest}, {}));
  const auto data = split(odd_or_even(rest), {.fraction = 40.0 / static_cast<double>(samples(rest)), .seed = 1});
  compare_ways(pretrained, data);

  Network<float> network = random_network(2, /*seed=*/1), other = network;
  Sgd sgd({.learning_rate = 0.1}), other_sgd({.learning_rate = 0.1});
  step_on_all(network, sgd, data.train);
  step_on_small_batches(other, other_sgd, data.train);
  float off = 0;
  for (std::size_t i = 0; i < network.parameters().size(); ++i)
    off = std::max(off, std::abs(network.parameters()[i] - other.parameters()[i]));
  std::printf("one step on batches of 7 or on all samples at once: parameters differ by at most %.0e\n", off);
  return off < 1e-6f ? 0 : 1;
}
