#include <gradflow/data/idx.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <system_error>

#include <zlib.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/text.hpp>

namespace gradflow {
namespace {

std::string header(std::initializer_list<std::uint32_t> words) {
  std::string bytes;
  for (const std::uint32_t word : words)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(word >> shift & 0xff);
  return bytes;
}

std::string zipped(const TemporaryFolder& folder, const std::string& content) {
  const std::string path = folder.file("zipped");
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  return text_of_file(path);
}

/// Three images of 2 x 2 pixels.
const std::string good_images =
    header({0x803, 3, 2, 2}) + std::string("\x00\x33\x66\x99\xcc\xff\x01\x02\x03\x04\x05\x06", 12);
const std::string good_labels = header({0x801, 3}) + std::string("\x09\x00\x05", 3);

template <class T>
class IdxOf : public testing::Test {
 protected:
  Dataset<T> load(const std::string& images, const std::string& labels, const IdxOptions& options = {}) {
    return load_idx<T>(folder_.write("images", images), folder_.write("labels", labels), options);
  }

  /// Returns the error's message, with file names instead of paths.
  std::string error(const std::string& images, const std::string& labels, const IdxOptions& options = {}) {
    std::string message = message_of<FormatError>([&] { load(images, labels, options); });
    const std::string path = folder_.path() + "/";
    for (auto at = message.find(path); at != message.npos; at = message.find(path)) message.erase(at, path.size());
    return message;
  }

