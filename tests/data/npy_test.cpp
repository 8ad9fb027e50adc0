#include <gradflow/data/npy.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/xtensor.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/matrices.hpp>
#include <support/text.hpp>

namespace gradflow {
namespace {

constexpr const char* save_again = "; save it again in Python: numpy.save('x.npy', x)";

/// Returns the bytes of a file: magic, version, length of the header, header, numbers.
std::string npy(const std::string& header, std::string_view numbers, int version = 1) {
  std::string file = "\x93NUMPY" + std::string{static_cast<char>(version), '\0'};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return file + header + std::string(numbers);
}

std::string header(const std::string& type, const std::string& shape, bool fortran_order = false) {
  return "{'descr': '" + type + "', 'fortran_order': " + (fortran_order ? "True" : "False") + ", 'shape': " + shape +
         ", }   \n";
}

template <class Number>
std::string bytes(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

template <class T>
std::vector<double> numbers(const Matrix<T>& m) {
  return {m.begin(), m.end()};
}

class Npy : public testing::Test {
 protected:
  template <class T = double>
  Matrix<T> load(const std::string& content) const {
    return load_npy<T>(folder_.write("x.npy", content));
  }

  /// Returns the error's message without the file's path.
  template <class T = double>
  std::string error(const std::string& content) const {
    return without_path(message_of<FormatError>([&] { load<T>(content); }));
  }

  std::string without_path(std::string message) const {
    const std::string path = folder_.path() + "/";
    for (auto at = message.find(path); at != message.npos; at = message.find(path)) message.erase(at, path.size());
    return message;
  }

  TemporaryFolder folder_;
};

/// A type with the numbers of a 2 x 3 array, and the same numbers in the file.
struct Type {
  const char* type;
  std::vector<double> numbers;
  std::string file;
};

template <class Number>
Type type_of(const char* type) {
  using Limits = std::numeric_limits<Number>;
  const std::vector<Number> all{Number(0), Number(1), Number(2), Number(100), Limits::lowest(), Limits::max()};
  return {type, {all.begin(), all.end()}, bytes(all)};
}

const std::vector<Type>& types() {
  static const std::vector<Type> all{{"|b1", {0, 1, 0, 1, 1, 0}, std::string("\0\1\0\1\1\0", 6)},
                                     type_of<std::int8_t>("|i1"),
                                     type_of<std::int16_t>("<i2"),
                                     type_of<std::int32_t>("<i4"),
                                     type_of<std::int64_t>("<i8"),
                                     type_of<std::uint8_t>("|u1"),
                                     type_of<std::uint16_t>("<u2"),
                                     type_of<std::uint32_t>("<u4"),
                                     type_of<std::uint64_t>("<u8"),
                                     type_of<float>("<f4"),
                                     type_of<double>("<f8")};
  return all;
}

TEST_F(Npy, ReadsEveryTypeInEveryVersionAndOrder) {
  for (const Type& t : types())
    for (const int version : {1, 2, 3}) {
      const auto& n = t.numbers;
      const Matrix<double> in_c = load(npy(header(t.type, "(2, 3)"), t.file, version));
      EXPECT_EQ(in_c.shape(), (std::array<std::size_t, 2>{2, 3}));
      EXPECT_EQ(numbers(in_c), n) << t.type;
      const Matrix<double> in_fortran = load(npy(header(t.type, "(2, 3)", true), t.file, version));
      EXPECT_EQ(numbers(in_fortran), (std::vector<double>{n[0], n[2], n[4], n[1], n[3], n[5]})) << t.type;
      for (const bool fortran_order : {false, true}) {
        const Matrix<double> column = load(npy(header(t.type, "(6,)", fortran_order), t.file, version));
        EXPECT_EQ(column.shape(), (std::array<std::size_t, 2>{6, 1}));
        EXPECT_EQ(numbers(column), n) << t.type;
      }
    }
}

TEST_F(Npy, RoundsToFloat) {
  for (const Type& t : types()) {
    if (t.type == std::string_view("<f8")) continue;
    const Matrix<float> m = load<float>(npy(header(t.type, "(2, 3)"), t.file));
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(m.data()[i], static_cast<float>(t.numbers[i])) << t.type;
  }
  const std::vector<double> doubles{0.1, -1e-60};
  EXPECT_EQ(numbers(load<float>(npy(header("<f8", "(2,)"), bytes(doubles)))), (std::vector<double>{0.1f, -0.0}));
}

TEST_F(Npy, ReadsByteOrdersThatMeanTheSame) {
  const std::string one_byte("\5", 1), four_bytes = bytes<std::int32_t>({5});
  for (const char* type : {"|i1", "<i1", ">i1", "=i1", "i1"})
    EXPECT_EQ(load(npy(header(type, "(1,)"), one_byte))(0, 0), 5);
  for (const char* type : {"<i4", "=i4", "|i4", "i4"}) EXPECT_EQ(load(npy(header(type, "(1,)"), four_bytes))(0, 0), 5);
  EXPECT_EQ(load(npy(header("|b1", "(1,)"), one_byte))(0, 0), 1) << "every byte but 0 is true, as in NumPy";
}

TEST_F(Npy, ReadsTheKeysInAnyOrderAndEveryWayToWriteThem) {
  for (const char* text : {"{'shape':(2,1),'fortran_order':False,'descr':'|u1'}",
                           "{ \"fortran_order\" : False , \"descr\" : \"|u1\" , \"shape\" : ( 2 , 1 , ) , } \n\n",
                           "\n {'descr': '|u1', 'shape': (2, 1), 'fortran_order': True}"})
    EXPECT_EQ(numbers(load(npy(text, "\3\4"))), (std::vector<double>{3, 4})) << text;
}

TEST_F(Npy, GivesNanAndInfinityAsTheyAre) {
  using Limits = std::numeric_limits<double>;
  const std::string file =
      npy(header("<f8", "(3,)"), bytes<double>({Limits::infinity(), -Limits::infinity(), std::nan("")}));
  const Matrix<float> m = load<float>(file);
  EXPECT_EQ(m(0, 0), std::numeric_limits<float>::infinity());
  EXPECT_EQ(m(1, 0), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(m(2, 0)));
  EXPECT_TRUE(std::isnan(load(file)(2, 0)));
}

TEST_F(Npy, RefusesNumbersBeyondTheRangeOfFloat) {
  const std::string numbers = bytes<double>({0, 1, 2, 3, -1e39, 5});
  EXPECT_EQ(error<float>(npy(header("<f8", "(2, 3)"), numbers)),
            "x.npy: row 1, column 1: got -1e+39, expected at most 3.4028234663852886e+38 in absolute value");
  EXPECT_EQ(error<float>(npy(header("<f8", "(2, 3)", true), numbers)),
            "x.npy: row 0, column 2: got -1e+39, expected at most 3.4028234663852886e+38 in absolute value");
  EXPECT_EQ(load(npy(header("<f8", "(2, 3)"), numbers))(1, 1), -1e39);
}

TEST_F(Npy, ReadsArraysWithoutRowsOrColumns) {
  EXPECT_EQ(load(npy(header("<f4", "(0, 5)"), "")).shape(), (std::array<std::size_t, 2>{0, 5}));
  EXPECT_EQ(load(npy(header("<f4", "(0,)"), "")).shape(), (std::array<std::size_t, 2>{0, 1}));
  EXPECT_EQ(load(npy(header("<f4", "(5, 0)"), "")).shape(), (std::array<std::size_t, 2>{5, 0}));
}

TEST_F(Npy, ReadsAnArrayThatIsLargerThanAPiece) {
  std::vector<std::uint16_t> all(300 * 700);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i * 7919 % 65536);
  const Matrix<float> c = load<float>(npy(header("<u2", "(300, 700)"), bytes(all)));
  const Matrix<float> fortran = load<float>(npy(header("<u2", "(300, 700)", true), bytes(all)));
  for (std::size_t i = 0; i < 300; ++i)
    for (std::size_t j = 0; j < 700; ++j) {
      ASSERT_EQ(c(i, j), all[i * 700 + j]);
      ASSERT_EQ(fortran(i, j), all[j * 300 + i]);
    }
}

struct Refused {
  std::string type, got, conversion;
};

TEST_F(Npy, NamesTypesThatItDoesNotReadAndTheWayOut) {
  const std::string classes = "x.astype('float64'), or for classes numpy.unique(x, return_inverse=True)[1]";
  const Refused all[] = {
      {"'>f4'", "'>f4', big-endian numbers", "x.astype('<f4')"},
      {"'>i8'", "'>i8', big-endian numbers", "x.astype('<i8')"},
      {"'<f2'", "'<f2', float16", "x.astype('float32')"},
      {"'<f16'", "'<f16', long double", "x.astype('float64')"},
      {"'<c8'", "'<c8', complex numbers", "abs(x), or x.real, or x.imag"},
      {"'<M8[ns]'", "'<M8[ns]', dates", "x.astype('int64')"},
      {"'<m8[s]'", "'<m8[s]', durations", "x.astype('int64')"},
      {"'<U5'", "'<U5', texts", classes},
      {"'|S3'", "'|S3', texts", classes},
      {"'|O'", "'|O', objects", "x.astype('float64')"},
      {"'|V8'", "'|V8', raw bytes", "x.view('float32')"},
      {"[('a', '<f4'), ('b', '<i8')]", "records", "numpy.lib.recfunctions.structured_to_unstructured(x)"},
      {"'<i3'", "'<i3', an unknown type", "x.astype('float64')"},
      {"''", "'', an unknown type", "x.astype('float64')"},
      {"'" + std::string(500, '<') + "'", "'" + std::string(20, '<') + "...', an unknown type", "x.astype('float64')"}};
  for (const auto& [type, got, conversion] : all)
    EXPECT_EQ(error(npy("{'descr': " + type + ", 'fortran_order': False, 'shape': (1,), }\n", std::string(8, 'x'))),
              "x.npy: type: got " + got +
                  ", expected bool, int8 to int64, uint8 to uint64, float32 or float64; in Python: " + conversion);
}

struct Damaged {
  const char* header;
  const char* message;  ///< after "header", without the hint
};

TEST_F(Npy, RefusesHeadersWithTheirPlace) {
  const Damaged all[] = {
      {"", ", byte 0: got the end of the header, expected '{'"},
      {"   \n", ", byte 4: got the end of the header, expected '{'"},
      {"['descr']", ", byte 0: got '['descr']', expected '{'"},
      {"{", ", byte 1: got the end of the header, expected a key in quotes"},
      {"{'descr", ", byte 1: got ''descr', expected a key in quotes"},
      {"{descr: '<f4'}", ", byte 1: got 'descr: '<f4'}', expected a key in quotes"},
      {"{'descr' '<f4'}", ", byte 9: got ''<f4'}', expected ':'"},
      {"{'descr': <f4}", ", byte 10: got '<f4}', expected a type in quotes"},
      {"{'descr': '<f4\"}", ", byte 10: got ''<f4\"}', expected a type in quotes"},
      {"{'descr': '<f4' 'shape': ()}", ", byte 16: got ''shape': ()}', expected '}'"},
      {"{'descr': '<f4',, }", ", byte 16: got ', }', expected a key in quotes"},
      {"{'fortran_order': 1}", ", byte 18: got '1}', expected True or False"},
      {"{'fortran_order': false}", ", byte 18: got 'false}', expected True or False"},
      {"{'fortran_order': Falsely}", ", byte 23: got 'ly}', expected '}'"},
      {"{'shape': 3}", ", byte 10: got '3}', expected '('"},
      {"{'shape': [3]}", ", byte 10: got '[3]}', expected '('"},
      {"{'shape': (3)}", ", byte 12: got ')}', expected ','"},
      {"{'shape': (3 4)}", ", byte 13: got '4)}', expected ','"},
      {"{'shape': (3, 4 5)}", ", byte 16: got '5)}', expected ')'"},
      {"{'shape': (-3,)}", ", byte 11: got '-3,)}', expected a size that fits into 64 bits"},
      {"{'shape': (+3,)}", ", byte 11: got '+3,)}', expected a size that fits into 64 bits"},
      {"{'shape': (3.0,)}", ", byte 12: got '.0,)}', expected ','"},
      {"{'shape': (,)}", ", byte 11: got ',)}', expected a size that fits into 64 bits"},
      {"{'shape': (18446744073709551616,)}",
       ", byte 11: got '18446744073709551616...', expected a size that fits into 64 bits"},
      {"{'shape': (3,", ", byte 13: got the end of the header, expected a size that fits into 64 bits"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
       ", byte 56: got 'x', expected the end of the header"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\t",
       ", byte 55: got '?', expected the end of the header"},
      {"{}", ": got no key 'descr', expected descr, fortran_order and shape, each once"},
      {"{'descr': '<f4', 'shape': (2,)}",
       ": got no key 'fortran_order', expected descr, fortran_order and shape, each once"},
      {"{'descr': '<f4', 'fortran_order': False}",
       ": got no key 'shape', expected descr, fortran_order and shape, each once"},
      {"{'descr': '<f4', 'descr': '<f4'}",
       ": got key 'descr' twice, expected descr, fortran_order and shape, each once"},
      {"{'Descr': '<f4'}", ": got key 'Descr', expected descr, fortran_order and shape, each once"},
      {"{'a name that is longer than twenty bytes': 1}",
       ": got key 'a name that is longe...', expected descr, fortran_order and shape, each once"},
  };
  for (const auto& [header, message] : all)
    EXPECT_EQ(error(npy(header, "12345678")), std::string("x.npy: header") + message + save_again) << header;
}

TEST_F(Npy, RefusesOtherDimensionsAndShapesTheFileDoesNotHave) {
  const auto says = [&](const char* shape, const char* type = "<f4") {
    return error(npy(header(type, shape), "12345678"));
  };
  EXPECT_EQ(says("()"), "x.npy: shape: got (), expected 1 or 2 dimensions; in Python: x.reshape(1, 1)");
  EXPECT_EQ(says("(2, 1, 1)"),
            "x.npy: shape: got (2, 1, 1), expected 1 or 2 dimensions; in Python: x.reshape(len(x), -1)");
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "1, ";
  EXPECT_EQ(says(("(" + many + ")").c_str()).substr(0, 40), "x.npy: shape: got (1, 1, 1, 1, 1, 1, 1, ");
  EXPECT_LT(says(("(" + many + ")").c_str()).size(), 200u);
  EXPECT_EQ(says("(3,)"),
            "x.npy: bytes after the header: got 8, expected 12 for the shape (3,) and the type '<f4'; the "
            "file is cut off");
  EXPECT_EQ(says("(1, 1)"),
            "x.npy: bytes after the header: got 8, expected 4 for the shape (1, 1) and the type '<f4'; "
            "save each array in a file of its own");
  EXPECT_EQ(says("(0, 3)"),
            "x.npy: bytes after the header: got 8, expected 0 for the shape (0, 3) and the type '<f4'; "
            "save each array in a file of its own");
  const char* too_large = ", expected fewer numbers than memory can hold";
  for (const char* shape : {"(4611686018427387904, 4)", "(4294967296, 4294967296)", "(18446744073709551615,)",
                            "(0, 18446744073709551615)", "(18446744073709551615, 0)", "(2305843009213693952, 1)"})
    EXPECT_EQ(says(shape), "x.npy: shape: got " + std::string(shape) + too_large);
  EXPECT_EQ(
      says("(1152921504606846975, 2)"),
      "x.npy: bytes after the header: got 8, expected 9223372036854775800 for the shape (1152921504606846975, 2) and "
      "the type '<f4'; the file is cut off");
}

TEST_F(Npy, RefusesOtherFiles) {
  const std::string in_python = ", expected a .npy file; in Python: ", save = "numpy.save('x.npy', x)";
  EXPECT_EQ(error(""), "x.npy: got an empty file" + in_python + save);
  EXPECT_EQ(error("\x93NUM"), "x.npy: got a file that is cut off" + in_python + save);
  EXPECT_EQ(error("a,b\n1,2\n"), "x.npy: got a file of another format" + in_python + save);
  EXPECT_EQ(error("PK\x03\x04 and so on"),
            "x.npy: got a zip file, such as .npz" + in_python + "numpy.save('x.npy', numpy.load('x.npz')['x'])");
  const std::string good = npy(header("|u1", "(1,)"), "x");
  for (const auto& [version, text] :
       {std::pair{"\x00\x00", "0.0"}, {"\x04\x00", "4.0"}, {"\x01\x01", "1.1"}, {"\xff\x80", "255.128"}})
    EXPECT_EQ(error(std::string(good).replace(6, 2, version, 2)),
              "x.npy: version: got " + std::string(text) + ", expected 1.0, 2.0 or 3.0" + save_again);
  EXPECT_EQ(error(good.substr(0, 7)), "x.npy: version: got 1 bytes, expected 2; the file is cut off");
  EXPECT_EQ(error(good.substr(0, 9)), "x.npy: length of the header: got 1 bytes, expected 2; the file is cut off");
  EXPECT_EQ(error("\x93NUMPY\x02" + std::string(1, '\0') + "\xff\xff\xff\xff{}"),
            "x.npy: header: got 2 bytes, expected 4294967295; the file is cut off");
  EXPECT_EQ(without_path(message_of<FormatError>([&] { load_npy(folder_.path() + "/"); })),
            ": got a folder, a pipe or a device, expected a regular file");
  EXPECT_THROW(load_npy(folder_.file("missing.npy")), std::system_error);
}

TEST_F(Npy, RefusesFilesCutOffAtEveryByteAndLongerOnes) {
  for (const int version : {1, 2, 3}) {
    const std::string whole = npy(header("<f8", "(2, 2)"), bytes<double>({1, 2, 3, 4}), version);
    EXPECT_EQ(load(whole)(1, 1), 4);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string message = error(whole.substr(0, size));
      EXPECT_TRUE(size == 0 || message.find("cut off") != message.npos) << size << ": " << message;
    }
    for (std::size_t more = 1; more < 20; ++more) error(whole + std::string(more, '\0'));
  }
}

template <class T>
void comes_back(const TemporaryFolder& folder, std::size_t rows, std::size_t columns) {
  Matrix<T> m = random_matrix<T>(rows, columns, 1);
  if (m.size() > 3) {
    m.data()[0] = T(-0.0);
    m.data()[1] = std::numeric_limits<T>::infinity();
    m.data()[2] = std::numeric_limits<T>::quiet_NaN();
  }
  const std::string path = folder.file("saved.npy");
  save_npy(path, m);
  EXPECT_TRUE(same_bits(load_npy<T>(path), m)) << rows << ", " << columns;
  EXPECT_EQ((text_of_file(path).size() - m.size() * sizeof(T)) % 64, 0u) << "aligned numbers";
}

TEST_F(Npy, SavesWhatItLoads) {
  for (const std::size_t rows : {0u, 1u, 7u, 12345u})
    for (const std::size_t columns : {0u, 1u, 3u, 784u}) {
      if (rows * columns > 100'000) continue;
      comes_back<float>(folder_, rows, columns);
      comes_back<double>(folder_, rows, columns);
    }
}

TEST_F(Npy, SavesTheBytesOfTheFormat) {
  const std::string path = folder_.file("x.npy");
  save_npy(path, matrix<float>({{1, -2}}));
  const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
  EXPECT_EQ(text_of_file(path), npy(text + std::string(117 - text.size(), ' ') + "\n", bytes<float>({1, -2})));
}

TEST_F(Npy, SavesExpressionsOfXtensor) {
  const Matrix<double> m = matrix<double>({{1, 2}, {3, 4}});
  save_npy(folder_.file("x.npy"), xt::transpose(m) + 1);
  EXPECT_EQ(numbers(load_npy<double>(folder_.file("x.npy"))), (std::vector<double>{2, 4, 3, 5}));
}

TEST_F(Npy, SavesWholeFilesOrNothing) {
  const std::string path = folder_.write("x.npy", "before");
  EXPECT_THROW(save_npy(folder_.file("no/such/folder.npy"), Matrix<float>()), std::system_error);
  EXPECT_THROW(write_file(path,
                          [](const WriteText& write) {
                            detail::write_npy(write, Matrix<float>({2, 2}));
                            throw std::bad_alloc();
                          }),
               std::bad_alloc);
  EXPECT_EQ(text_of_file(path), "before");
}

class NpyDataset : public Npy {
 protected:
  template <class T = float>
  Dataset<T> load_both(const std::string& x, const std::string& y, Target target = Target::classes) const {
    return load_npy_dataset<T>(folder_.write("x.npy", x), folder_.write("y.npy", y), {.target = target});
  }

  template <class Error = FormatError>
  std::string error_of_both(const std::string& x, const std::string& y, Target target = Target::classes) const {
    return without_path(message_of<Error>([&] { load_both(x, y, target); }));
  }

  const std::string three_rows = npy(header("<f4", "(3, 2)"), bytes<float>({1, 2, 3, 4, 5, 6}));
  static std::string column(const std::vector<double>& numbers) {
    return npy(header("<f8", "(" + std::to_string(numbers.size()) + ",)"), bytes(numbers));
  }
};

TEST_F(NpyDataset, NamesTheClassesByTheirNumbersInOrder) {
  const Dataset<float> data = load_both(three_rows, npy(header("<i4", "(3, 1)"), bytes<std::int32_t>({10, -3, 9})));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"-3", "9", "10"}));
  EXPECT_EQ(numbers(data.y), (std::vector<double>{2, 0, 1}));
  EXPECT_EQ(numbers(data.x), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(data.feature_names.empty());
  EXPECT_NO_THROW(require_finite(data, "data"));
  const std::vector<std::string> no_and_yes{"0", "1"};
  EXPECT_EQ(load_both(three_rows, npy(header("|b1", "(3,)"), std::string("\1\0\1", 3))).class_names, no_and_yes);
  EXPECT_EQ(load_both<double>(three_rows, column({1, -0.0, 0})).class_names, no_and_yes);
  EXPECT_EQ(load_both(three_rows, column({1e6, 0, -9007199254740991})).class_names,
            (std::vector<std::string>{"-9007199254740991", "0", "1000000"}));
}

