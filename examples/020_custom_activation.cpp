// An activation of your own is one struct with one expression. gradflow derives the slope from the expression. The
// struct's `name` is shown in reports, models and errors. (To choose between two expressions write select(z > 0, a, b),
// not ?: or if.) Prints a few values and slopes, and the accuracy of a network with this activation.
#include <cmath>
#include <cstdio>

#include <gradflow/gradflow.hpp>

namespace mine {

/// f(z) = z log(1 + exp(z)) / (1 + |z|): smooth, without an upper limit, and almost 0 for z far below 0.
struct Swoosh {
  static constexpr std::string_view name = "swoosh";
  template <class V>
  V value(const V& z) const {
    return z * softplus(z) / (1 + abs(z));
  }
};

}  // namespace mine

using namespace gradflow;

int main() {
  const ActivationInfo swoosh = activation_info(mine::Swoosh{});
  std::printf("%6s %12s %12s %12s\n", "z", "f", "f'", "f''");
  for (const double z : {-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0})
    std::printf("%6.1f %12.6f %12.6f %12.6f\n", z, swoosh.value(z), swoosh.slope(z), swoosh.curvature(z));

  const auto [train, test] = split(spirals({.samples = 1000, .noise = 0.05, .seed = 1}), {.seed = 2});
  Network network{dense<mine::Swoosh>(2, 32), dense<mine::Swoosh>(32, 32), dense<Identity>(32, 1)};
  network.initialize(HeNormal{}, /*seed=*/1);
  Adam adam({.learning_rate = 0.01});
  Trainer trainer(network, BinaryCrossEntropy{}, adam, {.epochs = 100, .seed = 3});
  const History history = trainer.fit(train, test);
  if (!history.succeeded()) return 1;  // the run diverged
  std::printf("\nTwo spirals, accuracy on the test part after %zu epochs: %.3f\n", history.epochs.size(),
              history.epochs.back().validation.accuracy);
}
