#include <gradflow/nn/network.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/nn/dense.hpp>
#include <support/errors.hpp>
#include <support/matrices.hpp>

namespace gradflow {
namespace {

template <class T>
class NetworkTest : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(NetworkTest, Numbers);

template <class T>
Network<T> three_layers() {
  Network<T> network{dense<Tanh, T>(3, 37), dense<Relu, T>(37, 5, {.bias = false}), dense<Identity, T>(5, 2)};
  network.initialize(GlorotUniform{}, 42);
  return network;
}

TYPED_TEST(NetworkTest, EachLayerTakesWhatTheOneBeforeItGives) {
  auto network = three_layers<TypeParam>();
  const auto x = random_matrix<TypeParam>(4, 3, 1);
  network.forward(x);
  for (std::size_t i = 0; i < network.size(); ++i) {
    Trace<TypeParam> alone;
    network.layer(i).forward(std::as_const(network).parameters(i), i == 0 ? x : network.trace(i - 1).a, alone);
    EXPECT_TRUE(same_bits(alone.a, network.trace(i).a));
    EXPECT_TRUE(same_bits(alone.slope, network.trace(i).slope));
  }
}

TYPED_TEST(NetworkTest, PredictIsForwardBitForBitWhateverTheBatch) {
  auto network = three_layers<TypeParam>();
  const auto x = random_matrix<TypeParam>(101, 3, 1);
  const Matrix<TypeParam> whole = network.forward(x);
  EXPECT_TRUE(same_bits(network.predict(x), whole));
  for (std::size_t i = 0; i < rows(x); ++i) {
    auto one = zeros<TypeParam>(1, 3);
    std::copy_n(row(x, i).data(), 3, one.data());
    EXPECT_TRUE(same_bits<TypeParam>(flat(network.predict(one)), row(whole, i))) << i;
  }
}

TYPED_TEST(NetworkTest, PredictMayBeCalledFromSeveralThreads) {
  const auto network = three_layers<TypeParam>();
  const auto x = random_matrix<TypeParam>(64, 3, 1);
  const auto expected = network.predict(x);
  std::vector<int> right(4);
  std::vector<std::thread> threads;
  for (int& count : right)
    threads.emplace_back([&network, &x, &expected, &count] {
      for (int i = 0; i < 50; ++i) count += same_bits(network.predict(x), expected);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(4, 50));
}

TYPED_TEST(NetworkTest, PredictLeavesTheLastPassAsItWas) {
  auto network = three_layers<TypeParam>();
  const Matrix<TypeParam> output = network.forward(random_matrix<TypeParam>(4, 3, 1));
  network.predict(random_matrix<TypeParam>(9, 3, 2));
  EXPECT_TRUE(same_bits(network.trace(2).a, output));
}

TYPED_TEST(NetworkTest, BlocksAndViewsCoverTheFlatBuffersWithoutGaps) {
  auto network = three_layers<TypeParam>();
  const auto& constant = std::as_const(network);
  const std::vector<std::string> names{"weight", "bias", "weight", "weight", "bias"};
  ASSERT_EQ(constant.blocks().size(), names.size());
  std::size_t end = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const PlacedBlock& placed = constant.blocks()[i];
    EXPECT_EQ(placed.block.name, names[i]);
    EXPECT_EQ(placed.block.offset, end);
    EXPECT_EQ(constant.parameters(placed).data(), constant.parameters().data() + end);
    EXPECT_EQ(constant.gradients(placed).data(), constant.gradients().data() + end);
    EXPECT_EQ(constant.parameters(placed).size(), placed.block.rows * placed.block.columns);
    end += placed.block.size();
  }
  EXPECT_EQ(constant.parameters().size(), end);
  EXPECT_EQ(constant.gradients().size(), end);
  EXPECT_EQ(constant.parameters(1).data(), constant.parameters().data() + 3 * 37 + 37);
  EXPECT_EQ(constant.parameters(1).size(), 37u * 5);
  EXPECT_EQ(constant.gradients(2).size(), 5u * 2 + 2);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(constant.parameters().data()) % 64, 0u);
}

TYPED_TEST(NetworkTest, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  auto a = three_layers<TypeParam>(), b = three_layers<TypeParam>();
  EXPECT_TRUE(same_bits<TypeParam>(std::as_const(a).parameters(), std::as_const(b).parameters()));
  b.initialize(GlorotUniform{}, 43);
  EXPECT_FALSE(same_bits<TypeParam>(std::as_const(a).parameters(), std::as_const(b).parameters()));
}

TEST(NetworkTest, AFloatNetworkStartsFromTheRoundedNumbersOfADoubleNetwork) {
  auto in_float = three_layers<float>();
  auto in_double = three_layers<double>();
  for (std::size_t i = 0; i < in_double.parameters().size(); ++i)
    EXPECT_EQ(in_float.parameters()[i], static_cast<float>(in_double.parameters()[i]));
}

TYPED_TEST(NetworkTest, CopiesAreIndependent) {
  auto network = three_layers<TypeParam>();
  const auto x = random_matrix<TypeParam>(4, 3, 1);
  const auto before = network.predict(x);
  Network<TypeParam> copy = network;
  EXPECT_TRUE(same_bits(copy.predict(x), before));
  for (TypeParam& p : copy.parameters()) p = 0;
  copy.forward(random_matrix<TypeParam>(2, 3, 2));
  copy.backward(random_matrix<TypeParam>(2, 3, 2), random_matrix<TypeParam>(2, 2, 3));
  EXPECT_TRUE(same_bits(network.predict(x), before));
  for (const TypeParam g : std::as_const(network).gradients()) EXPECT_EQ(g, 0);
}

TYPED_TEST(NetworkTest, KeepsZWhileAsked) {
  auto network = three_layers<TypeParam>();
  const auto x = random_matrix<TypeParam>(4, 3, 1);
  network.forward(x);
  EXPECT_EQ(network.trace(0).z.size(), 0u);
  network.keep_z(true);
  network.forward(x);
  for (std::size_t i = 0; i < 4 * 37; ++i)
    EXPECT_EQ(value_and_slope(Tanh{}, Lanes<TypeParam>(network.trace(0).z.data()[i])).value.first(),
              network.trace(0).a.data()[i]);
  network.keep_z(false);
  EXPECT_EQ(network.trace(0).z.size(), 0u);
}

TYPED_TEST(NetworkTest, ANewPassLeavesNothingOfTheOneBefore) {
  auto network = three_layers<TypeParam>(), fresh = three_layers<TypeParam>();
  const auto x = random_matrix<TypeParam>(3, 3, 1), delta = random_matrix<TypeParam>(3, 2, 2);
  network.forward(random_matrix<TypeParam>(20, 3, 3));
  network.backward(random_matrix<TypeParam>(20, 3, 3), random_matrix<TypeParam>(20, 2, 4));
  for (auto* n : {&network, &fresh}) {
    n->forward(x);
    n->backward(x, delta);
  }
  EXPECT_TRUE(same_bits<TypeParam>(std::as_const(network).gradients(), std::as_const(fresh).gradients()));
}

TYPED_TEST(NetworkTest, AnIdentityIsNewAfterACopyAndInitialisationAndKeptByAMove) {
  using T = TypeParam;
  std::vector<Network<T>> networks;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 20; ++i) seen.insert(networks.emplace_back(three_layers<T>()).identity());
  for (const Network<T>& network : networks)
    EXPECT_TRUE(seen.contains(network.identity())) << "a move must keep the identity";
  Network<T> copy = networks[0];
  seen.insert(copy.identity());
  copy = networks[1];
  seen.insert(copy.identity());
  copy.initialize(GlorotUniform{}, 1);
  seen.insert(copy.identity());
  EXPECT_EQ(seen.size(), 23u);
  EXPECT_FALSE(seen.contains(0));
  const std::uint64_t before = copy.identity();
  copy.parameters()[0] = 1;
  copy.forward(random_matrix<T>(4, 3, 1));
  const Network<T> moved = std::move(copy);
  EXPECT_EQ(moved.identity(), before);
}