TEST_F(NpyDataset, ReadsValuesInSeveralColumns) {
  const std::string values = npy(header("<f8", "(3, 2)", true), bytes<double>({0.5, 1.5, 2.5, 7, 8, 9}));
  const Dataset<float> data = load_both(three_rows, values, Target::values);
  EXPECT_FALSE(is_classification(data));
  EXPECT_EQ(numbers(data.y), (std::vector<double>{0.5, 7, 1.5, 8, 2.5, 9}));
  EXPECT_EQ(columns(load_both(three_rows, column({1, 2, 3}), Target::values).y), 1u);
}

TEST_F(NpyDataset, RefusesArraysThatDoNotFitTogether) {
  for (const Target target : {Target::classes, Target::values})
    EXPECT_EQ(error_of_both(three_rows, column({1, 2}), target), "y.npy: rows: got 2, expected 3, as in x.npy");
  EXPECT_EQ(error_of_both(npy(header("<f4", "(0, 2)"), ""), column({})),
            "x.npy: shape: got (0, 2), expected at least one row and one column");
  EXPECT_EQ(error_of_both(npy(header("<f4", "(3, 0)"), ""), column({1, 2, 3})),
            "x.npy: shape: got (3, 0), expected at least one row and one column");
  EXPECT_EQ(error_of_both(three_rows, npy(header("<f4", "(3, 0)"), ""), Target::values),
            "y.npy: columns: got 0, expected at least 1");
  EXPECT_EQ(error_of_both(three_rows, npy(header("|u1", "(3, 3)"), std::string("\1\0\0\0\1\0\0\0\1", 9))),
            "y.npy: columns: got 3, expected 1, which has the classes; for a regression set .target = Target::values "
            "(--target values); if each class has a column, in Python: y.argmax(axis=1)");
}

