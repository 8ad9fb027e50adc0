// Measures the peak rate of fused multiply-adds (FMA): independent operations in the widest registers. Prints it as the
// steps per second that the products of a workload would reach at this rate. Always compiled for the processor of the
// build machine, also if gradflow is not.
#include "performance/peers/program.hpp"

namespace {

#if defined(__AVX512F__)
constexpr std::size_t register_bytes = 64;
#elif defined(__AVX__)
constexpr std::size_t register_bytes = 32;
#else
constexpr std::size_t register_bytes = 16;
#endif
using Register = float __attribute__((vector_size(register_bytes)));

// Ten independent chains keep two units with a latency of four or five cycles busy. More than fourteen do not fit into
// the registers of AVX2.
constexpr std::size_t chains = 12;
constexpr double flops_per_round = 2.0 * chains * register_bytes / sizeof(float);

/// The compiler contracts s * factor + addend into one multiply-add: see CMakeLists.txt.
Register multiply_add(std::size_t rounds, Register factor, Register addend) {
  Register sum[chains];
  for (std::size_t i = 0; i < chains; ++i)
    sum[i] = factor + static_cast<float>(i);  // different values, or the compiler would merge the chains
  for (std::size_t r = 0; r < rounds; ++r)
    for (Register& s : sum) s = s * factor + addend;
  for (std::size_t i = 1; i < chains; ++i) sum[0] += sum[i];
  return sum[0];
}

class PeakStep {
 public:
  explicit PeakStep(const performance::Workload& w) : steps_(rounds * flops_per_round / performance::flops(w)) {}

  void operator()() { sum_ = multiply_add(rounds, factor_, factor_); }
  double steps() const { return steps_; }

 private:
  static constexpr std::size_t rounds = 10'000;

  double steps_;
  Register factor_ = Register{} + 0.5F;
  volatile Register sum_ = {};
};

}  // namespace

int main(int argc, char** argv) { return performance::run_program<PeakStep>(argc, argv); }
