// The training loop, written by hand. Trainer::fit calls public functions only, so the same loop gives the same bytes.
// Trains one network with each loop. Prints the losses, and whether all parameters are equal to the last bit.
#include <algorithm>
#include <cstdint>
#include <cstdio>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace {

constexpr std::size_t epochs = 20;
constexpr BatchOptions batch_options{.size = 32, .seed = 3};

Network<float> make_network() {
  Network<float> network{dense<Tanh>(2, 16), dense<Tanh>(16, 16), dense<Identity>(16, 1)};
  network.initialize(GlorotUniform{}, /*seed=*/42);
  return network;
}

void train_by_hand(Network<float>& network, const Dataset<float>& data) {
  const LossPtr<float> loss = make_loss<float>(BinaryCrossEntropy{});
  Adam adam({.learning_rate = 0.01});
  Batches batches(data, batch_options);
  Matrix<float> delta;
  std::uint64_t step = 0;
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    double sum = 0;
    while (const Dataset<float>* batch = batches.next()) {
      const Matrix<float>& output = network.forward(batch->x, {.seed = batch_options.seed, .step = step++});
      sum += loss->evaluate(output, batch->y, delta) * static_cast<double>(samples(*batch));
      network.backward(batch->x, delta);
      network.update_state();  // for layers such as batch_norm()
      adam.step(network);
    }
    if (epoch % 5 == 4)
      std::printf("by hand    epoch %2zu  loss %.6f\n", epoch, sum / static_cast<double>(samples(data)));
  }
}

void train_with_trainer(Network<float>& network, const Dataset<float>& data) {
  Adam adam({.learning_rate = 0.01});
  Trainer trainer(network, BinaryCrossEntropy{}, adam,
                  {.epochs = epochs, .batch_size = batch_options.size, .seed = batch_options.seed});
  for (const EpochRecord& record : trainer.fit(data).epochs)
    if (record.epoch % 5 == 4) std::printf("Trainer    epoch %2zu  loss %.6f\n", record.epoch, record.train_loss);
}

}  // namespace

int main() {
  const Dataset<float> data = moons({.samples = 1000, .noise = 0.1, .seed = 1});
  Network<float> by_hand = make_network(), by_trainer = make_network();
  train_by_hand(by_hand, data);
  train_with_trainer(by_trainer, data);
  const bool same = std::ranges::equal(by_hand.parameters(), by_trainer.parameters());
  std::printf("%zu parameters: %s\n", by_hand.parameters().size(), same ? "the same bits" : "they differ");
  return same ? 0 : 1;
}
