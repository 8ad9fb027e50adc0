// A loss of your own that looks at whole rows: it has evaluate() instead of value(). Here it is written in expressions
// of xtensor. Prints a check of its gradient, then the accuracy and the largest probability of two networks, one
// trained with cross-entropy and one with this loss, which makes it less certain.
#include <cstdio>

#include <gradflow/gradflow.hpp>
#include <gradflow/math/xtensor.hpp>

using namespace gradflow;

/// Cross-entropy with smoothed labels: -sum_c s_c log p_c with p = softmax(y) and s = 0.9 t + 0.1 / classes, mean over
/// the batch. Szegedy et al. 2016
struct SmoothedCrossEntropy {
  static constexpr std::string_view name = "smoothed_cross_entropy";
  static constexpr Reading reads = Reading::class_logits;
  /// y: [batch, classes]; target: the same, or one column of class indices. Writes delta = dL/dy.
  template <class T>
  double evaluate(const Matrix<T>& y, const Matrix<T>& target, Matrix<T>& delta) const {
    const auto batch = static_cast<T>(rows(y)), classes = static_cast<T>(columns(y));
    const Matrix<T> t = columns(target) == 1 ? one_hot(target, columns(y)) : target;
    const Matrix<T> p = softmax(y), s = T(0.9) * t + T(0.1) / classes;
    xt::noalias(delta) = (p - s) / batch;
    const auto certain = xt::maximum(p, T(1e-30));  // so that the logarithm is finite
    return -xt::sum<double>(s * xt::log(certain))() / static_cast<double>(batch);
  }
};

template <class L>
void train_with(const L& loss) {
  const auto [train, test] = split(blobs({.samples = 1000, .noise = 0.2, .seed = 1}));
  Network network{dense<Tanh>(2, 16), dense<Identity>(16, 3)};
  network.initialize(GlorotUniform{}, /*seed=*/1);
  Adam adam({.learning_rate = 0.01});
  Trainer(network, loss, adam, {.epochs = 30}).fit(train);
  const double accuracy = evaluate(network, *make_loss<float>(loss), test).accuracy;
  const float largest = xt::amax(softmax(network.predict(test.x)))();
  std::printf("%-24s accuracy %.3f  largest probability %.4f\n", std::string(L::name).c_str(), accuracy, largest);
}

int main() {
  const CheckReport report = check_loss<SmoothedCrossEntropy>();
  std::printf("%s\n", report.text().c_str());
  train_with(CrossEntropy{});
  train_with(SmoothedCrossEntropy{});
  return report.passed() ? 0 : 1;
}
