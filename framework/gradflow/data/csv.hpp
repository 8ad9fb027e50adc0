#pragma once
// Reads a CSV file into a data set.
#include <string>

#include <gradflow/data/classes.hpp>
#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// How a CSV file is read.
struct CsvOptions {
  bool header = true;               ///< the first row has the column names; false: the names are x0, x1, ...
  std::string label = {};           ///< name or position of the label column; 0: first, -1: last; empty: the last
  Target target = Target::classes;  ///< what the label column holds
  char separator = ',';             ///< between fields; must not be a quote, a line end or NUL
};

/// Reads a CSV file. Every column except the label column is a feature. Features must be finite numbers; parse_number()
/// reads them, and they are rounded to T. The class names are the label texts of the file. The class indices follow the
/// order of the names: numeric if all names are numbers, else alphabetic. CsvReader describes the accepted syntax.
/// Throws FormatError, with file and line, if a field or the file's form is wrong. Throws NameError or ValueError if
/// options.label matches no column. Throws ValueError if there are fewer than two classes. Throws FormatError if there
/// are more than 20 classes, all of them numbers, with fewer than three samples each on average: such labels are
/// regression values. Throws std::system_error if the file cannot be read.
template <class T = float>
Dataset<T> load_csv(const std::string& path, const CsvOptions& options = {});

}  // namespace gradflow