TEST_F(NpyDataset, RefusesNanAndInfinity) {
  const std::string bad = npy(header("<f4", "(3, 2)"), bytes<float>({1, 2, 3, std::nanf(""), 5, 6}));
  EXPECT_EQ(error_of_both<ValueError>(bad, column({0, 1, 0})),
            "x.npy: sample 1, feature 1: got nan, expected a finite number");
  EXPECT_EQ(
      error_of_both<ValueError>(three_rows, column({0, 1, -std::numeric_limits<double>::infinity()}), Target::values),
      "y.npy: sample 2, target 0: got -inf, expected a finite number");
}

TEST_F(NpyDataset, RefusesNumbersThatAreNoClasses) {
  const std::string whole =
      ", expected a whole number of at most 9007199254740991 in absolute value; for a regression set "
      ".target = Target::values (--target values)";
  EXPECT_EQ(error_of_both(three_rows, column({0, 0.5, 1})), "y.npy: class of sample 1: got 0.5" + whole);
  EXPECT_EQ(error_of_both(three_rows, column({0, 1, std::nan("")})), "y.npy: class of sample 2: got nan" + whole);
  EXPECT_EQ(error_of_both(three_rows, npy(header("<i8", "(3,)"), bytes<std::int64_t>({0, 1, (1LL << 53) + 1}))),
            "y.npy: class of sample 2: got 9007199254740992" + whole);
  EXPECT_EQ(error_of_both<ValueError>(three_rows, column({7, 7, 7})),
            "y.npy: classes: got only '7', expected at least 2");
  std::vector<double> measured(60);
  for (std::size_t i = 0; i < measured.size(); ++i) measured[i] = static_cast<double>(i % 21);
  EXPECT_EQ(
      error_of_both(column(measured), column(measured)),
      "y.npy: classes: got 21 different numbers in 60 samples, expected a few classes; for a regression set .target "
      "= Target::values (--target values)");
  measured.resize(63);
  for (std::size_t i = 60; i < 63; ++i) measured[i] = static_cast<double>(i % 21);
  EXPECT_EQ(classes(load_both(column(measured), column(measured))), 21u);
}

