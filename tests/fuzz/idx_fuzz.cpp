// Target: load_idx on two uncompressed files. Input: a byte with the number of classes, a byte with the length of the
// labels' file, the labels' file, the images' file.
#include "idx.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gradflow;
  static const fuzz::MemoryFile images, labels;
  fuzz::Input input(data, size);
  const std::size_t classes = input.byte();
  const std::string& labels_path = labels.write(input.text(input.byte()));
  const fuzz::MemoryLimit limit((std::size_t(4) << 20) + 256 * size);
  fuzz::load_both(images.write(input.rest()), labels_path, classes);
  return 0;
}
