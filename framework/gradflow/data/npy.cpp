#include <gradflow/data/npy.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/numbers.hpp>

namespace gradflow {
namespace {

static_assert(std::endian::native == std::endian::little, "the numbers of the files are little-endian");

constexpr std::string_view magic = "\x93NUMPY";
constexpr const char* save_again = "save it again in Python: numpy.save('x.npy', x)";

std::string in_python(std::string_view expression) { return "in Python: " + std::string(expression); }

using Sizes = std::vector<std::size_t>;

/// Returns the shape as Python writes it, at most about 60 bytes of it: "(3, 4)", "(3,)".
std::string shape_text(const Sizes& shape) {
  constexpr std::size_t longest = 60;
  std::string text;
  for (std::size_t i = 0; i < shape.size() && text.size() <= longest; ++i)
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return "(" + shortened(text, longest) + (shape.size() == 1 ? ",)" : ")");
}

[[noreturn]] void refuse_type(const std::string& path, std::string got, std::string_view conversion) {
  throw FormatError({path, "type", std::move(got), "bool, int8 to int64, uint8 to uint64, float32 or float64",
                     in_python(conversion)});
}

/// What a header says.
struct Header {
  std::string type;  ///< "<f4"
  bool fortran_order;
  Sizes shape;
};

/// Parses a header, which is a dictionary of Python: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  Header parse() {
    expect('{');
    while (!accept('}')) {
      read_member();
      if (accept(',')) continue;
      expect('}');
      break;
    }
    skip_blanks();
    if (at_ < text_.size()) fail("the end of the header");
    if (!type_) fail_key("no key 'descr'");
    if (!fortran_order_) fail_key("no key 'fortran_order'");
    if (!shape_) fail_key("no key 'shape'");
    return {std::move(*type_), *fortran_order_, std::move(*shape_)};
  }

 private:
  void read_member() {
    const std::string key = read_text("a key in quotes");
    expect(':');
    if (key == "descr")
      set(key, type_, read_type());
    else if (key == "fortran_order")
      set(key, fortran_order_, read_bool());
    else if (key == "shape")
      set(key, shape_, read_shape());
    else
      fail_key("key " + in_quotes(shortened(key, shown)));
  }

  template <class Value>
  void set(const std::string& key, std::optional<Value>& member, Value value) {
    if (member) fail_key("key " + in_quotes(key) + " twice");
    member = std::move(value);
  }

  std::string read_type() {
    if (accept('[')) refuse_type(path_, "records", "numpy.lib.recfunctions.structured_to_unstructured(x)");
    return read_text("a type in quotes");
  }

  std::string read_text(const char* expected) {
    skip_blanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : text_.npos;
    if (end == text_.npos) fail(expected);
    const std::size_t begin = std::exchange(at_, end + 1) + 1;
    return std::string(text_.substr(begin, end - begin));
  }

  bool read_bool() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return word == "True";
      }
    fail("True or False");
  }

  Sizes read_shape() {
    Sizes shape;
    expect('(');
    while (!accept(')')) {
      shape.push_back(read_whole());
      if (accept(',')) continue;
      if (shape.size() == 1) fail("','");  // in Python (3) is a number and no shape
      expect(')');
      break;
    }
    return shape;
  }

  std::size_t read_whole() {
    skip_blanks();
    const std::size_t end = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
    const auto number = parse_whole<std::size_t>(text_.substr(at_, end - at_));
    if (!number) fail("a size that fits into 64 bits");
    at_ = end;
    return *number;
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \n", at_), text_.size()); }

  bool accept(char c) {
    skip_blanks();
    const bool there = at_ < text_.size() && text_[at_] == c;
    at_ += there;
    return there;
  }

  void expect(char c) {
    if (!accept(c)) fail(in_quotes({&c, 1}));
  }

  [[noreturn]] void fail(std::string expected) const {
    throw FormatError({path_, "header, byte " + std::to_string(at_),
                       at_ < text_.size() ? in_quotes(shortened(text_.substr(at_), shown)) : "the end of the header",
                       std::move(expected), save_again});
  }

  [[noreturn]] void fail_key(std::string got) const {
    throw FormatError({path_, "header", std::move(got), "descr, fortran_order and shape, each once", save_again});
  }

  static constexpr std::size_t shown = 20;  // bytes of the header in an error message

  const std::string& path_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::string> type_;
  std::optional<bool> fortran_order_;
  std::optional<Sizes> shape_;
};

