#pragma once
// FormulaError: the error for a wrong formula. It shows the place in the formula.
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradflow {

/// A text that is not a formula. what() has three lines: the error in the usual form, with the column; the text; and a
/// caret under the place.
class FormulaError : public std::invalid_argument {
 public:
  /// place: the byte of the text at which the caret stands, from 0 to the length of the text.
  FormulaError(std::string_view text, std::size_t place, const std::string& got, const std::string& expected,
               const std::string& hint = {});
  std::size_t column() const { return column_; }  ///< the caret's column, in characters, counted from 1

 private:
  std::size_t column_;
};

namespace detail {

/// Returns whether the byte is part of a UTF-8 character, but not its first byte.
inline bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace detail
}  // namespace gradflow
