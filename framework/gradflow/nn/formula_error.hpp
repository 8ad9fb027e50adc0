#pragma once
// The error of a formula: it shows the place.
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradflow {

/// A text that is not a formula. what() has three lines: the error in the usual form, with the column; the text; and a
/// caret under the place.
class FormulaError : public std::invalid_argument {
 public:
  /// place: the byte of the text at which the caret stands, from 0 to its length.
  FormulaError(std::string_view text, std::size_t place, const std::string& got, const std::string& expected,
               const std::string& hint = {});
  std::size_t column() const { return column_; }  ///< the caret's column, in characters, counted from 1

 private:
  std::size_t column_;
};

namespace detail {

/// Whether the byte is inside a character of UTF-8, not its first byte.
inline bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace detail
}  // namespace gradflow
