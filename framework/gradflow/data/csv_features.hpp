#pragma once
// Reads the features of samples from a CSV file, one sample at a time, as input for a trained network.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <gradflow/data/csv_reader.hpp>

namespace gradflow {

/// Which columns of the file are the features. With a header and names: the columns with these names, in any order;
/// other columns, such as the label, are ignored. Otherwise: all columns, by position.
struct FeatureColumns {
  std::size_t count;                    ///< number of features of a sample
  std::vector<std::string> names = {};  ///< [count], or empty
  bool header = true;                   ///< the first row has the column names
};

/// Reads samples row by row. Accepts and refuses the same numbers as load_csv().
class CsvFeatures {
 public:
  /// Reads the header, if columns.header is true. Keeps a reference to the rows. Throws FormatError if the header is
  /// missing, lacks a feature or has a feature twice. Throws FormatError if features are read by position and the
  /// header does not have columns.count columns. Also throws what CsvReader::next() throws, and ShapeError if
  /// columns.names has another size than columns.count.
  CsvFeatures(CsvReader& rows, FeatureColumns columns);

  /// Moves to the next sample; returns false if there is none. Throws what CsvReader::next() throws. Throws FormatError
  /// if features are read by position and the number of columns is not the number of features.
  bool next();

  /// Writes the features of the sample to `features` [count]. Throws FormatError, with file, line and column, if a
  /// field is not a finite number. Throws ShapeError if `features` has another size.
  template <class T>
  void read(std::span<T> features) const;

 private:
  void read_header();
  void find_names();
  void take_all_columns();
  [[noreturn]] void fail(std::size_t feature, const std::string& expected) const;

  CsvReader& rows_;
  FeatureColumns columns_;
  std::vector<std::size_t> position_;  ///< [count]: the column of each feature; empty before the first row
};

}  // namespace gradflow
