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

std::string sample(std::size_t i) { return "target of sample " + std::to_string(i) + " of the batch"; }

/// The class that a row's one number means.
template <class T>
std::size_t class_index(const Matrix<T>& target, std::size_t i, std::size_t classes) {
  const T value = target(i, 0);
  if (value >= 0 && value < static_cast<T>(classes) && value == std::floor(value))
    return static_cast<std::size_t>(value);
  throw ValueError({"cross_entropy",
                    sample(i),
                    text(static_cast<double>(value)),
                    "a whole number in [0, " + std::to_string(classes) + ")",
                    {}});
}

template <class T>
void check_distribution(std::span<const T> row, std::size_t i) {
  const double sum = std::accumulate(row.begin(), row.end(), 0.0);
  const bool negative = std::ranges::any_of(row, [](T p) { return !(p >= 0); });
  if (negative || std::abs(sum - 1) > 1e-3)
    throw ValueError({"cross_entropy",
                      sample(i),
                      negative ? "a negative number or NaN" : "the sum " + text(sum),
                      "probabilities that sum to 1",
                      {}});
}

template <class T>
double sum_of(std::span<const T> row) {
  return std::accumulate(row.begin(), row.end(), 0.0);
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
  const std::size_t batch = rows(output), classes = columns(output);
  const bool indices = columns(target) == 1 && classes > 1;
  if (rows(target) != batch || (!indices && columns(target) != classes))
    throw ShapeError({"cross_entropy",
                      "targets",
                      shape_text(target),
                      "[" + std::to_string(batch) + ", 1] or " + shape_text(output),
                      {}});
  // With s = y - max y: -sum_c t_c log p_c = (sum_c t_c) log(sum_c exp s_c) - sum_c t_c s_c, and dL/dy = p sum_c t_c -
  // t.
  delta = output;
  double loss = 0;
  for (std::size_t i = 0; i < batch; ++i) {
    shift_by_maximum(row(delta, i));
    if (indices) {
      loss -= static_cast<double>(delta(i, class_index(target, i, classes)));
    } else {
      check_distribution(row(target, i), i);
      for (std::size_t c = 0; c < classes; ++c)
        loss -= static_cast<double>(target(i, c)) * static_cast<double>(delta(i, c));
    }
  }
  exponentials(delta);
  const double share = 1 / static_cast<double>(batch);
  for (std::size_t i = 0; i < batch; ++i) {
    const double total = sum_of<T>(row(delta, i));
    const double weight = indices ? 1 : sum_of(row(target, i));
    loss += weight * std::log(total);
    const T scale = static_cast<T>(share * weight / total);
    for (T& d : row(delta, i)) d *= scale;
    if (indices) {
      delta(i, static_cast<std::size_t>(target(i, 0))) -= static_cast<T>(share);
    } else {
      for (std::size_t c = 0; c < classes; ++c) delta(i, c) -= static_cast<T>(share) * target(i, c);
    }
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
