#pragma once
// A CSV file as a data set.
#include <string>

#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// What the label column holds: classes (numbers or texts), or the values of a regression.
enum class Target { classes, values };

/// How a CSV file is read.
struct CsvOptions {
  bool header = true;      ///< the first row has the names of the columns; without: x0, x1, ...
  std::string label = {};  ///< the column by name, or by position from 0, negative from the end; empty: the last
  Target target = Target::classes;  ///< what the label column holds
  char separator = ',';             ///< between fields: no quote, line end or NUL
};

/// All columns but the label's are features and hold finite numbers, as parse_number() reads them, rounded to T.
/// Classes get their index in the order of their names, which are the texts of the file: by number where all are
/// numbers, else by alphabet. See CsvTable for what a file may look like.
/// Throws FormatError, with file and line, for what is not so; NameError or ValueError for a label that no column has;
/// ValueError for fewer than two classes; FormatError where the classes are more than 20 numbers with fewer than three
/// samples each on average, for these are values; std::system_error where the file cannot be read.
template <class T = float>
Dataset<T> load_csv(const std::string& path, const CsvOptions& options = {});

}  // namespace gradflow
