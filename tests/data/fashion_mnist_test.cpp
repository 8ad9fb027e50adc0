#include <gradflow/data/fashion_mnist.hpp>

#include <algorithm>
#include <string>
#include <system_error>

#include <support/errors.hpp>
#include <support/files.hpp>

namespace gradflow {
namespace {

/// Returns an IDX file: a header of big-endian words, and `size` bytes, all equal to `content`.
std::string idx(std::initializer_list<unsigned char> header, std::size_t size, char content) {
  return std::string(header.begin(), header.end()) + std::string(size, content);
}

TEST(FashionMnist, IsReadFromTheFilesOfAFolder) {
  const TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", idx({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3}, 18, '\xff'));
  folder.write("train-labels-idx1-ubyte", idx({0, 0, 8, 1, 0, 0, 0, 2}, 2, 9));
  folder.write("t10k-images-idx3-ubyte", idx({0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 3}, 9, 0));
  folder.write("t10k-labels-idx1-ubyte", idx({0, 0, 8, 1, 0, 0, 0, 1}, 1, 0));
  const auto [train, test] = load_fashion_mnist<double>(folder.path());
  EXPECT_EQ(samples(train), 2u);
  EXPECT_EQ(samples(test), 1u);
  EXPECT_EQ(train.x(1, 8), 1);
  EXPECT_EQ(train.class_names.at(static_cast<std::size_t>(train.y(0, 0))), "Ankle boot");
  EXPECT_EQ(test.class_names.at(static_cast<std::size_t>(test.y(0, 0))), "T-shirt/top");
}

TEST(FashionMnist, NamesThePackageWhereItIsMissing) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of<std::system_error>([&] { load_fashion_mnist(folder.file("nowhere")); }),
            folder.file("nowhere") +
                "/train-images-idx3-ubyte.gz: cannot read; Fashion-MNIST is in Debian's package dataset-fashion-mnist "
                "(apt-get install dataset-fashion-mnist): No such file or directory");
}

TEST(FashionMnist, HasTheSizesOfThePaper) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist"))
    GTEST_SKIP() << "Debian's package dataset-fashion-mnist is not installed";
  const auto [train, test] = load_fashion_mnist();
  EXPECT_EQ(samples(train), 60000u);
  EXPECT_EQ(samples(test), 10000u);
  EXPECT_EQ(features(train), 784u);
  for (int c = 0; c < 10; ++c) {
    EXPECT_EQ(std::ranges::count(flat(train.y), static_cast<float>(c)), 6000);
    EXPECT_EQ(std::ranges::count(flat(test.y), static_cast<float>(c)), 1000);
  }
  EXPECT_EQ(*std::ranges::max_element(flat(train.x)), 1);
  EXPECT_EQ(*std::ranges::min_element(flat(train.x)), 0);
}

}  // namespace
}  // namespace gradflow
