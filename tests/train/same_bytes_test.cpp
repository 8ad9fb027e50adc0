// Results that must be the same to the last bit: with g++ and clang++, in Release and Debug, and in runs side by side.
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/random.hpp>
#include <gradflow/data/batches.hpp>
#include <gradflow/log/memory_sink.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/observers/gradient_norms.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/train/trainer.hpp>
#include <support/matrices.hpp>
#include <support/training.hpp>

namespace gradflow {
namespace {

/// The 64-bit FNV-1a hash (Fowler, Noll & Vo) of the bytes of numbers.
class Digest {
 public:
  template <class Number>
  void add(std::span<const Number> numbers) {
    for (const std::byte b : std::as_bytes(numbers)) hash_ = (hash_ ^ static_cast<std::uint64_t>(b)) * 0x100000001b3;
  }
  template <class Number>
  void add(Number number) {
    add(std::span<const Number>(&number, 1));
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

template <class T>
std::uint64_t digest(std::span<const T> numbers) {
  Digest digest;
  digest.add(numbers);
  return digest.value();
}

TEST(SameBytes, OfTheGenerators) {
  Digest bits, below, uniform, normal, order;
  Rng rng(7, "same bytes");
  for (int i = 0; i < 10000; ++i) bits.add(rng.next());
  for (std::uint64_t n = 1; n < 10000; ++n) below.add(rng.below(n));
  for (int i = 0; i < 10000; ++i) uniform.add(rng.uniform(-3, 5));
  for (int i = 0; i < 10000; ++i) normal.add(rng.normal());
  std::vector<std::size_t> indices(1000);
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i;
  for (int i = 0; i < 10; ++i) {
    rng.shuffle(indices);
    order.add(std::span<const std::size_t>(indices));
  }
  EXPECT_EQ(bits.value(), 0xb55269f680bcd4fe);
  EXPECT_EQ(below.value(), 0x9495fbaa272ede55);
  EXPECT_EQ(uniform.value(), 0xd1c9f0c96ebfbec4);
  EXPECT_EQ(normal.value(), 0x3e0de65193235713);
  EXPECT_EQ(order.value(), 0x663e21c5eaedb72d);
}

template <class T>
std::uint64_t digest_of_weights(const Initializer& initializer) {
  Network<T> network{dense<Sigmoid, T>(30, 50), dense<Relu, T>(50, 40), dense<Selu, T>(40, 40),
                     dense<Softplus, T>(40, 20), dense<Identity, T>(20, 10)};
  network.initialize(initializer, 7);
  return digest(std::as_const(network).parameters());
}

TEST(SameBytes, OfTheFirstWeightsOfEveryInitialiser) {
  struct Digests {
    std::uint64_t as_float, as_double;
  };
  const std::map<std::string_view, Digests> known{{"auto", {0x44cf8190b0029571, 0x5ead814a9c55ab64}},
                                                  {"zeros", {0xa3d87572a514e765, 0x9d54f7061a1c7ba5}},
                                                  {"constant", {0x358d73cf3e310a2d, 0x3b0a9c305e49f9ed}},
                                                  {"standard", {0x95d0c1b996704b27, 0xda99534960eb6c4d}},
                                                  {"glorot_uniform", {0x6d3977ac8325c0df, 0xa61ff1ff7b7c34ef}},
                                                  {"glorot_normal", {0xfdea766b03bc2048, 0xca4921c895591893}},
                                                  {"he_uniform", {0x3bf45c64db4fe76a, 0xd5c090d16ff1062a}},
                                                  {"he_normal", {0x0581cdc33e593ca1, 0x2a7ac6cfbe0c39f7}},
                                                  {"lecun_uniform", {0xe2df698baf39e064, 0xb12aa7d2ca5fca4f}},
                                                  {"lecun_normal", {0x654d34446d8a959f, 0x0d906a17e3f83a0e}},
                                                  {"orthogonal", {0x2ce3a9686e069a52, 0xf3269976065a634b}},
                                                  {"normal", {0x397f7097238b5d4e, 0x18863c3873cf9d38}},
                                                  {"centred", {0xc9f472478726f3c5, 0xc553f3a52d9874eb}}};
  for_each_type(Initializers{}, [&](const auto& initializer) {
    const auto expected = known.find(initializer.name);
    ASSERT_NE(expected, known.end()) << "missing: the expected digests of " << initializer.name;
    EXPECT_EQ(digest_of_weights<float>(initializer), expected->second.as_float) << initializer.name;
    EXPECT_EQ(digest_of_weights<double>(initializer), expected->second.as_double) << initializer.name;
  });
}

TEST(SameBytes, OfTheOrderOfTheBatches) {
  const Dataset<float> samples = numbered_samples<float>(1003);
  Batches batches(samples, {.size = 32, .seed = 7});
  Digest digest;
  for (int epoch = 0; epoch < 5; ++epoch)
    while (const Dataset<float>* batch = batches.next()) digest.add(flat(batch->y));
  EXPECT_EQ(digest.value(), 0x4fd0c595ef845c32);
}

template <class T>
class SameBytesAfterTraining : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(SameBytesAfterTraining, Numbers);

template <class T>
std::uint64_t digest_after_training(std::uint64_t seed) {
  Network<T> network = small_network<T>(seed);
  Adam<T> adam({.learning_rate = 0.01});
  Trainer<T>(network, MeanSquaredError{}, adam, {.epochs = 20, .batch_size = 7, .seed = seed})
      .fit(small_regression<T>(150, seed));
  return digest(std::as_const(network).parameters());
}

TYPED_TEST(SameBytesAfterTraining, WhateverRunsBesideIt) {
  using T = TypeParam;
  const std::uint64_t alone = digest_after_training<T>(1);
  for (int round = 0; round < 3; ++round) {
    std::uint64_t same[3], other[3];
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 3; ++i) {
      threads.emplace_back([&same, i] { same[i] = digest_after_training<T>(1); });
      threads.emplace_back([&other, i] { other[i] = digest_after_training<T>(2 + i); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::uint64_t digest : same) EXPECT_EQ(digest, alone);
    for (const std::uint64_t digest : other) EXPECT_NE(digest, alone);
  }
}

/// Digest of a network that is large enough for several threads to share its products and updates.
template <class T>
std::uint64_t digest_with_threads(std::string_view optimizer_name, std::size_t threads) {
  Network<T> network{dense<Tanh, T>(256, 300), dense<Relu, T>(300, 260), dense<Identity, T>(260, 3)};
  network.initialize(AutoInit{}, 1);
  const Dataset<T> data{random_matrix<T>(700, 256, 1), random_matrix<T>(700, 3, 2), {}, {}};
  const auto optimizer = make_optimizer<T>(optimizer_name);
  MemorySink sink;
  GradientNorms<T> norms(sink, {.every = 1});
  const TrainerOptions options{.epochs = 1, .batch_size = 256, .clip_norm = 1, .threads = threads};
  const History history = Trainer(network, MeanSquaredError{}, *optimizer, options).watch(norms).fit(data, data);
  Digest digest;
  digest.add(std::as_const(network).parameters());
  digest.add(history.epochs.back().validation.loss);
  for (const Record& record : sink.records()) digest.add(record.value);
  return digest.value();
}

TYPED_TEST(SameBytesAfterTraining, WhateverTheNumberOfThreadsThatShareAStep) {
  using T = TypeParam;
  for_each_type(Optimizers{}, [](const auto& rule) {
    const std::uint64_t alone = digest_with_threads<T>(rule.name, 1);
    for (const std::size_t threads : {2u, 2u, 3u})
      EXPECT_EQ(digest_with_threads<T>(rule.name, threads), alone) << rule.name << ", " << threads << " threads";
  });
}

}  // namespace
}  // namespace gradflow
