#pragma once
// The quadratic sum c (w - m)^2 / 2, with c and m from the stored arrays.
#include <cstddef>
#include <vector>

#include <reference/arrays.hpp>

namespace gradflow::reference {

template <class T>
struct Quadratic {
  std::vector<double> curvatures, minimum;
  std::vector<T> parameters;

  explicit Quadratic(const Arrays& arrays)
      : curvatures(numbers<double>(arrays["quadratic; curvatures"])),
        minimum(numbers<double>(arrays["quadratic; minimum"])),
        parameters(numbers<T>(arrays["quadratic; start"])) {}

  double loss() const {
    double sum = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i) sum += curvatures[i] * from_minimum(i) * from_minimum(i);
    return sum / 2;
  }
  std::vector<T> gradients() const {
    std::vector<T> g;
    for (std::size_t i = 0; i < parameters.size(); ++i) g.push_back(static_cast<T>(curvatures[i] * from_minimum(i)));
    return g;
  }

 private:
  double from_minimum(std::size_t i) const { return static_cast<double>(parameters[i]) - minimum[i]; }
  template <class N>
  static std::vector<N> numbers(const Matrix<double>& array) {
    return {array.begin(), array.end()};
  }
};

}  // namespace gradflow::reference
