#pragma once
// Every error text of the library has the same form: "where: what: got G, expected E; hint".
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradflow {

/// The parts of an error's text.
struct ErrorDetails {
  std::string where;     ///< "layer 3 (dense 64 -> 32, tanh)", "iris.csv:17", "activation"
  std::string what;      ///< "inputs", "columns"; may be empty
  std::string got;       ///< "48 from layer 2"; empty if there is no value to show
  std::string expected;  ///< "64"
  std::string hint;      ///< how to fix the error, if known: "did you mean 'tanh'?"
};

/// Returns "where: what: got G, expected E; hint" without the empty parts. The text is always one line, even if a part
/// comes from a damaged file: each control character becomes '?', and each part is cut to its first 1000 bytes.
std::string text(const ErrorDetails& details);

/// Returns the shortest text from which the number can be read back exactly.
std::string text(double number);

/// Returns the text. A text longer than `longest` bytes is cut to at most this length and gets "..." at its end. No
/// UTF-8 character is cut in two.
std::string shortened(std::string_view text, std::size_t longest);

/// Returns the typed text in single quotes.
std::string in_quotes(std::string_view typed);

/// Thrown if two shapes do not fit together.
class ShapeError : public std::invalid_argument {
 public:
  /// what() returns text(details).
  explicit ShapeError(const ErrorDetails& details) : std::invalid_argument(text(details)) {}
};

/// Thrown for an unknown name, and for a text that does not have the form "name(key=number, ...)".
class NameError : public std::invalid_argument {
 public:
  /// what() returns text(details).
  explicit NameError(const ErrorDetails& details) : std::invalid_argument(text(details)) {}
};

/// Thrown for a number outside its range.
class ValueError : public std::invalid_argument {
 public:
  /// what() returns text(details).
  explicit ValueError(const ErrorDetails& details) : std::invalid_argument(text(details)) {}
};

/// Thrown if the content of a file is wrong.
class FormatError : public std::runtime_error {
 public:
  /// what() returns text(details).
  explicit FormatError(const ErrorDetails& details) : std::runtime_error(text(details)) {}
};

/// Throws std::system_error for the current errno: "runs/digits/metrics.csv: cannot write: No space left on device".
[[noreturn]] void throw_system_error(std::string_view path, std::string_view what);

}  // namespace gradflow
