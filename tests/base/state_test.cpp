#include <gradflow/base/state.hpp>
#include <gradflow/base/state_values.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

enum class Colour { red, green };

/// Has one member of each type that a state can hold.
struct Thing {
  double number = 0.1;
  float small = 0.1f;
  std::size_t count = std::numeric_limits<std::size_t>::max();
  bool yes = true;
  Colour colour = Colour::green;
  std::array<double, 2> pair = {-0.0, std::nan("")};
  std::vector<float> list = {1, 2, 3};
  std::string kind = "a thing";

  void visit_state(StateVisitor& state) {
    const auto scope = state.scope("thing");
    state.same("kind", kind);
    state.number("number", number);
    state.number("small", small);
    state.number("count", count);
    state.number("yes", yes);
    state.number("colour", colour);
    state.numbers("pair", std::span(pair));
    state.list("list", list);
  }
};

State saved(Thing thing = {}) {
  State state;
  StateVisitor saver(state);
  thing.visit_state(saver);
  return state;
}

TEST(State, PutsBackWhatWasWrittenDownToTheBit) {
  const State state = saved();
  Thing thing{0, 0, 0, false, Colour::red, {1, 1}, {}};
  StateVisitor loader(state, "file");
  EXPECT_TRUE(loader.loading());
  thing.visit_state(loader);
  loader.finish();
  EXPECT_EQ(thing.number, 0.1);
  EXPECT_EQ(thing.small, 0.1f);
  EXPECT_EQ(thing.count, std::numeric_limits<std::size_t>::max());
  EXPECT_TRUE(thing.yes);
  EXPECT_EQ(thing.colour, Colour::green);
  EXPECT_TRUE(std::signbit(thing.pair[0]));
  EXPECT_TRUE(std::isnan(thing.pair[1]));
  EXPECT_EQ(thing.list, (std::vector<float>{1, 2, 3}));
}

TEST(State, TellsTwoScopesOfOneNameApart) {
  State state;
  StateVisitor saver(state);
  Thing one, two{.number = 7};
  one.visit_state(saver);
  two.visit_state(saver);
  Thing first, second;
  StateVisitor loader(state, "file");
  first.visit_state(loader);
  second.visit_state(loader);
  loader.finish();
  EXPECT_EQ(first.number, 0.1);
  EXPECT_EQ(second.number, 7);
}

/// Changes the saved state, loads it, and returns the error's message.
std::string complaint(const std::function<void(State&)>& change) {
  State state = saved();
  change(state);
  return message_of<FormatError>([&] {
    Thing thing;
    StateVisitor loader(state, "file");
    thing.visit_state(loader);
    loader.finish();
  });
}

TEST(State, SaysWhatIsNotAsItWas) {
  EXPECT_EQ(complaint([](State& s) { s.insert_or_assign("thing.kind", "another"); }),
            "file: thing.kind: got 'another', expected 'a thing'");
  EXPECT_EQ(complaint([](State& s) { s.erase("thing.yes"); }),
            "file: thing.yes is not saved; the saved run had other observers or options");
  EXPECT_EQ(complaint([](State& s) { s.insert_or_assign("other.x", std::vector<double>{1}); }),
            "file: other.x is saved, but this run does not use it; the saved run had other observers or options");
  EXPECT_EQ(complaint([](State& s) { s.insert_or_assign("thing.pair", std::vector<double>{1}); }),
            "file: thing.pair: got 1 numbers, expected 2");
  EXPECT_EQ(complaint([](State& s) { s.insert_or_assign("thing.number", std::vector<float>{1}); }),
            "file: thing.number: got floats, expected doubles");
  EXPECT_EQ(complaint([](State& s) { s.insert_or_assign("thing.kind", std::vector<float>{1}); }),
            "file: thing.kind: got floats, expected a text");
}

TEST(State, RefusesOneNameTwice) {
  State state;
  StateVisitor saver(state);
  double x = 1;
  saver.number("x", x);
  EXPECT_EQ(message_of<ValueError>([&] { saver.number("x", x); }), "state: names: got 'x' twice, expected once");
}

TEST(State, HandsOverWhatIsToBeDoneBefore) {
  State state;
  StateVisitor saver(state);
  int done = 0;
  saver.before_keeping([&] { ++done; });
  for (const auto& job : saver.take_jobs()) job();
  EXPECT_EQ(done, 1);
  EXPECT_TRUE(saver.take_jobs().empty());
}

}  // namespace
}  // namespace gradflow
