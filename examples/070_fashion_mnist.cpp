// Fashion-MNIST: 70,000 photographs of clothes in ten classes, by a network 784-256-128-10 of relu units. Prints loss
// and accuracy on the 10,000 test samples after every epoch. Needs Debian's package dataset-fashion-mnist.
//
//   fashion_mnist [EPOCHS]    10 if none are given
//
// tested with: 1
#include <cstdio>
#include <cstdlib>
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

void run(std::size_t epochs) {
  const auto [train, test] = load_fashion_mnist();
  Network network{dense<Relu>(784, 256), dense<Relu>(256, 128), dense<Identity>(128, 10)};
  network.initialize(AutoInit{}, /*seed=*/1);
  Adam adam({.learning_rate = 0.001});
  PrintEpochs print;
  Interrupt interrupt;
  Trainer trainer(network, CrossEntropy{}, adam,
                  {.epochs = epochs, .batch_size = 64, .seed = 1, .schedule = make_schedule(CosineDecay{})});
  trainer.watch(print).watch(interrupt).fit(train, test);
}

}  // namespace

int main(int argc, char** argv) {
  char* end = nullptr;
  const long epochs = argc > 1 ? std::strtol(argv[1], &end, 10) : 10;
  if (argc > 2 || epochs < 1 || (end && *end != '\0'))
    return std::fprintf(stderr, "fashion_mnist: got '%s', expected a number of epochs of at least 1\n", argv[argc - 1]),
           2;
  try {
    run(static_cast<std::size_t>(epochs));
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "fashion_mnist: %s\n", error.what()), 1;
  }
  return InterruptGuard::requested() ? 130 : 0;
}