/// A file that is read from its beginning. Memory is allocated only for bytes that the file has.
class Source {
 public:
  explicit Source(const std::string& path) : file_(path), left_(file_.size()) {}

  std::size_t left() const { return left_; }  ///< bytes that have not been read

  /// Reads n bytes. Throws FormatError if there are fewer.
  std::string take(const char* what, std::size_t n) {
    if (left_ < n)
      throw FormatError(
          {file_.name(), what, std::to_string(left_) + " bytes", std::to_string(n), "the file is cut off"});
    std::string bytes(n, '\0');
    fill(std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }

  /// into: not more than left() bytes.
  void fill(std::span<std::byte> into) {
    file_.fill(into);
    left_ -= into.size();
  }

 private:
  InputFile file_;
  std::size_t left_;
};

/// Throws FormatError unless the file begins as all .npy files do.
void require_magic(const std::string& path, std::string_view begin) {
  if (begin == magic) return;
  const bool zip = begin.starts_with("PK");
  const char* const got = begin.empty()              ? "an empty file"
                          : magic.starts_with(begin) ? "a file that is cut off"
                          : zip                      ? "a zip file, such as .npz"
                                                     : "a file of another format";
  throw FormatError({path,
                     {},
                     got,
                     "a .npy file",
                     in_python(zip ? "numpy.save('x.npy', numpy.load('x.npz')['x'])" : "numpy.save('x.npy', x)")});
}

Header read_header(const std::string& path, Source& file) {
  require_magic(path, file.take("magic", std::min(magic.size(), file.left())));
  const std::string version = file.take("version", 2);
  if (version[0] < 1 || version[0] > 3 || version[1] != 0)
    throw FormatError({path, "version",
                       std::to_string(static_cast<unsigned char>(version[0])) + "." +
                           std::to_string(static_cast<unsigned char>(version[1])),
                       "1.0, 2.0 or 3.0", save_again});
  std::size_t size = 0;
  const std::string bytes = file.take("length of the header", version[0] == 1 ? 2 : 4);
  for (std::size_t i = bytes.size(); i-- > 0;) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  return HeaderParser(path, file.take("header", size)).parse();
}

enum class Bool : std::uint8_t {};

template <class T, class From>
T rounded(From number) {
  if constexpr (std::is_same_v<From, Bool>)
    return number != Bool{0};
  else
    return static_cast<T>(number);
}

/// Reads all numbers of an array, which have the type From, in pieces.
template <class From, class T>
void read_numbers(const std::string& path, Source& file, bool fortran_order, Matrix<T>& m) {
  constexpr std::size_t most = (std::size_t(1) << 16) / sizeof(From);
  std::vector<From> piece(std::min(most, m.size()));
  const std::size_t height = rows(m), width = columns(m);
  for (std::size_t begin = 0; begin < m.size(); begin += piece.size()) {
    piece.resize(std::min(most, m.size() - begin));
    file.fill(std::as_writable_bytes(std::span(piece)));
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const std::size_t at = begin + i, to = fortran_order ? at % height * width + at / height : at;
      m.data()[to] = rounded<T>(piece[i]);
      if constexpr (std::is_same_v<From, double> && std::is_same_v<T, float>)
        if (std::isfinite(piece[i]) && !std::isfinite(m.data()[to]))
          throw FormatError({path,
                             "row " + std::to_string(to / width) + ", column " + std::to_string(to % width),
                             text(piece[i]),
                             "at most " + text(double{std::numeric_limits<T>::max()}) + " in absolute value",
                             {}});
    }
  }
}

/// The types that are read: the kind and the size in bytes of a number, and the function that reads such numbers.
template <class T>
struct NumberType {
  std::string_view code;
  void (*read)(const std::string& path, Source& file, bool fortran_order, Matrix<T>& m);

