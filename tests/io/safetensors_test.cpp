#include <gradflow/io/safetensors.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/files.hpp>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Returns a file: the length of the header (8 bytes), the header, and `bytes` bytes of tensor data.
std::string with_header(const std::string& header, std::size_t bytes = 0) {
  const std::uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + std::string(bytes, 'x');
}

class Safetensors : public testing::Test {
 protected:
  std::string error_of(const std::string& file) const {
    folder.write("a.safetensors", file);
    const std::string message = message_of<FormatError>([&] { SafetensorsFile{path}; });
    EXPECT_EQ(message.find(path + ": "), 0u) << message;
    return message.substr(std::min(message.size(), path.size() + 2));
  }

  TemporaryFolder folder;
  std::string path = folder.file("a.safetensors");
};

template <class T>
void comes_back(const std::string& path) {
  using Limits = std::numeric_limits<T>;
  const std::vector<T> some{1, T(-0.0), T(0.1), Limits::denorm_min(), Limits::max(), Limits::infinity()}, one{7};
  const Metadata metadata{{"b", "\"quotes\", \n, Größe, \x01"}, {"a", ""}};
  const std::vector<Tensor> tensors{tensor<T>("z", {2, 3}, some), tensor<T>("scalar", {}, one),
                                    tensor<T>("empty", {0, 5}, {}), tensor<T>("layer0.bias", {6}, some)};
  write_safetensors(path, metadata, tensors);
  const SafetensorsFile file(path);
  EXPECT_EQ(file.metadata(), metadata);
  ASSERT_EQ(file.tensors().size(), 4u);
  std::vector<T> numbers(6), number(1), none;
  file.read<T>("z", {2, 3}, numbers);
  EXPECT_EQ(std::memcmp(numbers.data(), some.data(), 6 * sizeof(T)), 0);
  file.read<T>("scalar", {}, number);
  EXPECT_EQ(number, one);
  file.read<T>("empty", {0, 5}, none);
}

TEST_F(Safetensors, ComeBackAsTheyWere) {
  comes_back<float>(path);
  comes_back<double>(path);
}

TEST_F(Safetensors, AreTheBytesOfTheSpecification) {
  const std::vector<float> numbers{1, -2};
  write_safetensors(path, {{"k", "v"}}, std::vector{tensor<float>("t", {2, 1}, numbers)});
  const std::string header = R"({"__metadata__":{"k":"v"},"t":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(content(path), with_header(padded) + std::string("\0\0\x80\x3f\0\0\0\xc0", 8));
}

TEST_F(Safetensors, OfOtherWritersAreRead) {
  const std::string header =
      R"({ "b": {"shape": [1, 2], "data_offsets": [4, 8], "dtype": "F16"},
           "a": {"dtype": "I32", "shape": [], "data_offsets": [0, 4]} }  )";
  const SafetensorsFile file(folder.write("a.safetensors", with_header(header, 8)));
  EXPECT_TRUE(file.metadata().empty());
  ASSERT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(file.tensors()[0].name, "a");
  EXPECT_EQ(file.tensors()[1].type, "F16");
  EXPECT_EQ(SafetensorsFile(folder.write("none.safetensors", with_header("{}"))).tensors().size(), 0u);
}

TEST_F(Safetensors, WhatIsAskedForOtherwiseIsSaid) {
  const std::vector<float> numbers{1, 2};
  write_safetensors(path, {}, std::vector{tensor<float>("t", {2}, numbers)});
  const SafetensorsFile file(path);
  std::vector<float> floats(2), three(3);
  std::vector<double> doubles(2);
  const auto says = [&](const auto& call) { return message_of<FormatError>(call).substr(path.size() + 2); };
  EXPECT_EQ(says([&] { file.read<float>("u", {2}, floats); }), "tensor 'u' is missing");
  EXPECT_EQ(says([&] { file.read<double>("t", {2}, doubles); }), "tensor 't': type: got F32, expected F64");
  EXPECT_EQ(says([&] { file.read<float>("t", {2, 1}, floats); }), "tensor 't': shape: got [2], expected [2, 1]");
  EXPECT_EQ(message_of<ShapeError>([&] { file.read<float>("t", {2}, three); }),
            "tensor 't': numbers: got 3 numbers, expected [2]");
}

TEST_F(Safetensors, ThatCannotBeWrittenAreNot) {
  const std::vector<float> numbers{1, 2};
  EXPECT_EQ(message_of<ShapeError>([&] { tensor<float>("t", {3}, numbers); }),
            "tensor 't': numbers: got 2 numbers, expected [3]");
  const Tensor good = tensor<float>("t", {2}, numbers);
  EXPECT_EQ(message_of<ValueError>([&] {
              write_safetensors(path, {}, std::vector{good, good});
            }),
            "safetensors: tensors: got 't' twice, expected each name once");
  EXPECT_EQ(message_of<ValueError>([&] {
              write_safetensors(path, {{"k", "\xff"}}, {});
            }),
            "safetensors: metadata and names: got bytes that are not UTF-8, expected UTF-8");
  EXPECT_THROW(SafetensorsFile{path}, std::system_error);
  EXPECT_THROW(write_safetensors(folder.file("no/such/folder"), {}, {}), std::system_error);
  EXPECT_EQ(message_of<FormatError>([&] { SafetensorsFile{folder.path()}; }),
            folder.path() + ": got a folder, a pipe or a device, expected a regular file");
}

