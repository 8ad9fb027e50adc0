#pragma once
// Measures the largest errors of an activation and its slope over many arguments, computed as networks compute them.
//
// The best possible result has an error of half an ulp. Near a zero of f, or if f is steep, no program can reach this:
// an argument that is rounded once moves f(z) by ulp(z) |f'(z)| / 2. So the bound is 4 ulp(f) + 2 ulp(z) |f'| for the
// value and 8 ulp(f') + 4 ulp(z) |f''| for the slope. The second term is the change of the exact function if its
// argument is off by two (four) ulp. To both bounds, 128 times the smallest normal number is added, for digits that
// intermediate results lose below the normal numbers.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include <gradflow/nn/activations.hpp>

#include <math/ulp.hpp>
#include <support/exact_activations.hpp>

namespace gradflow::test {

/// The wider type in which the exact value for T is computed.
template <class T>
using Wider = std::conditional_t<std::same_as<T, float>, double, long double>;

template <class T>
struct Sample {
  T z = 0, got = 0;
  Wider<T> expected = 0;
};

/// The samples with the largest errors of one function.
template <class T>
class Errors {
 public:
  using Real = Wider<T>;
  struct Worst {
    Real amount = 0;
    Sample<T> sample = {};
  };

  /// Sets the bound: of_result * ulp(result) + of_argument * ulp(argument) * |derivative|.
  Errors(Real of_result, Real of_argument) : of_result_(of_result), of_argument_(of_argument) {}

  /// Returns the largest error in ulp of the result. Counts only results that are normal numbers.
  const Worst& ulps() const { return ulps_; }
  /// Returns the largest error divided by its bound. More than 1 is too much.
  const Worst& share() const { return share_; }

  /// Adds one sample. Calls the derivative only if the error may be a new maximum.
  template <class F>
  void add(const Sample<T>& s, F derivative) {
    constexpr Real largest = std::numeric_limits<T>::max(), smallest = std::numeric_limits<T>::min();
    const Real error = std::abs(s.got - s.expected), size = std::abs(s.expected);
    if (error < no_record_ * size || error == 0) return;
    if (size > largest && std::isinf(s.got) && (s.got > 0) == (s.expected > 0)) return;
    if (size >= smallest) update(ulps_, error / ulp<T>(size), s);
    const Real z = s.z, steepness = std::abs(derivative(z));
    update(share_, error / (of_result_ * ulp<T>(size) + of_argument_ * ulp<T>(z) * steepness + 128 * smallest), s);
    // size < 2^digits ulp(size), so an error below this times size breaks neither record.
    no_record_ = std::min(ulps_.amount, of_result_ * share_.amount) * std::numeric_limits<T>::epsilon() / 2;
  }

  void add(const Errors& other) {
    update(ulps_, other.ulps_.amount, other.ulps_.sample);
    update(share_, other.share_.amount, other.share_.sample);
  }

 private:
  /// Keeps the larger error. Of two equal errors, keeps the one whose argument has the smaller bit pattern, so that the
  /// order does not matter.
  static void update(Worst& worst, Real amount, const Sample<T>& sample) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    if (std::isnan(amount)) amount = std::numeric_limits<Real>::infinity();
    const bool earlier = std::bit_cast<Bits>(sample.z) < std::bit_cast<Bits>(worst.sample.z);
    if (amount > worst.amount || (amount == worst.amount && earlier)) worst = {amount, sample};
  }

  Real of_result_, of_argument_, no_record_ = 0;
  Worst ulps_, share_;
};

template <class T>
struct Accuracy {
  Errors<T> value{4, 2}, slope{8, 4};

  void add(const Accuracy& other) {
    value.add(other.value);
    slope.add(other.slope);
  }
};

/// Returns the errors of the activation at all arguments z.
template <class T, class A>
Accuracy<T> measure(const A& activation, std::span<const T> z) {
  using Real = Wider<T>;
  const ExactActivation<Real> exact = exact_activations<Real>().at(A::name);
  std::vector<T> a(z.begin(), z.end()), slope(z.size());
  const auto sweep = [&](Lanes<T>& y, Lanes<T>& dy) {
    const Dual<Lanes<T>> both = value_and_slope(activation, y);
    y = both.value;
    dy = both.slope;
  };
  elementwise(z.size(), sweep, a.data(), slope.data());
  Accuracy<T> accuracy;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const Real at = z[i];
    accuracy.value.add({z[i], a[i], exact.value(at)}, exact.slope);
    accuracy.slope.add({z[i], slope[i], exact.slope(at)}, exact.curvature);
  }
  return accuracy;
}

