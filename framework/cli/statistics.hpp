#pragma once
// A mean over several runs, and how far it can be trusted, as a table shows it.
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

/// For at least two numbers.
double standard_deviation(const std::vector<double>& numbers);

/// Half of the interval that holds the mean with a probability of 95 %, by Student's t; of at least two numbers.
double half_interval(const std::vector<double>& numbers);

/// As format says; in powers of ten where that would show no digit or a great many.
std::string shown(const char* format, double number);

/// Mean and spread of the finite numbers. The mean is NaN if there is none, the spread if there are fewer than two.
struct Estimate {
  double mean = std::numeric_limits<double>::quiet_NaN(), spread = mean;
  std::size_t finite = 0;  ///< this many of them
};
Estimate estimate(const std::vector<double>& numbers, double (*spread)(const std::vector<double>&));

/// " ± ", or " +- " where the terminal does not have that character.
std::string_view plus_minus();

/// "0.953 ± 0.01 (2 of 3)": over the numbers that are finite, for runs that diverged may have none; "-" where none is.
std::string mean_and_spread(const std::vector<double>& numbers, const char* format,
                            double (*spread)(const std::vector<double>&));

/// "healthy", or "2 healthy, 1 vanishing"; "-" of nothing.
std::string tally(const std::vector<std::string_view>& words);
