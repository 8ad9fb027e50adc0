// Target: SafetensorsFile. Input: the header, up to the end of the line, then the bytes after the header. If the first
// byte is FF, the rest of the input is the whole file.
#include <cstring>

#include <gradflow/base/errors.hpp>
#include <gradflow/io/safetensors.hpp>

#include "fuzz.hpp"

namespace gradflow::fuzz {
namespace {

std::string with_length(const std::string& header, std::string_view numbers) {
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file.append(header).append(numbers);
}

bool alike(const Tensor& a, const Tensor& b) {
  return a.name == b.name && a.type == b.type && a.shape == b.shape && std::ranges::equal(a.bytes, b.bytes);
}

/// Checks that a file that was read, written and read again has the same metadata and tensors.
void check(const SafetensorsFile& file) {
  const std::string path = "written.safetensors";
  write_safetensors(path, file.metadata(), file.tensors());
  const SafetensorsFile again(path);
  require(again.metadata() == file.metadata(), "the metadata");
  require(std::ranges::equal(again.tensors(), file.tensors(), alike), "the tensors");
  std::vector<float> numbers(64);
  for (const Tensor& tensor : file.tensors())
    accepted<FormatError, ShapeError>([&] { file.read<float>(tensor.name, tensor.shape, numbers); });
}

}  // namespace
}  // namespace gradflow::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gradflow;
  static const fuzz::MemoryFile memory;
  fuzz::Input input(data, size);
  const bool as_it_is = size > 0 && data[0] == 0xff;
  std::string content;
  if (as_it_is) {
    content = input.rest().substr(1);
  } else {
    const std::string header = fuzz::expanded(input.line());
    content = fuzz::with_length(header, input.rest());
  }
  const std::string& path = memory.write(content);
  const fuzz::MemoryLimit limit((std::size_t(1) << 20) + 256 * content.size());
  fuzz::accepted<FormatError>([&] { fuzz::check(SafetensorsFile(path)); });
  return 0;
}
