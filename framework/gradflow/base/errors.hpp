#pragma once
// Every error of the library has one form: "where: what: got G, expected E; and the way out".
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradflow {

/// The parts of an error's text.
struct ErrorDetails {
  std::string where;     ///< "layer 3 (dense 64 -> 32, tanh)", "iris.csv:17", "activation"
  std::string what;      ///< "inputs", "columns"; may be empty
  std::string got;       ///< "48 from layer 2"; empty where nothing was there to be got
  std::string expected;  ///< "64"
  std::string hint;      ///< the way out, where there is one: "did you mean 'tanh'?"
};

/// "where: what: got G, expected E; hint"; parts that are empty are left out. One line, whatever the parts hold: they
/// may come from a file that holds anything. '?' stands for a control character, and of a part come its first 1000
/// bytes.
std::string text(const ErrorDetails& details);

/// A number as short as it can be read back exactly.
std::string text(double number);

/// The first bytes of a text that is longer, and "..."; a character of UTF-8 is not cut in two.
std::string shortened(std::string_view text, std::size_t longest);

/// What a user typed, in quotes.
std::string in_quotes(std::string_view typed);

/// Two shapes that do not fit together.
class ShapeError : public std::invalid_argument {
 public:
  /// Its what() is text(details).
  explicit ShapeError(const ErrorDetails& details) : std::invalid_argument(text(details)) {}
};

/// A name that is in no list.
class NameError : public std::invalid_argument {
 public:
  /// Its what() is text(details).
  explicit NameError(const ErrorDetails& details) : std::invalid_argument(text(details)) {}
};

/// A number outside its range.
class ValueError : public std::invalid_argument {
 public:
  /// Its what() is text(details).
  explicit ValueError(const ErrorDetails& details) : std::invalid_argument(text(details)) {}
};

/// A file whose content is not what it should be.
class FormatError : public std::runtime_error {
 public:
  /// Its what() is text(details).
  explicit FormatError(const ErrorDetails& details) : std::runtime_error(text(details)) {}
};

/// What the system refused, with errno's words: "runs/digits/metrics.csv: cannot write: No space left on device".
[[noreturn]] void throw_system_error(std::string_view path, std::string_view what);

}  // namespace gradflow
