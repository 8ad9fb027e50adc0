// Is your optimiser correct? check_optimizer() tests what every optimiser must do: it reduces the loss, takes the same
// step for the whole network and for ranges of parameters, and repeats its steps from a saved state. Prints the report
// of a correct Adam, and of an Adam with a classic fault: its step counter advances once per tensor.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace {

/// Adam for the tensors of a network, one after the other.
class MyAdam : public Optimizer<double> {
 public:
  MyAdam() : Optimizer<double>(/*rate=*/1e-3, /*buffers=*/2) {}
  std::string_view name() const override { return "my_adam"; }
  std::string describe() const override { return std::string(name()); }

 protected:
  void update(std::span<double> w, std::span<const double> g, const StepOptions& options) override {
    const Range whole{0, w.size()};
    for (const Range& tensor : options.ranges.empty() ? std::span(&whole, 1) : options.ranges) {
      const double t = time(), corrected_rate = learning_rate / (1 - std::pow(0.9, t));
      for (std::size_t i = tensor.begin; i < tensor.begin + tensor.size; ++i) {
        const double g_i = std::clamp(options.gradient_scale * g[i], -options.clip_value, options.clip_value);
        double &mean = mutable_state(0)[i], &mean_square = mutable_state(1)[i];
        mean = 0.9 * mean + 0.1 * g_i;
        mean_square = 0.999 * mean_square + 0.001 * g_i * g_i;
        w[i] -= corrected_rate * mean / (std::sqrt(mean_square / (1 - std::pow(0.999, t))) + 1e-8);
      }
    }
  }

 private:
  virtual double time() { return static_cast<double>(steps()); }
};

/// The fault: t counts tensors instead of steps.
class AdamPerTensor : public MyAdam {
  std::string_view name() const override { return "adam_per_tensor"; }
  double time() override { return ++tensors_; }
  double tensors_ = 0;
};

/// Prints the report. Returns true if the check has passed.
bool passes(const CheckReport& report) {
  std::printf("%s\n", report.text().c_str());
  return report.passed();
}

}  // namespace

int main() {
  std::printf(
      "Each line is one test: the largest error found, the error allowed, and how many numbers were compared.\n\n");
  const bool right = passes(check_optimizer([] { return std::make_unique<MyAdam>(); }));
  std::printf(
      "The next Adam has a fault: its step counter advances once per tensor. So later tensors have a larger t than the "
      "first tensor. A restored state does not have the counter.\n\n");
  const bool wrong = !passes(check_optimizer([] { return std::make_unique<AdamPerTensor>(); }));
  return right && wrong ? 0 : 1;
}
