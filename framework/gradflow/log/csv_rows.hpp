#pragma once
// Formats records as CSV rows with one number per row: step, layer, quantity, value.
#include <span>
#include <string>
#include <string_view>

#include <gradflow/log/sink.hpp>

namespace gradflow {

/// Returns the text as a CSV field (RFC 4180). A text that contains a comma, a quote or a line end is put in quotes,
/// and its own quotes are doubled.
std::string csv_text(std::string_view text);

/// Returns the shortest text that reads back as exactly the same number; "nan", "inf" or "-inf" if it is not finite.
std::string csv_number(double number);

/// An extra column, before the other columns, with the same text in every row: {"activation", "relu"}
struct CsvColumn {
  std::string name;   ///< text in the header: "activation"
  std::string value;  ///< text in each row: "relu"
};

/// Returns the header line: "activation,seed,step,layer,quantity,value\n".
std::string csv_header(std::span<const CsvColumn> columns = {});

/// Appends the row of a record: "relu,1,250,0,delta_norm,0.00123\n". Layer -1 is the whole network. Each bin of a
/// histogram gets a further row, with the quantities "slopes[0]", "slopes[1]", ...
void append_csv(std::string& out, std::span<const CsvColumn> columns, const Record& record);

}  // namespace gradflow
