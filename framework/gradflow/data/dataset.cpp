#include <gradflow/data/dataset.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <gradflow/base/checksum.hpp>
#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/math/shapes.hpp>

namespace gradflow {
namespace {

template <class T>
void require_one_column(std::string_view where, const Matrix<T>& y) {
  require_shape(where, "y", y, {rows(y), 1, "one column of class indices", "call one_hot() after split()"});
}

template <class T>
std::size_t class_index(const Matrix<T>& y, std::size_t sample, std::size_t classes, std::string_view where) {
  const auto value = static_cast<double>(y(sample, 0));
  if (value >= 0 && value < static_cast<double>(classes) && value == std::floor(value))
    return static_cast<std::size_t>(value);
  throw ValueError({std::string(where),
                    "class of sample " + std::to_string(sample),
                    text(value),
                    "a whole number in [0, " + std::to_string(classes) + ")",
                    {}});
}

/// Returns the class of every sample. In a regression all samples get class 0, so that split() treats both cases alike.
template <class T>
std::vector<std::size_t> strata(const Dataset<T>& dataset) {
  std::vector<std::size_t> result(samples(dataset), 0);
  if (!is_classification(dataset)) return result;
  require_one_column("split", dataset.y);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = class_index(dataset.y, i, classes(dataset), "split");
  return result;
}

/// Returns how many samples of each class go to `train`, by the method of largest remainders. Each class gets its exact
/// share, rounded down. The samples still missing from the total are then given, one each, to the classes that lost
/// most by the rounding.
std::vector<std::size_t> quotas(const std::vector<std::size_t>& stratum, std::size_t classes, double fraction) {
  std::vector<std::size_t> quota(classes, 0);
  for (const std::size_t c : stratum) ++quota[c];
  std::vector<double> remainder(classes);
  auto missing = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(stratum.size())));
  for (std::size_t c = 0; c < classes; ++c) {
    const double share = fraction * static_cast<double>(quota[c]);
    quota[c] = static_cast<std::size_t>(share);
    remainder[c] = share - static_cast<double>(quota[c]);
    missing -= quota[c];
  }
  std::vector<std::size_t> order(classes);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return remainder[a] > remainder[b]; });
  for (std::size_t i = 0; i < missing; ++i) ++quota[order[i]];
  return quota;
}

template <class T>
Dataset<T> part(const Dataset<T>& whole, const std::vector<std::size_t>& indices) {
  Dataset<T> result{{}, {}, whole.feature_names, whole.class_names, whole.label_names};
  gather<T>(whole, indices, result);
  return result;
}

/// Copies rows of a few numbers in a loop, because a call of memcpy would cost more than the copy itself.
template <class T>
void gather_narrow_rows(const T* from, std::span<const std::size_t> indices, std::size_t width, T* into) {
  for (const std::size_t index : indices)
    for (const T *number = from + index * width, *const end = number + width; number != end;) *into++ = *number++;
}

/// Copies eight rows in parallel, one piece of each in turn. The rows lie far apart in memory: while the processor
/// waits for one row, the memory already fetches the others. Row by row, the copy takes 1.5 times as long.
template <class T>
void gather_rows(const Matrix<T>& from, std::span<const std::size_t> indices, Matrix<T>& into) {
  constexpr std::size_t side_by_side = 8, piece = 256 / sizeof(T);
  const std::size_t n = indices.size(), width = columns(from);
  resize(into, n, width);
  if (width <= 8) return gather_narrow_rows(from.data(), indices, width, into.data());
  for (std::size_t i = 0; i < n; i += side_by_side)
    for (std::size_t j = 0; j < width; j += piece)
      for (std::size_t k = i; k < std::min(i + side_by_side, n); ++k)
        std::copy_n(row(from, indices[k]).data() + j, std::min(piece, width - j), row(into, k).data() + j);
}

template <class T>
void require_finite(const Matrix<T>& m, std::string_view where, auto&& column_name) {
  for (std::size_t i = 0; i < rows(m); ++i)
    for (std::size_t j = 0; j < columns(m); ++j)
      if (!std::isfinite(m(i, j)))
        throw ValueError({std::string(where),
                          "sample " + std::to_string(i) + ", " + column_name(j),
                          text(static_cast<double>(m(i, j))),
                          "a finite number",
                          {}});
}

}  // namespace

template <class T>
void detail::require_same_samples(std::string_view where, const Dataset<T>& dataset) {
  require_shape(where, "y", dataset.y, {rows(dataset.x), columns(dataset.y), "a row for each row of x"});
  if (!dataset.weights.empty())
    require_size(where, "weights", dataset.weights.size(), samples(dataset), "one for each sample");
}

template <class T>
Split<T> split(const Dataset<T>& dataset, const SplitOptions& options) {
  check_range("split", "fraction", options.fraction, 0, 1, false);
  detail::require_same_samples("split", dataset);
  const std::vector<std::size_t> stratum = strata(dataset);
  std::vector<std::size_t> left = quotas(stratum, std::max<std::size_t>(1, classes(dataset)), options.fraction);
  Rng rng(options.seed, "split");
  std::vector<std::size_t> train, test;
  for (const std::size_t i : shuffled(samples(dataset), rng)) {
    std::size_t& places = left[stratum[i]];
    (places > 0 ? train : test).push_back(i);
    if (places > 0) --places;
  }
  return {part(dataset, train), part(dataset, test)};
}