// NumPy writes arrays of every type, shape and order. The test loads and saves them, and NumPy compares both files.
TEST_F(Npy, AgreesWithNumPy) {
#if defined(GRADFLOW_NUMPY_PYTHON)
  folder_.write("write.py", R"(import numpy
random = numpy.random.default_rng(1)
for code in "? i1 i2 i4 i8 u1 u2 u4 u8 f4 f8".split():
    for shape in (5, 3), (1, 7), (4,), (0, 3), (3, 0), (300, 200):
        for order in "CF":
            x = random.integers(0, 2, shape) if code == "?" else random.normal(0, 40, shape)
            with numpy.errstate(invalid="ignore"):
                x = numpy.asarray(x.astype(code), order=order)
            for version in 1, 2, 3:
                name = f"{code.strip('?') or 'b1'}_{'x'.join(map(str, shape))}_{order}{version}.npy"
                with open(name, "wb") as file:
                    numpy.lib.format.write_array(file, x, (version, 0))
                print(name)
)");
  folder_.write("read.py", R"(import sys, numpy
for name in open("names.txt").read().split():
    x = numpy.load(name)
    x = x.reshape(len(x), -1) if x.ndim == 1 else x
    for prefix, type in ("float_", "float32"), ("double_", "float64"):
        saved = numpy.load(prefix + name)
        if saved.dtype != type or saved.shape != x.shape or not numpy.array_equal(saved, x.astype(type)):
            sys.exit(f"{prefix}{name}: {saved.dtype} {saved.shape}")
print("equal")
)");
  const auto python = [&](const std::string& arguments) {
    return std::system(("cd " + folder_.path() + " && " GRADFLOW_NUMPY_PYTHON " " + arguments).c_str());
  };
  ASSERT_EQ(python("write.py >names.txt"), 0);
  const auto names = lines_of(text_of_file(folder_.file("names.txt")));
  EXPECT_EQ(names.size(), 11u * 6 * 2 * 3);
  for (const std::string& name : names) {
    save_npy(folder_.file("float_" + name), load_npy<float>(folder_.file(name)));
    save_npy(folder_.file("double_" + name), load_npy<double>(folder_.file(name)));
  }
  EXPECT_EQ(python("read.py >read.txt 2>&1"), 0);
  EXPECT_EQ(text_of_file(folder_.file("read.txt")), "equal\n");
#else
  GTEST_SKIP() << "needs python3-numpy";
#endif
}

}  // namespace
}  // namespace gradflow
