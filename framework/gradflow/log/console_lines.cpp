#include <gradflow/log/console_lines.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace gradflow::detail {
namespace {

struct Symbol {
  std::string_view quantity, utf8, ascii;
};

constexpr std::array<Symbol, 3> symbols = {{
    {"weight_gradient_norm", "‖dL/dW‖", "|dL/dW|"},
    {"bias_gradient_norm", "‖dL/db‖", "|dL/db|"},
    {"delta_norm", "‖dL/dz‖", "|dL/dz|"},
}};

std::string_view symbol(std::string_view quantity, bool utf8) {
  for (const Symbol& known : symbols)
    if (known.quantity == quantity) return utf8 ? known.utf8 : known.ascii;
  return quantity;
}

/// Returns "  ‖dL/dz‖ 1.23e-04". Norms are in scientific notation, because they span many powers of ten; other
/// quantities are easier to read without it.
std::string cell(const Record& record, bool utf8) {
  const std::string_view name = symbol(record.quantity, utf8);
  if (record.quantity.ends_with("_norm")) return fmt::format("  {} {:>8.2e}", name, record.value);
  return fmt::format("  {} {:<8.4g}", name, record.value);
}

/// Returns blanks, as wide as a cell of this quantity.
std::string blank(std::string_view quantity) { return std::string(symbol(quantity, false).size() + 11, ' '); }

/// Returns the quantities that belong to single layers, each once, in the order of the records.
std::vector<std::string_view> columns_of(std::span<const Record> records) {
  std::vector<std::string_view> columns;
  for (const Record& record : records)
    if (record.layer >= 0 && std::find(columns.begin(), columns.end(), record.quantity) == columns.end())
      columns.push_back(record.quantity);
  return columns;
}

bool on_one_line(const Record& a, const Record& b) { return a.step == b.step && a.layer == b.layer; }

/// records: the records of this line.
std::string line_of_layer(std::span<const Record> records, std::span<const std::string_view> columns, bool utf8) {
  std::string line = fmt::format("step {:5}  layer {:2}", records[0].step, records[0].layer);
  for (const std::string_view column : columns) {
    const auto found =
        std::find_if(records.begin(), records.end(), [&](const Record& r) { return r.quantity == column; });
    line += found == records.end() ? blank(column) : cell(*found, utf8);
  }
  return line;
}

std::string line_of_network(std::span<const Record> records, bool utf8) {
  std::string line = fmt::format("step {:5}", records[0].step);
  for (const Record& record : records) line += cell(record, utf8);
  return line;
}

}  // namespace

std::string console_lines(std::span<const Record> records, bool utf8) {
  const std::vector<std::string_view> columns = columns_of(records);
  std::string lines;
  for (std::size_t begin = 0, end = 0; begin < records.size(); begin = end) {
    while (end < records.size() && on_one_line(records[begin], records[end])) ++end;
    const auto of_line = records.subspan(begin, end - begin);
    std::string line = of_line[0].layer < 0 ? line_of_network(of_line, utf8) : line_of_layer(of_line, columns, utf8);
    line.erase(line.find_last_not_of(' ') + 1);
    lines += (lines.empty() ? "" : "\n") + line;
  }
  return lines;
}

}  // namespace gradflow::detail