std::vector<std::size_t> shuffled(std::size_t n, Rng& rng) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  rng.shuffle(order);
  return order;
}

template <class T>
void gather(const Dataset<T>& from, std::span<const std::size_t> indices, Dataset<T>& into) {
  detail::require_same_samples("gather", from);
  if (&from == &into) throw ValueError({"gather", "into", "the same data set as from", "another data set", {}});
  const auto largest = std::max_element(indices.begin(), indices.end());
  if (largest != indices.end() && *largest >= samples(from))
    throw ValueError({"gather",
                      "index",
                      std::to_string(*largest),
                      "less than " + std::to_string(samples(from)) + ", the number of samples",
                      {}});
  gather_rows(from.x, indices, into.x);
  gather_rows(from.y, indices, into.y);
  into.weights.resize(from.weights.empty() ? 0 : indices.size());
  if (!from.weights.empty()) gather_narrow_rows(from.weights.data(), indices, 1, into.weights.data());
}

template <class T>
Matrix<T> one_hot(const Matrix<T>& y, std::size_t classes) {
  require_one_column("one_hot", y);
  Matrix<T> result = zeros<T>(rows(y), classes);
  for (std::size_t i = 0; i < rows(y); ++i) result(i, class_index(y, i, classes, "one_hot")) = 1;
  return result;
}

template <class T>
std::vector<T> class_weights(const Dataset<T>& dataset) {
  detail::require_same_samples("class_weights", dataset);
  require_one_column("class_weights", dataset.y);
  // The limit for classes without names: a float is exact for whole numbers up to 2^24.
  constexpr std::size_t most = std::size_t(1) << 24;
  std::map<std::size_t, double> count;
  const auto class_of = [&](std::size_t sample) {
    return class_index(dataset.y, sample, is_classification(dataset) ? classes(dataset) : most, "class_weights");
  };
  for (std::size_t i = 0; i < samples(dataset); ++i) ++count[class_of(i)];
  const double each = static_cast<double>(samples(dataset)) / static_cast<double>(count.size());
  std::vector<T> weights(samples(dataset));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<T>(each / count[class_of(i)]);
  return weights;
}

template <class T>
double total_weight(const Dataset<T>& dataset) {
  if (dataset.weights.empty()) return static_cast<double>(samples(dataset));
  return std::accumulate(dataset.weights.begin(), dataset.weights.end(), 0.0);
}

template <class T>
std::string checksum(const Dataset<T>& dataset) {
  detail::require_same_samples("checksum", dataset);
  Checksum sum;
  for (const Matrix<T>* m : {&dataset.x, &dataset.y}) {
    const std::size_t columns_of_it = columns(*m);
    sum.add(std::as_bytes(std::span(&columns_of_it, 1)));
    sum.add(std::as_bytes(std::span(m->data(), m->size())));
  }
  sum.add(std::as_bytes(std::span(dataset.weights)));
  return std::to_string(samples(dataset)) + " samples, " + sum.text();
}

template <class T>
void require_finite(const Dataset<T>& dataset, std::string_view where) {
  detail::require_same_samples(where, dataset);
  const auto& names = dataset.feature_names;
  require_finite(dataset.x, where, [&](std::size_t j) {
    return "feature " + (j < names.size() ? in_quotes(names[j]) : std::to_string(j));
  });
  require_finite(dataset.y, where, [](std::size_t j) { return "target " + std::to_string(j); });
  const std::vector<T>& weights = dataset.weights;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (!std::isfinite(weights[i]) || weights[i] < 0)
      throw ValueError({std::string(where),
                        "weight of sample " + std::to_string(i),
                        text(static_cast<double>(weights[i])),
                        "a finite number of at least 0",
                        {}});
  if (!weights.empty() && total_weight(dataset) == 0)
    throw ValueError({std::string(where), "weights", "0 for all samples", "at least one weight above 0", {}});
}

template void detail::require_same_samples(std::string_view, const Dataset<float>&);
template void detail::require_same_samples(std::string_view, const Dataset<double>&);
template Split<float> split(const Dataset<float>&, const SplitOptions&);
template Split<double> split(const Dataset<double>&, const SplitOptions&);
template void gather(const Dataset<float>&, std::span<const std::size_t>, Dataset<float>&);
template void gather(const Dataset<double>&, std::span<const std::size_t>, Dataset<double>&);
template Matrix<float> one_hot(const Matrix<float>&, std::size_t);
template Matrix<double> one_hot(const Matrix<double>&, std::size_t);
template std::vector<float> class_weights(const Dataset<float>&);
template double total_weight(const Dataset<float>&);
template std::string checksum(const Dataset<float>&);
template std::vector<double> class_weights(const Dataset<double>&);
template double total_weight(const Dataset<double>&);
template std::string checksum(const Dataset<double>&);
template void require_finite(const Dataset<float>&, std::string_view);
template void require_finite(const Dataset<double>&, std::string_view);

}  // namespace gradflow
