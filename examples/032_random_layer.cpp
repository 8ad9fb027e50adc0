// A layer of your own that differs in training and evaluation, draws random numbers, and learns a state without a
// gradient. Prints a check of its gradients; whether a run that was stopped and resumed ends with the same bits as a
// run that never stopped; and whether load_model() gives the same predictions.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

/// In training, adds noise to x: normal numbers times `share` times the usual size of x. This size is the state.
template <class T>
class Noise final : public Layer<T> {
 public:
  Noise(std::size_t width, double share) : width_(width), share_(static_cast<T>(share)) {}
  std::size_t inputs() const override { return width_; }
  std::size_t outputs() const override { return width_; }
  std::string describe() const override { return "noise " + std::to_string(width_); }
  LayerRecipe recipe() const override { return {"noise", {{"share", static_cast<double>(share_)}}}; }
  bool is_random() const override { return true; }
  std::span<const ParameterBlock> state_blocks() const override { return {&size_, 1}; }
  void forward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace) const override {
    trace.a = x;
    if (!trace.pass.training) return;
    for (std::size_t i = 0; i < rows(x); ++i)  // the numbers of a row depend on seed, step, layer and row
      for (Rng rng = trace.random(i); T & a : row(trace.a, i))
        a += share_ * trace.state[0] * static_cast<T>(rng.normal());
    resize(trace.seen, 1, 1);
    trace.seen(0, 0) = static_cast<T>(norm(flat(x)) / std::sqrt(static_cast<double>(x.size())));
  }
  void backward(std::span<const T>, const Matrix<T>&, Trace<T>& trace, std::span<T>, Matrix<T>* dx) const override {
    if (dx) *dx = trace.delta;  // the noise does not depend on x
  }
  void update_state(std::span<T> size, const Trace<T>& trace) const override {
    size[0] += T(0.1) * (trace.seen(0, 0) - size[0]);
  }

 private:
  std::size_t width_;
  T share_;
  ParameterBlock size_{"size", 0, 1, 1};
};

template <class T>
Network<T> make_network() {
  Network<T> network{dense<Tanh, T>(2, 16), std::make_shared<Noise<T>>(16, 0.25), dense<Identity, T>(16, 1)};
  network.initialize(AutoInit{}, /*seed=*/1);
  return network;
}

/// Begins the run whose checkpoints are in this folder, or continues it, until the end of this epoch.
Network<float> run(const std::string& folder, std::size_t epochs) {
  Network<float> network = make_network<float>();
  Adam adam({.learning_rate = 0.01});
  Checkpoints checkpoints(folder, {.resume = true});
  Trainer trainer(network, BinaryCrossEntropy{}, adam, {.epochs = epochs, .seed = 3});
  trainer.watch(checkpoints).fit(moons({.samples = 500, .noise = 0.1}));
  return network;
}

bool same(std::span<const float> a, std::span<const float> b, const char* what) {
  const bool equal = std::ranges::equal(a, b);
  std::printf("%s: %s\n", what, equal ? "the same bits" : "they differ");
  return equal;
}

int main() {
  Network<double> checked = make_network<double>();
  const Dataset<double> few = moons<double>({.samples = 8});
  checked.forward(few.x, {.seed = 5});
  checked.update_state();  // at first, the size is 0, and there would be no noise
  const Pass pass{.seed = 5, .step = 1};
  const auto report = gradient_check(checked, *make_loss<double>("binary_cross_entropy"), few.x, few.y, {.pass = pass});
  std::printf("%s\n", report.text().c_str());

  const std::string folder = (std::filesystem::temp_directory_path() / "gradflow-random-layer").string();
  std::filesystem::remove_all(folder);
  run(folder + "/parts", 7);
  const Network<float> in_parts = run(folder + "/parts", 20), at_once = run(folder + "/whole", 20);
  const bool resumes = same(in_parts.values(), at_once.values(), "resumed run");

  register_layer<float>(
      "noise", [](const LayerPlan& p) { return std::make_shared<Noise<float>>(p.outputs, p.number("share")); });
  save_model(folder + "/model.safetensors", at_once);
  const auto x = moons({.samples = 100}).x;
  const auto loaded = load_model(folder + "/model.safetensors").network.predict(x);
  const bool loads = same(flat(loaded), flat(at_once.predict(x)), "predictions of the loaded model");
  std::filesystem::remove_all(folder);
  return report.passed() && resumes && loads ? 0 : 1;
}