  TemporaryFolder folder_;
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(IdxOf, Numbers);

TYPED_TEST(IdxOf, ReadsPlainAndZippedFilesAlike) {
  for (const bool zip : {false, true}) {
    const auto data = zip ? this->load(zipped(this->folder_, good_images), zipped(this->folder_, good_labels))
                          : this->load(good_images, good_labels);
    ASSERT_EQ(samples(data), 3u);
    ASSERT_EQ(features(data), 4u);
    EXPECT_EQ(data.x(0, 0), 0);
    EXPECT_EQ(data.x(0, 1), TypeParam(51) / 255);
    EXPECT_EQ(data.x(1, 1), 1);
    EXPECT_EQ(data.x(2, 3), TypeParam(6) / 255);
    EXPECT_EQ(data.y(0, 0), 9);
    EXPECT_EQ(data.y(2, 0), 5);
    EXPECT_EQ(data.feature_names, (std::vector<std::string>{"p0_0", "p0_1", "p1_0", "p1_1"}));
    EXPECT_EQ(data.class_names[9], "9");
  }
}

TYPED_TEST(IdxOf, TakesTheNamesOfTheClasses) {
  const auto labels = header({0x801, 3}) + std::string("\x01\x00\x01", 3);
  EXPECT_EQ(this->load(good_images, labels, {.class_names = {"cat", "dog"}}).class_names[1], "dog");
  EXPECT_EQ(this->error(good_images, good_labels, {.class_names = {"cat", "dog"}}),
            "labels: label of image 0: got 9, expected less than 2; class_names needs a name for each label");
}

TYPED_TEST(IdxOf, RefusesWhatIsNotImagesAndLabels) {
  EXPECT_EQ(
      this->error(good_images, good_images),
      "labels: magic number: got 0x00000803, expected 0x00000801; this file has images. Are the two files swapped?");
  EXPECT_EQ(
      this->error(good_labels, good_labels),
      "images: magic number: got 0x00000801, expected 0x00000803; this file has labels. Are the two files swapped?");
  EXPECT_EQ(
      this->error(header({0xD03, 3, 2, 2}), good_labels),
      "images: magic number: got 0x00000D03, expected 0x00000803; the elements of this file are not unsigned bytes");
  EXPECT_EQ(this->error(header({0x802, 3, 4}), good_labels),
            "images: magic number: got 0x00000802, expected 0x00000803; this file has 2 dimensions");
  EXPECT_EQ(this->error("P5 28 28", good_labels),
            "images: magic number: got 0x50352032, expected 0x00000803; is this an IDX file?");
  EXPECT_EQ(this->error(header({0x803, 4, 2, 2}) + std::string(16, 'x'), good_labels),
            "images: images: got 4, expected 3, the number of labels in labels");
}

TYPED_TEST(IdxOf, RefusesFilesThatAreTooShortOrTooLong) {
  EXPECT_EQ(this->error(good_images.substr(0, 20), good_labels),
            "images: bytes after the header: got 4, expected 12; the file is cut off");
  EXPECT_EQ(this->error(good_images + "x", good_labels),
            "images: bytes after the header: got more than 12, expected 12");
  EXPECT_EQ(this->error(good_images, good_labels.substr(0, 6)), "labels: header: got 6 bytes, expected 8");
  EXPECT_EQ(this->error("", good_labels), "images: header: got 0 bytes, expected 16");
  EXPECT_EQ(this->error(header({0x803, 0, 2, 2}), good_labels), "images: dimension 0: got 0, expected at least 1");
}

TYPED_TEST(IdxOf, RefusesHeadersThatPromiseMoreThanTheFileHasWithoutTakingTheMemory) {
  EXPECT_EQ(this->error(header({0x803, 0xffffffff, 0x4000, 0x40}) + "few", good_labels),
            "images: bytes after the header: got 3, expected 4503599626321920; the file is cut off");
  EXPECT_EQ(this->error(header({0x803, 0xffffffff, 0xffffffff, 0xffffffff}) + "few", good_labels),
            "images: dimension 1: got 4294967295, expected fewer elements than memory can hold");
}

TYPED_TEST(IdxOf, RefusesBombsWithoutTakingTheMemory) {
  const std::size_t side = 1 << 12;  // side x side bytes are 16 MiB
  const std::string bomb = zipped(this->folder_, header({0x803, 1, side, side}) + std::string(side * side, '\0'));
  const std::string label = header({0x801, 1}) + std::string(1, '\0');
  EXPECT_EQ(this->error(bomb, label),
            "images: the header announces 16777216 bytes, but at most 4194288 are unpacked from a gzipped file of this "
            "size; if you trust the file, unpack it with gunzip");
  const std::string promise = zipped(this->folder_, header({0x803, 1, side * side, side}) + "few");
  EXPECT_NE(this->error(promise, label).find("but at most 4194288 are unpacked from a gzipped file"),
            std::string::npos);
  // A large file of zeros is accepted if it is not compressed. A small one is accepted at any compression ratio.
  const std::string large = header({0x803, 1 << 13, 1 << 9, 2}) + std::string(1 << 23, '\0'),
                    small = header({0x803, 1 << 13, 1 << 8, 1}) + std::string(1 << 21, '\0'),
                    labels = header({0x801, 1 << 13}) + std::string(1 << 13, '\1');
  EXPECT_EQ(features(this->load(large, labels)), 1u << 10);
  EXPECT_EQ(features(this->load(zipped(this->folder_, small), zipped(this->folder_, labels))), 1u << 8);
}

TYPED_TEST(IdxOf, RefusesDamagedCompression) {
  const std::string images = zipped(this->folder_, good_images);
  for (std::size_t size = 3; size < images.size(); ++size)
    EXPECT_TRUE(this->error(images.substr(0, size), good_labels).starts_with("images: ")) << size;
  EXPECT_EQ(this->error(images.substr(0, images.size() - 4), good_labels),
            "images: got compressed data that ends too early, expected a complete gzip file");
  std::string damaged = images;
  damaged[images.size() - 6] ^= 1;
  EXPECT_EQ(this->error(damaged, good_labels), "images: got damaged compressed data, expected an intact gzip file");
}

TYPED_TEST(IdxOf, SurvivesRandomBytes) {
  Rng rng(3);
  for (int round = 0; round < 100; ++round) {
    std::string images = good_images, labels = good_labels;
    images[rng.below(images.size())] = static_cast<char>(rng.below(256));
    labels[rng.below(labels.size())] = static_cast<char>(rng.below(256));
    try {
      require_finite(this->load(images, labels), "random bytes");
    } catch (const FormatError&) {
    }
  }
}

TYPED_TEST(IdxOf, SaysWhatTheSystemSaid) {
  const std::string absent = this->folder_.file("absent");
  EXPECT_EQ(message_of<std::system_error>([&] { load_idx<TypeParam>(absent, absent); }),
            absent + ": cannot read: No such file or directory");
  EXPECT_EQ(message_of<std::system_error>([&] { load_idx<TypeParam>(this->folder_.path(), this->folder_.path()); }),
            this->folder_.path() + ": cannot read: Is a directory");
}

}  // namespace
}  // namespace gradflow
