// Target: the texts of a command line. Input: a byte (modulo 8: the kind of text), then the text. The kinds are a list,
// a whole number, and policies "name(key=number, ...)" of several families.
#include <array>
#include <cmath>
#include <string>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/data/toy.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/initializers.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/schedules.hpp>

#include <cli/whole_number.hpp>

#include "fuzz.hpp"

namespace gradflow::fuzz {
namespace {

template <class Call>
bool understood(Call&& call) {
  return accepted<NameError, ValueError>(call);
}

void check_list(const std::string& text) {
  const auto items = split_list(text);
  std::string joined;
  for (std::size_t i = 0; i < items.size(); ++i) joined += (i == 0 ? "" : ",") + std::string(items[i]);
  require(split_list(joined) == items, "a list that reads back");
}

void check_whole(const std::string& text) {
  std::size_t number = 0;
  if (!understood([&] { number = to_whole("--depth", text, 1); })) return;
  require(number >= 1 && to_whole({}, std::to_string(number), 1) == number, "a number that reads back");
}

/// Checks that the text of describe() makes the same policy.
template <class Make>
void check_policy(const std::string& text, const Make& make) {
  std::string description;
  if (understood([&] { description = make(text); })) require(make(description) == description, description);
}

std::string activation(const std::string& text) {
  const auto layer = dense<double>(text, 2, 3);
  for (const double z : {-1e3, -1.0, 0.0, 0.5, 1e3})
    for (const auto& f : {layer->activation()->value, layer->activation()->slope, layer->activation()->curvature}) f(z);
  return layer->activation()->name;
}

std::string optimizer(const std::string& text) {
  const auto optimizer = make_optimizer<double>(text);
  std::array<double, 3> parameters{1, 0, -2};
  const std::array<double, 3> gradients{0.5, 0, -1e-3};
  for (int i = 0; i < 3; ++i) optimizer->step(parameters, gradients);
  return optimizer->describe();
}

std::string schedule(const std::string& text) {
  const auto schedule = make_schedule(text);
  for (std::size_t step = 0; step < 10; ++step) {
    const double factor =
        schedule->factor({.step = step, .total_steps = 8, .epoch = step / 2, .validation_loss = double(step)});
    require(factor >= 0 && factor <= 1, "a factor in [0, 1]");
  }
  return schedule->describe();
}

std::string loss(const std::string& text) {
  const auto loss = make_loss<double>(text);
  const Matrix<double> output = zeros<double>(1, 2);
  Matrix<double> target = zeros<double>(1, 2), delta;
  target(0, 1) = 1;
  loss->evaluate(output, target, delta);
  return loss->describe();
}

std::string initializer(const std::string& text) {
  const auto initializer = make_initializer(text);
  std::array<double, 6> weight;
  std::array<double, 2> bias;
  Rng rng(1);
  initializer->fill(weight, bias, {3, 2}, rng);
  return initializer->describe();
}

void check_toy(const std::string& text) {
  Dataset<double> data;
  if (understood([&] { data = make_toy<double>(text, {.samples = 20}); })) require_finite(data, "toy");
}

}  // namespace
}  // namespace gradflow::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gradflow::fuzz;
  Input input(data, size);
  const unsigned family = input.byte() % 8;
  const std::string text = expanded(input.rest());
  const MemoryLimit limit((std::size_t(1) << 20) + 256 * text.size());
  if (family == 0) check_list(text);
  if (family == 1) check_whole(text);
  if (family == 2 && !gradflow::Formula::is_meant(text)) check_policy(text, activation);  // formulas: formula_fuzz.cpp
  if (family == 3) check_policy(text, optimizer);
  if (family == 4) check_policy(text, schedule);
  if (family == 5) check_policy(text, loss);
  if (family == 6) check_policy(text, initializer);
  if (family == 7) check_toy(text);
  return 0;
}
