#include <gradflow/io/safetensors.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>
#include <gradflow/io/json_fault.hpp>

namespace gradflow {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "gradflow needs a little-endian processor: the numbers of a safetensors file are little-endian");

constexpr const char* metadata_key = "__metadata__";
constexpr std::size_t length_bytes = 8, longest_header = 100'000'000;  // other readers have the same limit

template <class T>
constexpr const char* type_name = std::is_integral_v<T> ? "U64"
                                  : sizeof(T) == 4      ? "F32"
                                                        : "F64";

/// Returns the size of one number of this type in bytes; empty if the format has no such type.
std::optional<std::size_t> size_of_type(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 15> sizes{{{"BOOL", 1},
                                                                            {"U8", 1},
                                                                            {"I8", 1},
                                                                            {"F8_E5M2", 1},
                                                                            {"F8_E4M3", 1},
                                                                            {"I16", 2},
                                                                            {"U16", 2},
                                                                            {"F16", 2},
                                                                            {"BF16", 2},
                                                                            {"I32", 4},
                                                                            {"U32", 4},
                                                                            {"F32", 4},
                                                                            {"F64", 8},
                                                                            {"I64", 8},
                                                                            {"U64", 8}}};
  const auto found = std::ranges::find(sizes, type, [](const auto& size) { return size.first; });
  return found == sizes.end() ? std::nullopt : std::optional(found->second);
}

/// Returns factor times all sizes of the shape; empty if the product overflows std::size_t.
std::optional<std::size_t> product(const std::vector<std::size_t>& shape, std::size_t factor) {
  for (const std::size_t size : shape)
    if (__builtin_mul_overflow(factor, size, &factor)) return std::nullopt;
  return factor;
}

std::string shape_of(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

/// Returns the value as text for error messages, shortened to 60 bytes and with bytes that are not UTF-8 replaced.
std::string shown(const Json& value) {
  constexpr std::size_t longest = 60;
  return shortened(value.dump(-1, ' ', true, Json::error_handler_t::replace), longest);
}

/// Parses and checks the header.
class HeaderParser {
 public:
  /// data: the bytes after the header
  HeaderParser(const std::string& path, std::span<const std::byte> data) : path_(path), data_(data) {}

  std::pair<Metadata, std::vector<Tensor>> parse(const std::string& text) const {
    std::vector<std::string> names;
    const Json header = json(text, names);
    Metadata metadata;
    std::vector<Tensor> tensors;
    for (const std::string& name : names)
      if (name == metadata_key)
        metadata = read_metadata(header.at(name));
      else
        tensors.push_back(read_tensor(name, header.at(name)));
    std::ranges::stable_sort(tensors, {}, [](const Tensor& t) { return std::pair(t.bytes.data(), t.bytes.size()); });
    check_without_gaps(tensors);
    return {std::move(metadata), std::move(tensors)};
  }

 private:
  [[noreturn]] void fail(std::string what, std::string got, std::string expected, std::string hint = {}) const {
    throw FormatError({path_, std::move(what), std::move(got), std::move(expected), std::move(hint)});
  }

  /// Returns the header as JSON, and adds the names of its members to `names`, in their order in the file.
  Json json(const std::string& text, std::vector<std::string>& names) const {
    constexpr std::size_t deepest = 8;  // valid headers need 3; later checks describe a deeper header better
    if (!text.starts_with('{')) fail("header", "a text that does not begin with '{'", "a JSON object");
    if (text.find('\0') != text.npos) fail("header", "a NUL byte", "a JSON object");  // the parser would stop there
    const std::string fault = detail::json_fault(text, deepest, &names);
    if (!fault.empty()) fail("header", fault, fault.ends_with("twice") ? "each name once" : "a JSON object");
    return Json::parse(text);
  }

  Metadata read_metadata(const Json& value) const {
    if (!value.is_object()) fail(metadata_key, shown(value), "a JSON object whose values are texts");
    Metadata metadata;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(std::string(metadata_key) + ": " + in_quotes(key), shown(text), "a text");
      metadata.emplace(key, text.get<std::string>());
    }
    return metadata;
  }

  Tensor read_tensor(const std::string& name, const Json& value) const {
    const std::string where = "tensor " + in_quotes(name);
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets"))
      fail(where, shown(value), "an object with dtype, shape and data_offsets");
    Tensor tensor{name, {}, whole_numbers(where + ": shape", value["shape"]), {}};
    const auto size = value["dtype"].is_string() ? size_of_type(value["dtype"].get<std::string>()) : std::nullopt;
    if (!size) fail(where + ": dtype", shown(value["dtype"]), "a type of the safetensors format, such as F32");
    tensor.type = value["dtype"].get<std::string>();
    const auto offsets = whole_numbers(where + ": data_offsets", value["data_offsets"]);
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_.size())
      fail(where + ": data_offsets", shown(value["data_offsets"]),
           "begin and end, within the " + std::to_string(data_.size()) + " bytes after the header");
    const auto bytes = product(tensor.shape, *size);
    if (bytes != offsets[1] - offsets[0])
      fail(where + ": data_offsets", std::to_string(offsets[1] - offsets[0]) + " bytes",
           (bytes ? std::to_string(*bytes) : "more than a file can hold") + " for " + tensor.type + " " +
               shape_of(tensor.shape));
    tensor.bytes = data_.subspan(offsets[0], *bytes);
    return tensor;
  }

  std::vector<std::size_t> whole_numbers(const std::string& where, const Json& value) const {
    std::vector<std::size_t> numbers;
    if (!value.is_array()) fail(where, shown(value), "a list of whole numbers");
    for (const Json& number : value) {
      if (!number.is_number_unsigned()) fail(where, shown(value), "a list of whole numbers");
      numbers.push_back(number.get<std::size_t>());
    }
    return numbers;
  }

  void check_without_gaps(const std::vector<Tensor>& tensors) const {
    std::size_t end = 0;
    const auto check = [&](const std::string& what, std::size_t begin) {
      if (begin != end)
        fail(what, "byte " + std::to_string(begin) + " after the header", std::to_string(end),
             "tensors must not overlap or leave gaps");
    };
    for (const Tensor& tensor : tensors) {
      check("tensor " + in_quotes(tensor.name) + ": begin",
            static_cast<std::size_t>(tensor.bytes.data() - data_.data()));
      end += tensor.bytes.size();
    }
    check("end of the file", data_.size());
  }

  const std::string& path_;
  std::span<const std::byte> data_;
};

