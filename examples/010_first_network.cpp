// Two interleaved half-circles, told apart by a network of two hidden layers.
#include <gradflow/gradflow.hpp>
using namespace gradflow;

int main() {
  const auto [train, test] = split(moons({.samples = 2000, .noise = 0.1, .seed = 1}), {.fraction = 0.8, .seed = 2});

  Network network{dense<Tanh>(2, 16), dense<Tanh>(16, 16), dense<Identity>(16, 1)};
  network.initialize(GlorotUniform{}, /*seed=*/42);

  ConsoleSink console;
  GradientNorms norms(console, {.every = 250});

  Adam adam({.learning_rate = 0.01});
  Trainer trainer(network, BinaryCrossEntropy{}, adam, {.epochs = 20, .batch_size = 32, .seed = 3});
  trainer.watch(norms).fit(train, test);
}
