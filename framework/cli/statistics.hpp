#pragma once
// Mean and spread over several runs, and their text in tables.
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

/// Returns the standard deviation of a sample (divisor n - 1) of at least two numbers.
double standard_deviation(const std::vector<double>& numbers);

/// Returns half the width of the 95 % confidence interval of the mean, by Student's t. Needs at least two numbers.
double half_interval(const std::vector<double>& numbers);

/// Returns the number in this format, or in scientific notation below 1e-4 and from 1e6 on.
std::string shown(const char* format, double number);

/// Mean and spread of the finite numbers. The mean is NaN if no number is finite, the spread is NaN if fewer than two
/// are finite.
struct Estimate {
  double mean = std::numeric_limits<double>::quiet_NaN(), spread = mean;
  std::size_t finite = 0;  ///< how many numbers are finite
};
Estimate estimate(const std::vector<double>& numbers, double (*spread)(const std::vector<double>&));

/// Returns " ± ", or " +- " if the terminal's locale is not UTF-8.
std::string_view plus_minus();

/// Returns mean and spread of the finite numbers as text: "0.953 ± 0.01 (2 of 3)". "(2 of 3)" is added if some numbers
/// are not finite, as after a divergence. Returns "-" if no number is finite.
std::string mean_and_spread(const std::vector<double>& numbers, const char* format,
                            double (*spread)(const std::vector<double>&));

/// Counts equal words: "healthy" if all are the same, else "2 healthy, 1 vanishing". Returns "-" if there are no words.
std::string tally(const std::vector<std::string_view>& words);