TEST_F(Safetensors, AreRefusedWhereverTheyEnd) {
  const std::vector<double> numbers{1, 2, 3};
  write_safetensors(path, {{"k", "v"}}, std::vector{tensor<double>("t", {3}, numbers)});
  const std::string whole = content(path);
  for (std::size_t size = 0; size < whole.size(); ++size) error_of(whole.substr(0, size));
  EXPECT_EQ(error_of(whole + "!"),
            "end of the file: got byte 25 after the header, expected 24; tensors must not overlap or leave gaps");
}

struct Damaged {
  const char* header;
  const char* message;
};

/// Each header is followed by 8 bytes of tensor data.
constexpr Damaged damaged[] = {
    {"", "header: got a text that does not begin with '{', expected a JSON object"},
    {"[]", "header: got a text that does not begin with '{', expected a JSON object"},
    {" {}", "header: got a text that does not begin with '{', expected a JSON object"},
    {"{", "header: got invalid JSON at byte 2, expected a JSON object"},
    {"{}}", "header: got invalid JSON at byte 3, expected a JSON object"},
    {"{'t': 1}", "header: got invalid JSON at byte 2, expected a JSON object"},
    {R"({"t": NaN})", "header: got invalid JSON at byte 7, expected a JSON object"},
    {R"({"__metadata__": {"k": NaN}})", "header: got invalid JSON at byte 24, expected a JSON object"},
    {"{\"\xff\": 1}", "header: got invalid JSON at byte 3, expected a JSON object"},
    {R"({"t": 1e999})", "header: got a number that is too large, expected a JSON object"},
    {R"({"a\nb": 1})", "tensor 'a?b': got 1, expected an object with dtype, shape and data_offsets"},
    {R"({"t": [[[[[[[[1]]]]]]]]})", "header: got JSON nested deeper than 8 levels, expected a JSON object"},
    {R"({"t": 1, "t": 2})", "header: got 't' twice, expected each name once"},
    {R"({"__metadata__": {"k": "a", "k": "b"}})", "header: got 'k' twice, expected each name once"},
    {R"({"t": {"dtype": "F32", "dtype": "F64"}})", "header: got 'dtype' twice, expected each name once"},
    {R"({"__metadata__": []})", "__metadata__: got [], expected a JSON object whose values are texts"},
    {R"({"__metadata__": {"k": 1}})", "__metadata__: 'k': got 1, expected a text"},
    {R"({"__metadata__": {"k": null}})", "__metadata__: 'k': got null, expected a text"},
    {"{}", "end of the file: got byte 8 after the header, expected 0; tensors must not overlap or leave gaps"},
    {R"({"t": 1})", "tensor 't': got 1, expected an object with dtype, shape and data_offsets"},
    {R"({"t": []})", "tensor 't': got [], expected an object with dtype, shape and data_offsets"},
    {R"({"t": {"dtype": "F32", "shape": [2]}})",
     R"(tensor 't': got {"dtype":"F32","shape":[2]}, expected an object with dtype, shape and data_offsets)"},
    {R"({"t": {"dtype": "F32", "data_offsets": [0, 8]}})",
     R"(tensor 't': got {"data_offsets":[0,8],"dtype":"F32"}, expected an object with dtype, shape and data_offsets)"},
    {R"({"t": {"shape": [2], "data_offsets": [0, 8]}})",
     R"(tensor 't': got {"data_offsets":[0,8],"shape":[2]}, expected an object with dtype, shape and data_offsets)"},
    {R"({"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], "x": 1}})",
     R"(tensor 't': got {"data_offsets":[0,8],"dtype":"F32","shape":[2],"x":1}, expected an object with dtype, shape and data_offsets)"},
    {R"({"t": {"dtype": "F33", "shape": [2], "data_offsets": [0, 8]}})",
     R"(tensor 't': dtype: got "F33", expected a type of the safetensors format, such as F32)"},
    {R"({"t": {"dtype": 32, "shape": [2], "data_offsets": [0, 8]}})",
     "tensor 't': dtype: got 32, expected a type of the safetensors format, such as F32"},
    {R"({"t": {"dtype": null, "shape": [2], "data_offsets": [0, 8]}})",
     "tensor 't': dtype: got null, expected a type of the safetensors format, such as F32"},
    {R"({"t": {"dtype": "F32", "shape": 2, "data_offsets": [0, 8]}})",
     "tensor 't': shape: got 2, expected a list of whole numbers"},
    {R"({"t": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}})",
     "tensor 't': shape: got [-2], expected a list of whole numbers"},
    {R"({"t": {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}})",
     "tensor 't': shape: got [2.0], expected a list of whole numbers"},
    {R"({"t": {"dtype": "F32", "shape": ["2"], "data_offsets": [0, 8]}})",
     R"(tensor 't': shape: got ["2"], expected a list of whole numbers)"},
    {R"({"t": {"dtype": "F32", "shape": [1e3], "data_offsets": [0, 8]}})",
     "tensor 't': shape: got [1000.0], expected a list of whole numbers"},
    {R"({"t": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}})",
     "tensor 't': data_offsets: got 8 bytes, expected 12 for F32 [3]"},
    {R"({"t": {"dtype": "F64", "shape": [2], "data_offsets": [0, 8]}})",
     "tensor 't': data_offsets: got 8 bytes, expected 16 for F64 [2]"},
    {R"({"t": {"dtype": "F32", "shape": [1000000, 1000000], "data_offsets": [0, 8]}})",
     "tensor 't': data_offsets: got 8 bytes, expected 4000000000000 for F32 [1000000, 1000000]"},
    {R"({"t": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 8]}})",
     "tensor 't': data_offsets: got 8 bytes, expected more than a file can hold for F32 [4294967296, 4294967296]"},
    {R"({"t": {"dtype": "F32", "shape": [4611686018427387906], "data_offsets": [0, 8]}})",
     "tensor 't': data_offsets: got 8 bytes, expected more than a file can hold for F32 [4611686018427387906]"},
    {R"({"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 12]}})",
     "tensor 't': data_offsets: got [0,12], expected begin and end, within the 8 bytes after the header"},
    {R"({"t": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}})",
     "tensor 't': data_offsets: got [8,0], expected begin and end, within the 8 bytes after the header"},
    {R"({"t": {"dtype": "F32", "shape": [2], "data_offsets": [0]}})",
     "tensor 't': data_offsets: got [0], expected begin and end, within the 8 bytes after the header"},
    {R"({"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4, 8]}})",
     "tensor 't': data_offsets: got [0,4,8], expected begin and end, within the 8 bytes after the header"},
    {R"({"t": {"dtype": "F32", "shape": [2], "data_offsets": "0, 8"}})",
     R"(tensor 't': data_offsets: got "0, 8", expected a list of whole numbers)"},
    {R"({"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 18446744073709551616]}})",
     "tensor 't': data_offsets: got [0,1.8446744073709552e+19], expected a list of whole numbers"},
    {R"({"t": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}})",
     "tensor 't': begin: got byte 4 after the header, expected 0; tensors must not overlap or leave gaps"},
    {R"({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}})",
     "tensor 'b': begin: got byte 4 after the header, expected 8; tensors must not overlap or leave gaps"},
    {R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "b": {"dtype": "U8", "shape": [2], "data_offsets": [6, 8]}})",
     "tensor 'b': begin: got byte 6 after the header, expected 4; tensors must not overlap or leave gaps"},
    {R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})",
     "tensor 'b': begin: got byte 0 after the header, expected 4; tensors must not overlap or leave gaps"},
    {R"({"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})",
     "end of the file: got byte 8 after the header, expected 4; tensors must not overlap or leave gaps"},
};