  std::size_t bytes() const { return static_cast<std::size_t>(code[1] - '0'); }
};
template <class T>
constexpr std::array<NumberType<T>, 11> number_types{{{"b1", read_numbers<Bool, T>},
                                                      {"i1", read_numbers<std::int8_t, T>},
                                                      {"i2", read_numbers<std::int16_t, T>},
                                                      {"i4", read_numbers<std::int32_t, T>},
                                                      {"i8", read_numbers<std::int64_t, T>},
                                                      {"u1", read_numbers<std::uint8_t, T>},
                                                      {"u2", read_numbers<std::uint16_t, T>},
                                                      {"u4", read_numbers<std::uint32_t, T>},
                                                      {"u8", read_numbers<std::uint64_t, T>},
                                                      {"f4", read_numbers<float, T>},
                                                      {"f8", read_numbers<double, T>}}};

/// Types that are not read, by the beginnings of their codes, and how to convert them in Python.
struct OtherType {
  std::string_view code, name, conversion;
};
constexpr OtherType other_types[] = {
    {"f2", "float16", "x.astype('float32')"},
    {"f", "long double", "x.astype('float64')"},
    {"c", "complex numbers", "abs(x), or x.real, or x.imag"},
    {"M", "dates", "x.astype('int64')"},
    {"m", "durations", "x.astype('int64')"},
    {"U", "texts", "x.astype('float64'), or for classes numpy.unique(x, return_inverse=True)[1]"},
    {"S", "texts", "x.astype('float64'), or for classes numpy.unique(x, return_inverse=True)[1]"},
    {"O", "objects", "x.astype('float64')"},
    {"V", "raw bytes", "x.view('float32')"}};

/// Returns how to read numbers of this type, such as "<f4". A type without a byte order has that of the machine.
template <class T>
const NumberType<T>& number_type(const std::string& path, const std::string& type) {
  constexpr std::size_t shown = 20;
  const bool ordered = type.find_first_of("<>=|") == 0, big_endian = type.starts_with('>');
  const std::string_view code = std::string_view(type).substr(ordered);
  const auto refuse = [&](std::string_view name, std::string_view conversion) {
    refuse_type(path, in_quotes(shortened(type, shown)) + ", " + std::string(name), conversion);
  };
  const auto known = std::ranges::find(number_types<T>, code, &NumberType<T>::code);
  if (known == number_types<T>.end()) {
    for (const auto& [begin, name, conversion] : other_types)
      if (code.starts_with(begin)) refuse(name, conversion);
    refuse("an unknown type", "x.astype('float64')");
  }
  if (big_endian && known->bytes() > 1) refuse("big-endian numbers", "x.astype('<" + std::string(code) + "')");
  return *known;
}

void require_dimensions(const std::string& path, const Sizes& shape) {
  if (shape.size() == 1 || shape.size() == 2) return;
  throw FormatError({path, "shape", shape_text(shape), "1 or 2 dimensions",
                     in_python(shape.empty() ? "x.reshape(1, 1)" : "x.reshape(len(x), -1)")});
}

/// Throws FormatError unless there are exactly the bytes for an array of this shape, whose numbers have `size` bytes.
void require_bytes(const std::string& path, std::size_t got, const Header& header, std::size_t size) {
  bool empty = false;
  for (const std::size_t n : header.shape) {
    if (__builtin_mul_overflow(size, std::max<std::size_t>(n, 1), &size) ||
        size > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()))
      throw FormatError({path, "shape", shape_text(header.shape), "fewer numbers than memory can hold", {}});
    empty |= n == 0;
  }
  const std::size_t expected = empty ? 0 : size;
  if (got != expected)
    throw FormatError({path, "bytes after the header", std::to_string(got),
                       std::to_string(expected) + " for the shape " + shape_text(header.shape) + " and the type " +
                           in_quotes(header.type),
                       got < expected ? "the file is cut off" : "save each array in a file of its own"});
}