/// Returns the errors of the activation at the finite numbers among number(0), ..., number(count - 1). The number of
/// threads does not change the result. Any thread calls after_block(n) when it has finished n more arguments.
template <class T, class A, class Number, class AfterBlock>
Accuracy<T> measure(const A& activation, std::uint64_t count, Number number, std::size_t threads,
                    AfterBlock after_block) {
  constexpr std::uint64_t block = 1 << 14;
  std::atomic<std::uint64_t> next = 0;
  std::vector<Accuracy<T>> parts(threads);
  const auto work = [&](Accuracy<T>& part) {
    std::vector<T> z;
    for (std::uint64_t begin = next.fetch_add(block); begin < count; begin = next.fetch_add(block)) {
      const std::uint64_t end = std::min(count, begin + block);
      z.clear();
      for (std::uint64_t i = begin; i < end; ++i)
        if (const T x = number(i); std::isfinite(x)) z.push_back(x);
      part.add(measure<T>(activation, z));
      after_block(end - begin);
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work, std::ref(parts[i]));
    work(parts[0]);
  }
  for (std::size_t i = 1; i < threads; ++i) parts[0].add(parts[i]);
  return parts[0];
}

/// Every n-th float, in the order of the bit patterns.
struct EveryNthFloat {
  std::uint64_t n;
  std::uint64_t count() const { return ((std::uint64_t(1) << 32) + n - 1) / n; }
  float operator()(std::uint64_t i) const { return std::bit_cast<float>(static_cast<std::uint32_t>(i * n)); }
};

/// An endless sequence of doubles. Even i: evenly spread over all bit patterns, and so over all exponents. Odd i:
/// evenly spread over [-100, 100].
struct SpreadDoubles {
  double operator()(std::uint64_t i) const {
    const std::uint64_t bits = i / 2 * 0x9E3779B97F4A7C15;  // 2^64 / the golden ratio: a Weyl sequence
    if (i % 2 == 0) return std::bit_cast<double>(bits);
    return 200 * (static_cast<double>(bits >> 11) * 0x1p-53) - 100;
  }
};

/// Must value and slope of this activation be within 4 ulp at every argument?
inline bool is_within_four_ulp(std::string_view name) {
  constexpr std::string_view those[] = {"identity", "sigmoid", "tanh", "relu",     "leaky_relu", "relu6",
                                        "elu",      "selu",    "celu", "softplus", "softsign",   "sine"};
  return std::ranges::find(those, name) != std::end(those);
}

/// "gelu (float) slope: got 0 at -10.25, expected -1.2e-23 (largest errors: 8.39e+06 ulp, 1.79 times the bound)"
template <class T>
std::string text(std::string_view function, const Errors<T>& errors, const typename Errors<T>::Worst& worst) {
  const auto [z, got, expected] = worst.sample;
  std::ostringstream text;
  text.precision(std::numeric_limits<T>::max_digits10);
  text << function << ": got " << got << " at " << z << ", expected " << expected;
  text.precision(3);
  text << " (largest errors: " << errors.ulps().amount << " ulp, " << errors.share().amount << " times the bound)";
  return text.str();
}

/// Returns one line for each function whose error is above the bound.
template <class T>
std::vector<std::string> complaints(std::string_view name, const Accuracy<T>& accuracy) {
  std::vector<std::string> lines;
  const auto judge = [&](const char* which, const Errors<T>& errors) {
    const std::string function = std::string(name) + " (" + (sizeof(T) == 4 ? "float" : "double") + ") " + which;
    if (errors.share().amount > 1) lines.push_back(text<T>(function, errors, errors.share()));
    if (is_within_four_ulp(name) && errors.ulps().amount > 4) lines.push_back(text<T>(function, errors, errors.ulps()));
  };
  judge("value", accuracy.value);
  judge("slope", accuracy.slope);
  return lines;
}

}  // namespace gradflow::test
