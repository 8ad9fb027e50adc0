#include <gradflow/nn/losses.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

/// Takes a row's largest number from each, so that exp does not overflow; returns it.
template <class T>
T shift_by_maximum(std::span<T> row) {
  const T largest = *std::ranges::max_element(row);
  for (T& value : row) value -= largest;
  return largest;
}

template <class T>
void exponentials(Matrix<T>& m) {
  elementwise(
      m.size(), [](Lanes<T>& y) { y = exp(y); }, m.data());
}

template <class T>
double sum_of(std::span<const T> row) {
  return std::accumulate(row.begin(), row.end(), 0.0);
}

std::string sample(std::size_t i) { return "target of sample " + std::to_string(i) + " of the batch"; }

/// What cross_entropy wants of one sample: a class index, or a probability for each class.
template <class T>
class WantedClasses {
 public:
  WantedClasses(const Matrix<T>& target, std::size_t i, std::size_t classes) : probabilities_(row(target, i)) {
    is_index_ = columns(target) == 1 && classes > 1;
    if (is_index_)
      index_ = checked_index(target(i, 0), i, classes);
    else
      check_distribution(i);
  }

  /// sum_c t_c y_c
  double dot(std::span<const T> y) const {
    if (is_index_) return static_cast<double>(y[index_]);
    double sum = 0;
    for (std::size_t c = 0; c < y.size(); ++c)
      sum += static_cast<double>(probabilities_[c]) * static_cast<double>(y[c]);
    return sum;
  }
  /// sum_c t_c
  double total() const { return is_index_ ? 1 : sum_of(probabilities_); }
  /// y -= share t
  void subtract_from(std::span<T> y, T share) const {
    if (is_index_)
      y[index_] -= share;
    else
      for (std::size_t c = 0; c < y.size(); ++c) y[c] -= share * probabilities_[c];
  }

 private:
  static std::size_t checked_index(T value, std::size_t i, std::size_t classes) {
    if (value >= 0 && value < static_cast<T>(classes) && value == std::floor(value))
      return static_cast<std::size_t>(value);
    throw ValueError({"cross_entropy",
                      sample(i),
                      text(static_cast<double>(value)),
                      "a whole number in [0, " + std::to_string(classes) + ")",
                      {}});
  }
  void check_distribution(std::size_t i) const {
    const bool wrong = std::ranges::any_of(probabilities_, [](T p) { return !(p >= 0); });
    if (!wrong && std::abs(sum_of(probabilities_) - 1) <= 1e-3) return;
    throw ValueError({"cross_entropy",
                      sample(i),
                      wrong ? "a negative number or NaN" : "the sum " + text(sum_of(probabilities_)),
                      "probabilities that sum to 1",
                      {}});
  }

  std::span<const T> probabilities_;
  bool is_index_;
  std::size_t index_ = 0;
};

template <class T>
void check_cross_entropy_shapes(const Matrix<T>& output, const Matrix<T>& target) {
  if (rows(target) == rows(output) && (columns(target) == 1 || columns(target) == columns(output))) return;
  throw ShapeError({"cross_entropy",
                    "targets",
                    shape_text(target),
                    "[" + std::to_string(rows(output)) + ", 1] or " + shape_text(output),
                    {}});
}

}  // namespace

template <class T>
void detail::check_targets(std::string_view loss, const Matrix<T>& output, const Matrix<T>& target,
                           bool probabilities) {
  if (output.shape() != target.shape())
    throw ShapeError(
        {std::string(loss), "targets", shape_text(target), shape_text(output) + ", the shape of the output", {}});
  if (!probabilities) return;
  const auto all = flat(target);
  const auto wrong = std::ranges::find_if(all, [](T t) { return !(t >= 0 && t <= 1); });
  if (wrong == all.end()) return;
  const auto i = static_cast<std::size_t>(wrong - all.begin()) / columns(target);
  throw ValueError({std::string(loss), sample(i), text(static_cast<double>(*wrong)), "a number in [0, 1]", {}});
}

template <class T>
double detail::sum(const Matrix<T>& m) {
  return sum_of(flat(m));
}

template <class T>
double CrossEntropy::evaluate(const Matrix<T>& output, const Matrix<T>& target, Matrix<T>& delta) const {
  check_cross_entropy_shapes(output, target);
  // With s = y - max y: -sum_c t_c log p_c = (sum_c t_c) log(sum_c exp s_c) - sum_c t_c s_c, and dL/dy = p sum_c t_c -
  // t.
  delta = output;
  double loss = 0;
  for (std::size_t i = 0; i < rows(output); ++i) {
    shift_by_maximum(row(delta, i));
    loss -= WantedClasses<T>(target, i, columns(output)).dot(row(delta, i));
  }
  exponentials(delta);
  const double share = 1 / static_cast<double>(rows(output));
  for (std::size_t i = 0; i < rows(output); ++i) {
    const WantedClasses<T> wanted(target, i, columns(output));
    const double sum = sum_of<T>(row(delta, i)), total = wanted.total();
    loss += total * std::log(sum);
    for (T& d : row(delta, i)) d *= static_cast<T>(share * total / sum);
    wanted.subtract_from(row(delta, i), static_cast<T>(share));
  }
  return loss * share;
}

template <class T>
LossPtr<T> loss_by_name(std::string_view text) {
  return by_name<LossPtr<T>>(Losses{}, "loss", text, [](const auto& policy) { return make_loss<T>(policy); });
}

template <class T>
Matrix<T> softmax(const Matrix<T>& logits) {
  Matrix<T> p = logits;
  for (std::size_t i = 0; i < rows(p); ++i) shift_by_maximum(row(p, i));
  exponentials(p);
  for (std::size_t i = 0; i < rows(p); ++i) {
    const T scale = static_cast<T>(1 / sum_of<T>(row(p, i)));
    for (T& value : row(p, i)) value *= scale;
  }
  return p;
}

template <class T>
Matrix<T> sigmoid(const Matrix<T>& logits) {
  Matrix<T> p = logits;
  elementwise(
      p.size(), [](Lanes<T>& y) { y = sigmoid(y); }, p.data());
  return p;
}

template void detail::check_targets(std::string_view, const Matrix<float>&, const Matrix<float>&, bool);
template void detail::check_targets(std::string_view, const Matrix<double>&, const Matrix<double>&, bool);
template double detail::sum(const Matrix<float>&);
template double detail::sum(const Matrix<double>&);
template double CrossEntropy::evaluate(const Matrix<float>&, const Matrix<float>&, Matrix<float>&) const;
template double CrossEntropy::evaluate(const Matrix<double>&, const Matrix<double>&, Matrix<double>&) const;
template LossPtr<float> loss_by_name(std::string_view);
template LossPtr<double> loss_by_name(std::string_view);
template Matrix<float> softmax(const Matrix<float>&);
template Matrix<double> softmax(const Matrix<double>&);
template Matrix<float> sigmoid(const Matrix<float>&);
template Matrix<double> sigmoid(const Matrix<double>&);

}  // namespace gradflow