std::string header_text(const Metadata& metadata, std::span<const Tensor> tensors) {
  auto header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[metadata_key] = metadata;
  std::size_t begin = 0;
  for (const Tensor& t : tensors) {
    if (header.contains(t.name) || t.name == metadata_key)
      throw ValueError({"safetensors", "tensors", in_quotes(t.name) + " twice", "each name once", {}});
    header[t.name] = {{"dtype", t.type}, {"shape", t.shape}, {"data_offsets", {begin, begin + t.bytes.size()}}};
    begin += t.bytes.size();
  }
  try {
    std::string text = header.dump();
    // Blanks at the end: the tensors then begin at a multiple of 8 bytes.
    text.resize((text.size() + length_bytes - 1) / length_bytes * length_bytes, ' ');
    return text;
  } catch (const nlohmann::ordered_json::type_error&) {
    throw ValueError({"safetensors", "metadata and names", "bytes that are not UTF-8", "UTF-8", {}});
  }
}

[[noreturn]] void refuse(const std::string& tensor, std::size_t numbers, const std::vector<std::size_t>& shape) {
  throw ShapeError(
      {"tensor " + in_quotes(tensor), "numbers", std::to_string(numbers) + " numbers", shape_of(shape), {}});
}

}  // namespace

template <class T>
Tensor tensor(std::string name, std::vector<std::size_t> shape, std::span<const T> numbers) {
  if (product(shape, 1) != numbers.size()) refuse(name, numbers.size(), shape);
  return {std::move(name), type_name<T>, std::move(shape), std::as_bytes(numbers)};
}

void write_safetensors(const std::string& path, const Metadata& metadata, std::span<const Tensor> tensors) {
  const std::string header = header_text(metadata, tensors);
  const std::uint64_t length = header.size();
  write_file(path, [&](const WriteText& write) {
    write({reinterpret_cast<const char*>(&length), length_bytes});
    write(header);
    for (const Tensor& t : tensors) write({reinterpret_cast<const char*>(t.bytes.data()), t.bytes.size()});
  });
}

SafetensorsFile::SafetensorsFile(std::string path) : path_(std::move(path)) {
  InputFile file(path_);
  const std::size_t size = file.size();
  if (size < length_bytes)
    throw FormatError({path_, {}, std::to_string(size) + " bytes", "a safetensors file, which has at least 8", {}});
  std::uint64_t length = 0;
  file.fill(std::as_writable_bytes(std::span(&length, 1)));
  if (length > size - length_bytes || length > longest_header)
    throw FormatError({path_, "length of the header", std::to_string(length),
                       "at most " + std::to_string(std::min(size - length_bytes, longest_header)),
                       "is it a safetensors file?"});
  std::string header(length, '\0');
  file.fill(std::as_writable_bytes(std::span(header)));
  data_.resize(size - length_bytes - length);
  file.fill(data_);
  std::tie(metadata_, tensors_) = HeaderParser(path_, data_).parse(header);
  for (std::size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
}

std::span<const Tensor> SafetensorsFile::tensors() const { return tensors_; }

template <class T>
void SafetensorsFile::read(const std::string& name, const std::vector<std::size_t>& shape, std::span<T> numbers) const {
  const auto fail = [&](const char* what, std::string got, std::string expected) {
    throw FormatError({path_, "tensor " + in_quotes(name) + what, std::move(got), std::move(expected), {}});
  };
  const auto found = index_.find(name);
  if (found == index_.end()) fail(" is missing", {}, {});
  const Tensor& tensor = tensors_[found->second];
  if (tensor.type != type_name<T>) fail(": type", tensor.type, type_name<T>);
  if (tensor.shape != shape) fail(": shape", shape_of(tensor.shape), shape_of(shape));
  if (numbers.size_bytes() != tensor.bytes.size()) refuse(name, numbers.size(), shape);
  if (!numbers.empty()) std::memcpy(numbers.data(), tensor.bytes.data(), tensor.bytes.size());
}

template Tensor tensor(std::string, std::vector<std::size_t>, std::span<const float>);
template Tensor tensor(std::string, std::vector<std::size_t>, std::span<const double>);
template Tensor tensor(std::string, std::vector<std::size_t>, std::span<const std::uint64_t>);
template void SafetensorsFile::read(const std::string&, const std::vector<std::size_t>&, std::span<float>) const;
template void SafetensorsFile::read(const std::string&, const std::vector<std::size_t>&, std::span<double>) const;
template void SafetensorsFile::read(const std::string&, const std::vector<std::size_t>&,
                                    std::span<std::uint64_t>) const;

}  // namespace gradflow
