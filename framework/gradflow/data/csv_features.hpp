#pragma once
// The samples of a CSV file for a network that was trained: the features alone, one sample at a time.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <gradflow/data/csv_reader.hpp>

namespace gradflow {

/// Which columns the features are. With a header and names: those of these names, in any order; others, as the label,
/// are not looked at. Else: all columns there are, by position.
struct FeatureColumns {
  std::size_t count;                    ///< features of a sample
  std::vector<std::string> names = {};  ///< [count], or none
  bool header = true;                   ///< the first row has the names of the columns
};

/// Numbers are taken and refused as load_csv() does it.
class CsvFeatures {
 public:
  /// Reads the header, where there is one. The rows are kept by reference. Throws FormatError if the header is missing,
  /// lacks a feature or has one twice, or if features go by position and their number is not the number of columns; and
  /// what the reader throws.
  CsvFeatures(CsvReader& rows, FeatureColumns columns);

  /// Continues to the next sample; false where there is none. Throws as the reader does, and FormatError where there
  /// are not as many columns as features.
  bool next();

  /// The features of the sample: [count]. Throws FormatError, with file, line and column, for what is no finite number;
  /// ShapeError.
  template <class T>
  void read(std::span<T> features) const;

 private:
  void read_header();
  void find_names();
  void take_all_columns();
  [[noreturn]] void fail(std::size_t feature, const std::string& expected) const;

  CsvReader& rows_;
  FeatureColumns columns_;
  std::vector<std::size_t> position_;  ///< [count]: the column of each feature; empty until the first row is there
};

}  // namespace gradflow
