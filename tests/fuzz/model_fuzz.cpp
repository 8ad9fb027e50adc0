// Target: load_model on files with a valid checksum. Input: lines "key value" for the metadata, a blank line, lines
// "name type size size ..." for the tensors, a blank line, and the bytes of the tensors. Missing bytes are 0.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

#include <zlib.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/io/model.hpp>
#include <gradflow/io/safetensors.hpp>
#include <gradflow/nn/dense.hpp>

#include "fuzz.hpp"

namespace gradflow::fuzz {
namespace {

/// The checksum of save_model(), computed as its documentation describes.
class Checksum {
 public:
  void add(const void* bytes, std::size_t size) {
    const std::uint64_t length = size;
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(&length), sizeof length);
    crc_ = crc32_z(crc_, static_cast<const Bytef*>(bytes), size);
  }
  void add(const std::string& text) { add(text.data(), text.size()); }
  std::string text() const {
    char text[32];
    std::snprintf(text, sizeof text, "crc32 %08lx", crc_);
    return text;
  }

 private:
  unsigned long crc_ = crc32_z(0, nullptr, 0);
};

struct Recipe {
  Metadata metadata;
  std::vector<Tensor> tensors;
  std::vector<std::byte> bytes;  ///< data of all tensors
};

/// Returns nothing if the tensors would be larger than a useful test: more than 4096 bytes each.
std::optional<Recipe> recipe(Input input) {
  constexpr std::size_t most = 1 << 12;
  Recipe recipe;
  for (std::string_view line = input.line(); !line.empty(); line = input.line()) {
    const std::size_t blank = std::min(line.find(' '), line.size() - 1);
    recipe.metadata.emplace(line.substr(0, blank), expanded(line.substr(blank + 1)));
  }
  std::size_t size = 0;
  for (std::string_view line = input.line(); !line.empty(); line = input.line()) {
    Tensor tensor;
    std::istringstream words{std::string(line)};
    words >> tensor.name >> tensor.type;
    tensor.shape.assign(std::istream_iterator<std::size_t>(words), {});
    std::size_t bytes = tensor.type == "F64" ? 8 : 4;
    for (const std::size_t n : tensor.shape)
      if (__builtin_mul_overflow(bytes, n, &bytes) || bytes > most) return std::nullopt;
    size += bytes;
    tensor.bytes = {static_cast<const std::byte*>(nullptr), bytes};
    recipe.tensors.push_back(tensor);
  }
  recipe.bytes.resize(size);
  std::ranges::copy(std::as_bytes(std::span(input.rest().substr(0, size))), recipe.bytes.begin());
  std::size_t begin = 0;
  for (Tensor& tensor : recipe.tensors) {
    tensor.bytes = std::span(recipe.bytes).subspan(begin, tensor.bytes.size());
    begin += tensor.bytes.size();
  }
  return recipe;
}

void add_checksum(Recipe& recipe) {
  Checksum sum;
  recipe.metadata.erase("checksum");
  for (const auto& [key, text] : recipe.metadata) {
    sum.add(key);
    sum.add(text);
  }
  for (const Tensor& tensor : recipe.tensors) {
    sum.add(tensor.name);
    sum.add(tensor.type);
    sum.add(tensor.shape.data(), tensor.shape.size() * sizeof(std::size_t));
    sum.add(tensor.bytes.data(), tensor.bytes.size());
  }
  recipe.metadata["checksum"] = sum.text();
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return std::ranges::equal(std::as_bytes(a), std::as_bytes(b));
}

/// Checks that a loaded model can predict, and that saving and loading it again gives the same model.
template <class T>
void check(const Model<T>& model) {
  const std::string path = "saved.safetensors";
  model.network.predict(zeros<T>(1, model.network.inputs()));
  // A file of version 1 may have classes but no loss, or a loss with parameters that cannot be read. How to read its
  // outputs is then unknown, and it cannot be saved.
  if (!accepted<ValueError, NameError>([&] { save_model(path, model.network, model.info); })) return;
  const std::string saved = content(path);
  const Model<T> again = load_model<T>(path);
  require(same_bits<T>(again.network.parameters(), model.network.parameters()), "the same parameters");
  save_model(path, again.network, again.info);
  require(content(path) == saved, "the same bytes");
}

/// Loads into a network of two layers: it gets the parameters of the file, or keeps its own if the file is refused.
template <class T>
void read_into_network(const std::string& path, const std::optional<Model<T>>& model) {
  Network<T> network{dense<T>("tanh", 2, 3), dense<T>("identity", 3, 1)};
  const bool read = accepted<FormatError>([&] { load_model(path, network); });
  if (read)
    require(model && same_bits<T>(network.parameters(), model->network.parameters()), "one model in both forms");
  if (!read) require(std::ranges::all_of(network.parameters(), [](T x) { return x == 0; }), "an unchanged network");
}

template <class T>
void load(const std::string& path) {
  std::optional<Model<T>> model;
  if (accepted<FormatError>([&] { model = load_model<T>(path); })) check(*model);
  read_into_network<T>(path, model);
}

}  // namespace
}  // namespace gradflow::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gradflow;
  const std::string path = "model.safetensors";
  auto recipe = fuzz::recipe({data, size});
  if (!recipe) return 0;
  fuzz::add_checksum(*recipe);
  const auto write = [&] { write_safetensors(path, recipe->metadata, recipe->tensors); };
  if (!fuzz::accepted<ValueError>(write)) return 0;
  const fuzz::MemoryLimit limit((std::size_t(1) << 20) + 256 * std::filesystem::file_size(path));
  fuzz::load<float>(path);
  fuzz::load<double>(path);
  return 0;
}
