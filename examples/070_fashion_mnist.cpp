// Fashion-MNIST: trains a 784-256-128-10 network of relu units on 60,000 images of clothes in ten classes. Prints loss
// and accuracy on the 10,000 test images after every epoch. Needs Debian's package dataset-fashion-mnist.
#include <cstdio>
#include <exception>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace {

struct PrintEpochs : Observer<float> {
  Next on_epoch(const Epoch<float>& epoch) override {
    std::printf("epoch %2zu  train loss %.4f  test loss %.4f  test accuracy %.4f\n", epoch.number + 1, epoch.train_loss,
                epoch.validation.loss, epoch.validation.accuracy);
    std::fflush(stdout);
    return Next::proceed;
  }
};

void run() {
  const auto [train, test] = load_fashion_mnist();
  Network network{dense<Relu>(784, 256), dense<Relu>(256, 128), dense<Identity>(128, 10)};
  network.initialize(AutoInit{}, /*seed=*/1);
  Adam adam({.learning_rate = 0.001});
  PrintEpochs print;
  Interrupt interrupt;
  Trainer trainer(network, CrossEntropy{}, adam,
                  {.epochs = 3, .batch_size = 64, .seed = 1, .schedule = make_schedule(CosineDecay{})});
  trainer.watch(print).watch(interrupt).fit(train, test);
}

}  // namespace

int main() {
  try {
    run();
  } catch (const std::exception& error) {  // the data may be missing: the message names the package
    return std::fprintf(stderr, "fashion_mnist: %s\n", error.what()), 1;
  }
  return InterruptGuard::requested() ? 130 : 0;
}
