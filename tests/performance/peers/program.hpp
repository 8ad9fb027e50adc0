#pragma once
// The command line of all programs that compare.py runs. A program provides a type Step: Step(workload) makes a new
// network and its data, step() runs one step, or step.steps() steps if that function exists.
//   PROGRAM WORKLOAD SECONDS    measures for SECONDS; prints the steps per second, and those of the best part
//   PROGRAM WORKLOAD -          reads lines with SECONDS from standard input, and prints such a line for each
//   PROGRAM WORKLOAD --check    prints the loss and a gradient norm of each of five steps
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "performance/workloads.hpp"

namespace performance {

/// Thrown by a program if its library cannot do a workload.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Rate {
  double steps_per_second = 0, best = 0;
};

/// Returns the processor time of `steps` steps in seconds, summed over all threads of this program.
template <class Step>
double time_of(Step& step, std::size_t steps) {
  const std::clock_t start = std::clock();
  for (std::size_t i = 0; i < steps; ++i) step();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Measures for `seconds`, after a warm-up of three steps. The window is divided into parts, and the clock is read only
/// between parts. The number of steps per part is found first.
template <class Step>
Rate measure(Step& step, double seconds) {
  time_of(step, 3);
  std::size_t part = 1;
  while (time_of(step, part) < seconds / 40) part *= 2;
  double total = 0, best = 1e9;
  std::size_t parts = 0;
  for (; total < seconds; ++parts) {
    const double elapsed = time_of(step, part);
    total += elapsed;
    best = std::min(best, elapsed);
  }
  return {static_cast<double>(parts * part) / total, static_cast<double>(part) / best};
}

template <class Step>
void print_rate(const Workload& workload, double seconds) {
  Step step(workload);
  const Rate rate = measure(step, seconds);
  double steps_per_call = 1;
  if constexpr (requires { step.steps(); }) steps_per_call = step.steps();
  std::cout << rate.steps_per_second * steps_per_call << ' ' << rate.best * steps_per_call << std::endl;
}

/// Prints the loss and the L2 norm of the first layer's dL/dW, for each of five steps. This norm depends on all layers.
template <class Step>
void print_check(const Workload& workload) {
  if constexpr (requires(Step step) { step.loss(); }) {
    Step step(workload);
    for (int i = 0; i < 5; ++i) {
      step();
      std::printf("%.9g %.9g\n", step.loss(), step.first_gradient_norm());
    }
  } else {
    throw Unsupported("products alone have no loss");
  }
}

template <class Step>
void run(const Workload& workload, const std::string& seconds) {
  if (seconds == "--check") {
    print_check<Step>(workload);
  } else if (seconds == "-") {
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) print_rate<Step>(workload, std::stod(line));
  } else {
    print_rate<Step>(workload, std::stod(seconds));
  }
}

/// The body of main(). Returns 0, 1 after an error, 2 for wrong arguments, 3 for a workload that the library cannot do.
template <class Step>
int run_program(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << argv[0] << ": arguments: expected WORKLOAD SECONDS, WORKLOAD - or WORKLOAD --check\n";
    return 2;
  }
  try {
    run<Step>(workload(argv[1]), argv[2]);
    return 0;
  } catch (const Unsupported& reason) {
    std::cerr << argv[0] << ": " << argv[1] << ": " << reason.what() << '\n';
    return 3;
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
  }
}

}  // namespace performance
