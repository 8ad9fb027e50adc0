// Target: load_idx on gzipped files, also damaged files and decompression bombs. Input:
// - a byte with the number of classes, and a byte with the length of the labels' file;
// - a byte for the number of zeros after the images: 2^k, with k = byte modulo 28 (27: no zeros);
// - two bytes with a position in the compressed images, and a byte that is XORed to the byte there (0: no damage);
// - the labels' file and the images' file, which the target compresses.
#include <array>
#include <map>

#include <zlib.h>

#include "idx.hpp"

namespace gradflow::fuzz {
namespace {

/// Returns a gzip file of the bytes, repeated `times` times.
std::string gzipped(std::string_view bytes, std::size_t times = 1) {
  z_stream stream{};
  require(deflateInit2(&stream, 1, Z_DEFLATED, 16 + 15, 1, Z_DEFAULT_STRATEGY) == Z_OK, "a stream");
  std::string out;
  std::array<char, 4096> buffer;
  const auto deflate_some = [&](int flush) {
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = buffer.size();
      deflate(&stream, flush);
      out.append(buffer.data(), buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  };
  for (; times > 0; --times) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    deflate_some(Z_NO_FLUSH);
  }
  deflate_some(Z_FINISH);
  deflateEnd(&stream);
  return out;
}

/// Returns a gzip file of 2^log2 zeros. It may follow another one: concatenated gzip files form one valid file.
const std::string& gzipped_zeros(unsigned log2) {
  static std::map<unsigned, std::string> made;
  std::string& zeros = made[log2];
  constexpr unsigned page = 16;
  if (zeros.empty())
    zeros = gzipped(std::string(std::size_t(1) << std::min(log2, page), '\0'), std::size_t(1)
                                                                                   << (std::max(log2, page) - page));
  return zeros;
}

}  // namespace
}  // namespace gradflow::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gradflow;
  static const fuzz::MemoryFile images, labels;
  fuzz::Input input(data, size);
  const std::size_t classes = input.byte(), length = input.byte();
  const unsigned zeros = input.byte() % 28;
  const std::size_t high = input.byte(), place = high << 8 | input.byte();
  const std::uint8_t change = input.byte();
  const std::string& labels_path = labels.write(fuzz::gzipped(input.text(length)));
  std::string zipped = fuzz::gzipped(input.rest());
  if (zeros < 27) zipped += fuzz::gzipped_zeros(zeros);
  zipped[place % zipped.size()] = static_cast<char>(zipped[place % zipped.size()] ^ change);
  const fuzz::MemoryLimit limit((std::size_t(256) << 20) + 256 * zipped.size());
  fuzz::load_both(images.write(zipped), labels_path, classes);
  return 0;
}
