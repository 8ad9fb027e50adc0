#include <gradflow/log/csv_rows.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

void append_row(std::string& out, std::span<const CsvColumn> columns, const Record& record, std::string_view quantity,
                double value) {
  for (const CsvColumn& column : columns) out += csv_text(column.value) + ",";
  out += std::to_string(record.step) + "," + std::to_string(record.layer) + ",";
  out += csv_text(quantity) + "," + csv_number(value) + "\n";
}

}  // namespace

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv_number(double number) { return std::isnan(number) ? "nan" : text(number); }

std::string csv_header(std::span<const CsvColumn> columns) {
  std::string out;
  for (const CsvColumn& column : columns) out += csv_text(column.name) + ",";
  return out + "step,layer,quantity,value\n";
}

void append_csv(std::string& out, std::span<const CsvColumn> columns, const Record& record) {
  append_row(out, columns, record, record.quantity, record.value);
  for (std::size_t i = 0; i < record.bins.size(); ++i)
    append_row(out, columns, record, std::string(record.quantity) + "[" + std::to_string(i) + "]", record.bins[i]);
}

}  // namespace gradflow
