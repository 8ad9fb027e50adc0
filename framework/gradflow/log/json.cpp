#include <gradflow/log/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

unsigned byte(char c) { return static_cast<unsigned char>(c); }

/// Returns the length in bytes of the first UTF-8 character of a text that is not empty; 0 if the text does not begin
/// with a valid character.
std::size_t utf8_length(std::string_view text) {
  constexpr std::array<std::uint32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned lead = byte(text[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc0 || lead > 0xf7 || text.size() < length) return 0;
  std::uint32_t character = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(text[i]) & 0xc0U) != 0x80) return 0;
    character = character << 6 | (byte(text[i]) & 0x3fU);
  }
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  return character < smallest[length] || character > 0x10ffff || surrogate ? 0 : length;
}

std::string escaped(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (c == '"' || c == '\\') return {'\\', c};
  if (c == '\n') return "\\n";
  if (byte(c) >= 0x20) return {c};
  return std::string("\\u00") + digits[byte(c) >> 4] + digits[byte(c) & 15];
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) out += "\\ufffd";
    if (length == 1) out += escaped(text[0]);
    if (length > 1) out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + "\"";
}

std::string json_number(double number) { return std::isfinite(number) ? text(number) : "null"; }

std::string json_record(const Record& record) {
  std::string out = "{\"step\":" + std::to_string(record.step) + ",\"layer\":" + std::to_string(record.layer) +
                    ",\"quantity\":" + json_text(record.quantity) + ",\"value\":" + json_number(record.value);
  if (!record.bins.empty()) {
    out += ",\"bins\":[";
    for (const double bin : record.bins) out += json_number(bin) + ",";
    out.back() = ']';
  }
  return out + "}";
}

}  // namespace gradflow