/// Returns the column as whole numbers. Larger ones than a double holds exactly could be different classes in the file.
std::vector<long long> whole_numbers(const std::string& path, const Matrix<double>& y) {
  constexpr double most = (1LL << std::numeric_limits<double>::digits) - 1;
  constexpr const char* for_values = "for a regression set .target = Target::values (--target values)";
  if (columns(y) != 1)
    throw FormatError({path, "columns", std::to_string(columns(y)), "1, which has the classes",
                       std::string(for_values) + "; if each class has a column, " + in_python("y.argmax(axis=1)")});
  std::vector<long long> numbers;
  for (const double number : flat(y)) {
    if (!(std::abs(number) <= most) || number != std::floor(number))
      throw FormatError(
          {path, "class of sample " + std::to_string(numbers.size()), text(number),
           "a whole number of at most " + std::to_string(static_cast<long long>(most)) + " in absolute value",
           for_values});
    numbers.push_back(static_cast<long long>(number));
  }
  return numbers;
}

void require_rows(const std::string& path, std::size_t got, std::size_t expected, const std::string& x_path) {
  if (got != expected)
    throw FormatError({path, "rows", std::to_string(got), std::to_string(expected) + ", as in " + x_path, {}});
}

}  // namespace

template <class T>
Matrix<T> load_npy(const std::string& path) {
  Source file(path);
  const Header header = read_header(path, file);
  const NumberType<T>& type = number_type<T>(path, header.type);
  require_dimensions(path, header.shape);
  require_bytes(path, file.left(), header, type.bytes());
  Matrix<T> m = zeros<T>(header.shape[0], header.shape.size() == 2 ? header.shape[1] : 1);
  type.read(path, file, header.fortran_order, m);
  return m;
}

template <class T>
void detail::write_npy(const WriteText& write, const Matrix<T>& m) {
  constexpr std::size_t before_header = 10, alignment = 64;  // the numbers begin at a multiple of 64 bytes
  std::string header = "{'descr': '<f" + std::to_string(sizeof(T)) + "', 'fortran_order': False, 'shape': (" +
                       std::to_string(rows(m)) + ", " + std::to_string(columns(m)) + "), }";
  header.append(alignment - 1 - (before_header + header.size()) % alignment, ' ') += '\n';
  std::string begin(magic);
  for (const std::size_t byte : {std::size_t(1), std::size_t(0), header.size() & 0xff, header.size() >> 8})
    begin += static_cast<char>(byte);
  write(begin + header);
  write({reinterpret_cast<const char*>(m.data()), m.size() * sizeof(T)});
}

template <class T>
void save_npy(const std::string& path, const Matrix<T>& m) {
  write_file(path, [&](const WriteText& write) { detail::write_npy(write, m); });
}

template <class T>
Dataset<T> load_npy_dataset(const std::string& x_path, const std::string& y_path, const NpyOptions& options) {
  Dataset<T> data{load_npy<T>(x_path), {}, {}, {}};
  if (data.x.size() == 0)
    throw FormatError(
        {x_path, "shape", shape_text({rows(data.x), columns(data.x)}), "at least one row and one column", {}});
  data.y = zeros<T>(samples(data), 0);
  require_finite(data, x_path);
  if (options.target == Target::classes) {
    const std::vector<long long> labels = whole_numbers(y_path, load_npy<double>(y_path));
    require_rows(y_path, labels.size(), samples(data), x_path);
    detail::set_classes(data, labels, std::less(), [](long long label) { return std::to_string(label); });
    detail::require_classes(y_path, "classes", data.class_names, samples(data), true);
  } else {
    data.y = load_npy<T>(y_path);
    require_rows(y_path, rows(data.y), samples(data), x_path);
    if (columns(data.y) == 0) throw FormatError({y_path, "columns", "0", "at least 1", {}});
    require_finite(data, y_path);
  }
  return data;
}

template Matrix<float> load_npy(const std::string&);
template Matrix<double> load_npy(const std::string&);
template void save_npy(const std::string&, const Matrix<float>&);
template void save_npy(const std::string&, const Matrix<double>&);
template void detail::write_npy(const WriteText&, const Matrix<float>&);
template void detail::write_npy(const WriteText&, const Matrix<double>&);
template Dataset<float> load_npy_dataset(const std::string&, const std::string&, const NpyOptions&);
template Dataset<double> load_npy_dataset(const std::string&, const std::string&, const NpyOptions&);

}  // namespace gradflow