TYPED_TEST(NetworkTest, IsInitialisedOnceItsParametersWereDrawnOrTakenToBeWritten) {
  using T = TypeParam;
  const auto made = [] { return Network<T>{dense<Tanh, T>(3, 2)}; };
  Network<T> read = made(), drawn = made(), written = made();
  const auto x = random_matrix<T>(4, 3, 1);
  read.forward(x);
  read.backward(x, zeros<T>(4, 2));
  EXPECT_EQ(std::as_const(read).parameters(0).size(), 8u);
  EXPECT_FALSE(read.is_initialized());
  EXPECT_FALSE(Network<T>(read).is_initialized());
  drawn.initialize(Zeros{}, 1);
  written.parameters(0)[0] = 1;
  EXPECT_TRUE(drawn.is_initialized() && written.is_initialized());
  EXPECT_TRUE(Network<T>(drawn).is_initialized());
}

TYPED_TEST(NetworkTest, WidthsThatDoNotMeetAreNamedWithBothLayers) {
  using T = TypeParam;
  EXPECT_EQ(message_of<ShapeError>([] {
              Network<T>{dense<Relu, T>(8, 16), dense<Relu, T>(16, 32), dense<Relu, T>(32, 48), dense<Tanh, T>(64, 32)};
            }),
            "layer 3 (dense 64 -> 32, tanh): inputs: got 48 from layer 2 (dense 32 -> 48, relu), expected 64");
  EXPECT_EQ(message_of<ShapeError>([] { Network<T>(std::vector<LayerPtr<T>>{}); }),
            "network: layers: got none, expected at least one");
}

TYPED_TEST(NetworkTest, AnInputOfTheWrongWidthOrWithoutSamplesIsRefused) {
  auto network = three_layers<TypeParam>();
  const std::string expected =
      "layer 0 (dense 3 -> 37, tanh): input: got [5, 4], expected [5, 3], a column for each input of the network";
  const auto wrong = zeros<TypeParam>(5, 4), empty = zeros<TypeParam>(0, 3);
  EXPECT_EQ(message_of<ShapeError>([&] { network.forward(wrong); }), expected);
  EXPECT_EQ(message_of<ShapeError>([&] { network.predict(wrong); }), expected);
  EXPECT_THROW(network.forward(empty), ShapeError);
  EXPECT_THROW(network.predict(empty), ShapeError);
}

TYPED_TEST(NetworkTest, ADeltaOfTheWrongShapeIsRefused) {
  auto network = three_layers<TypeParam>();
  const auto x = random_matrix<TypeParam>(5, 3, 1);
  EXPECT_THROW(network.backward(x, zeros<TypeParam>(5, 2)), ShapeError) << "no forward pass yet";
  network.forward(x);
  EXPECT_EQ(message_of<ShapeError>([&] { network.backward(x, zeros<TypeParam>(5, 3)); }),
            "backward: delta: got [5, 3], expected [5, 2], the shape of the last forward's output");
  EXPECT_THROW(network.backward(x, zeros<TypeParam>(4, 2)), ShapeError);
  EXPECT_THROW(network.backward(zeros<TypeParam>(4, 3), zeros<TypeParam>(5, 2)), ShapeError);
  EXPECT_THROW(network.backward(zeros<TypeParam>(5, 2), zeros<TypeParam>(5, 2)), ShapeError) << "x has the wrong width";
}

}  // namespace
}  // namespace gradflow
