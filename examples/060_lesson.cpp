// The lesson from which gradflow started: activations, and the effect of their slopes on a gradient. Prints sigmoid,
// tanh, relu and leaky relu at the lesson's points, in float, beside the numbers that TensorFlow printed in the lesson.
// `gradflow activations` draws the curves.
#include <cstdio>
#include <vector>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

namespace {

/// The numbers that TensorFlow printed, in float, for ten points from left to right.
struct Table {
  const char* claim;
  std::vector<float> x, y, slope;  ///< slope: empty if the lesson has none
};

const Table sigmoid_table = {
    "The slope is at most 1/4, and almost 0 for large |x|: there the gradient vanishes.",
    {-10, -7.7777777f, -5.5555553f, -3.333333f, -1.1111107f, 1.1111116f, 3.333334f, 5.5555563f, 7.7777786f, 10},
    {4.5418739e-05f, 4.1875243e-04f, 3.8510859e-03f, 3.4445167e-02f, 2.4766389e-01f, 7.5233626e-01f, 9.6555483e-01f,
     9.9614894e-01f, 9.9958128e-01f, 9.9995458e-01f},
    {4.5416677e-05f, 4.1857705e-04f, 3.8362551e-03f, 3.3258699e-02f, 1.8632649e-01f, 1.8632641e-01f, 3.3258699e-02f,
     3.8362255e-03f, 4.1854731e-04f, 4.5416677e-05f}};
const Table tanh_table = {
    "tanh x = 2 sigmoid(2x) - 1 is centred on 0. Its slope is at most 1, and also vanishes for large |x|.",
    {-5, -3.8888888f, -2.7777777f, -1.6666665f, -0.55555534f, 0.5555558f, 1.666667f, 2.7777781f, 3.8888893f, 5},
    {-0.99990916f, -0.9991625f, -0.99229795f, -0.9311096f, -0.5046722f, 0.5046726f, 0.93110967f, 0.99229795f,
     0.9991625f, 0.99990916f},
    {}};
const Table relu_table = {
    "The slope is 0 or 1. A slope of 1 does not shrink the gradient. A unit with x < 0 for all samples gets no "
    "gradient.",
    {-1, -0.7777778f, -0.5555556f, -0.3333333f, -0.1111111f, 0.11111116f, 0.33333337f, 0.5555556f, 0.7777778f, 1},
    {0, 0, 0, 0, 0, 0.11111116f, 0.33333337f, 0.5555556f, 0.7777778f, 1},
    {}};
const Table leaky_relu_table = {
    "For x < 0 the slope is 0.2 (TensorFlow's default), so a unit with x < 0 still gets a gradient.",
    {-1, -0.7777778f, -0.5555556f, -0.3333333f, -0.1111111f, 0.11111116f, 0.33333337f, 0.5555556f, 0.7777778f, 1},
    {-0.2f, -0.15555556f, -0.11111112f, -0.06666666f, -0.02222222f, 0.11111116f, 0.33333337f, 0.5555556f, 0.7777778f,
     1},
    {}};

/// Returns f and f' at x in float, computed as in a network.
template <Activation A>
Dual<Lanes<float>> at(const A& activation, float x) {
  return value_and_slope(activation, Lanes<float>(x));
}

template <Activation A>
void print_lesson(const A& activation, const Table& table) {
  std::printf("\n%s. %s\n%12s %15s %15s %15s%s\n", A::name.data(), table.claim, "x", "lesson f", "f", "f'",
              table.slope.empty() ? "" : "       lesson f'");
  for (std::size_t i = 0; i < table.x.size(); ++i) {
    const auto [value, slope] = at(activation, table.x[i]);
    std::printf("%12.8g %15.8g %15.8g %15.8g", static_cast<double>(table.x[i]), static_cast<double>(table.y[i]),
                static_cast<double>(value.first()), static_cast<double>(slope.first()));
    if (!table.slope.empty()) std::printf(" %15.8g", static_cast<double>(table.slope[i]));
    std::printf("\n");
  }
}

}  // namespace

int main() {
  print_lesson(Sigmoid{}, sigmoid_table);
  print_lesson(Tanh{}, tanh_table);
  print_lesson(Relu{}, relu_table);
  print_lesson(LeakyRelu{}, leaky_relu_table);
}
