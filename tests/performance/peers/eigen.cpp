// A training loop with Eigen, as an expert might write it in an hour. Parameters and gradients lie in flat arrays, so
// that an update is one expression. All memory is allocated once, and products need no temporary matrices. Bias and
// activation are two expressions, because Eigen would not vectorise them as one.
#include <Eigen/Dense>

#include "performance/peers/program.hpp"

namespace {

using performance::Workload;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixMap = Eigen::Map<Matrix>;
using RowMap = Eigen::Map<Eigen::RowVectorXf>;

struct Layer {
  MatrixMap w, dw;  ///< [inputs, outputs]
  RowMap b, db;     ///< [outputs]
  Matrix a, dz;     ///< [batch, outputs]
};

enum class Activation { identity, tanh, sigmoid, relu };

Activation activation_of(std::string_view name) {
  return name == "tanh" ? Activation::tanh : name == "sigmoid" ? Activation::sigmoid : Activation::relu;
}

void activate(Layer& l, Activation activation) {
  l.a.rowwise() += l.b;
  auto a = l.a.array();
  switch (activation) {
    case Activation::identity:
      break;
    case Activation::tanh:
      a = a.tanh();
      break;
    case Activation::sigmoid:
      a = a.logistic();
      break;
    case Activation::relu:
      a = a.max(0.0F);
      break;
  }
}

void times_slope(Layer& l, Activation activation) {
  const auto a = l.a.array();
  auto dz = l.dz.array();
  switch (activation) {
    case Activation::identity:
      break;
    case Activation::tanh:
      dz *= 1 - a.square();
      break;
    case Activation::sigmoid:
      dz *= a * (1 - a);
      break;
    case Activation::relu:
      dz = (a > 0).select(dz, 0.0F);
      break;
  }
}

class EigenStep {
 public:
  explicit EigenStep(const Workload& w)
      : workload_(w),
        activation_(activation_of(w.activation)),
        x_(matrix(w.batch, performance::inputs(w))),
        y_(matrix(w.batch, performance::targets(w))),
        norms_(static_cast<Eigen::Index>(w.norms ? 2 * w.layers() : 0)) {
    Eigen::Index count = 0;
    for (std::size_t l = 0; l < w.layers(); ++l)
      count += static_cast<Eigen::Index>(performance::parameters(w, l).size());
    for (Eigen::ArrayXf* flat : {&parameters_, &gradients_, &first_moment_, &second_moment_}) flat->setZero(count);
    place_layers();
  }

  void operator()() {
    forward();
    if (workload_.loss == "cross_entropy")
      cross_entropy();
    else
      element_loss();
    backward();
    if (norms_.size() > 0) keep_norms();
    if (workload_.optimizer.starts_with("adam"))
      adam();
    else
      sgd();
  }

  double loss() const { return loss_; }
  double first_gradient_norm() const { return layers_.front().dw.norm(); }

 private:
  static Matrix matrix(std::size_t rows, const std::vector<float>& numbers) {
    const auto n = static_cast<Eigen::Index>(rows), size = static_cast<Eigen::Index>(numbers.size());
    return Eigen::Map<const Matrix>(numbers.data(), n, size / n);
  }

  void place_layers() {
    const auto batch = static_cast<Eigen::Index>(workload_.batch);
    for (std::size_t l = 0, offset = 0; l < workload_.layers(); ++l) {
      const auto in = static_cast<Eigen::Index>(workload_.widths[l]);
      const auto out = static_cast<Eigen::Index>(workload_.widths[l + 1]);
      const std::vector<float> first = performance::parameters(workload_, l);
      float* const p = parameters_.data() + offset;
      float* const g = gradients_.data() + offset;
      std::copy(first.begin(), first.end(), p);
      layers_.push_back({MatrixMap(p, in, out), MatrixMap(g, in, out), RowMap(p + in * out, out),
                         RowMap(g + in * out, out), Matrix(batch, out), Matrix(batch, out)});
      offset += first.size();
    }
  }

  Activation activation(std::size_t l) const { return l + 1 < layers_.size() ? activation_ : Activation::identity; }
  const Matrix& input(std::size_t l) const { return l > 0 ? layers_[l - 1].a : x_; }

  void forward() {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      layers_[l].a.noalias() = input(l) * layers_[l].w;
      activate(layers_[l], activation(l));
    }
  }

  void backward() {
    for (std::size_t i = layers_.size(); i-- > 0;) {
      Layer& l = layers_[i];
      times_slope(l, activation(i));
      l.dw.noalias() = input(i).transpose() * l.dz;
      l.db = l.dz.colwise().sum();
      if (i > 0) layers_[i - 1].dz.noalias() = l.dz * l.w.transpose();
    }
  }

  /// Computes mse, or binary cross-entropy on logits, and its gradient.
  void element_loss() {
    Layer& last = layers_.back();
    const auto a = last.a.array(), y = y_.array();
    const float share = 1 / static_cast<float>(a.size());
    if (workload_.loss == "mse") {
      last.dz.array() = a - y;
      loss_ = share * last.dz.squaredNorm();
      last.dz *= 2 * share;
    } else {
      loss_ = share * (a.max(0.0F) - a * y + (-a.abs()).exp().log1p()).sum();
      last.dz.array() = share * (a.logistic() - y);
    }
  }

  void cross_entropy() {
    Layer& last = layers_.back();
    const Eigen::Index batch = last.a.rows();
    last.dz = (last.a.colwise() - last.a.rowwise().maxCoeff()).array().exp();
    loss_ = 0;
    for (Eigen::Index i = 0; i < batch; ++i) {
      const auto target = static_cast<Eigen::Index>(y_(i, 0));
      const float sum = last.dz.row(i).sum();
      loss_ -= std::log(last.dz(i, target) / sum);
      last.dz.row(i) /= sum * static_cast<float>(batch);
      last.dz(i, target) -= 1 / static_cast<float>(batch);
    }
    loss_ /= static_cast<double>(batch);
  }

  void keep_norms() {
    Eigen::Index i = 0;
    for (const Layer& l : layers_) {
      norms_[i++] = l.dw.norm();
      norms_[i++] = l.dz.norm();
    }
  }

  void sgd() {
    const auto rate = static_cast<float>(workload_.learning_rate), momentum = static_cast<float>(workload_.momentum);
    if (momentum > 0) {
      first_moment_ = momentum * first_moment_ + gradients_;
      parameters_ -= rate * first_moment_;
    } else {
      parameters_ -= rate * gradients_;
    }
  }

  void adam() {
    constexpr float beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F;
    ++step_;
    const double unbias1 = 1 - std::pow(0.9, step_), unbias2 = 1 - std::pow(0.999, step_);
    const auto rate = static_cast<float>(workload_.learning_rate / unbias1);
    const auto root = static_cast<float>(1 / std::sqrt(unbias2));
    first_moment_ = beta1 * first_moment_ + (1 - beta1) * gradients_;
    second_moment_ = beta2 * second_moment_ + (1 - beta2) * gradients_.square();
    parameters_ -= rate * first_moment_ / (root * second_moment_.sqrt() + epsilon);
  }

  const Workload& workload_;
  Activation activation_;
  Matrix x_, y_;
  Eigen::ArrayXf parameters_, gradients_, first_moment_, second_moment_;
  std::vector<Layer> layers_;
  Eigen::ArrayXf norms_;
  double loss_ = 0;
  int step_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return performance::run_program<EigenStep>(argc, argv); }