TEST_F(Safetensors, ThatAreDamagedAreRefusedWithPlaceGotAndExpected) {
  for (const auto& [header, message] : damaged) EXPECT_EQ(error_of(with_header(header, 8)), message) << header;
  EXPECT_GE(std::size(damaged), 40u);
  EXPECT_EQ(error_of(with_header(std::string("{}\0", 3))), "header: got a NUL byte, expected a JSON object");
}

TEST_F(Safetensors, HeadersOfAnyLengthTakeNoMoreMemoryThanTheFileHas) {
  const std::string most =
      "length of the header: got 18446744073709551615, expected at most 2; is it a safetensors file?";
  EXPECT_EQ(error_of(std::string(8, '\xff') + "{}"), most);
  EXPECT_EQ(error_of(with_header("{}").substr(0, 9)),
            "length of the header: got 2, expected at most 1; is it a safetensors file?");
  EXPECT_EQ(error_of("1234567"), "got 7 bytes, expected a safetensors file, which has at least 8");
  EXPECT_EQ(error_of(with_header("{" + std::string(200'000, '['))).find("header: got invalid JSON"), 0u);
}

/// Recursive code that parses, prints or destroys such nested JSON would overflow the stack.
TEST_F(Safetensors, HeadersOfAnyDepthTakeNoMoreStack) {
  const std::string nested = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(error_of(with_header("{\"t\":" + nested + "}")),
            "header: got JSON nested deeper than 8 levels, expected a JSON object");
}

TEST_F(Safetensors, TensorsOfAnyNumberTakeNoLong) {
  std::vector<Tensor> tensors;
  std::string header = "{";
  for (std::size_t i = 0; i < 100'000; ++i)
    header += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  const SafetensorsFile file(folder.write("many.safetensors", with_header(header + "}")));
  ASSERT_EQ(file.tensors().size(), 100'000u);
  EXPECT_EQ(file.tensors()[2].name, "t2");  // empty tensors stay in the order of the file
  for (const Tensor& tensor : file.tensors())
    EXPECT_THROW(file.read<float>(tensor.name, {0}, {}), FormatError);  // the tensor has type U8
}

}  // namespace
}  // namespace gradflow
