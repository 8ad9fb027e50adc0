#pragma once
// Records as rows of a table, one number in each: step, layer, quantity, value.
#include <span>
#include <string>
#include <string_view>

#include <gradflow/log/sink.hpp>

namespace gradflow {

/// A field as RFC 4180 has it: in quotes, and its quotes doubled, where a comma, a quote or the end of a line is in it.
std::string csv_text(std::string_view text);

/// As short as it can be read back exactly; "nan", "inf", "-inf".
std::string csv_number(double number);

/// A column before the others that has the same text in every row: {"activation", "relu"}
struct CsvColumn {
  std::string name;   ///< in the header: "activation"
  std::string value;  ///< in each row: "relu"
};

/// "activation,seed,step,layer,quantity,value\n"
std::string csv_header(std::span<const CsvColumn> columns = {});

/// "relu,1,250,0,delta_norm,0.00123\n"; layer -1 is the whole network. Bins follow as rows of their own, with the
/// quantities "slopes[0]", "slopes[1]", ...
void append_csv(std::string& out, std::span<const CsvColumn> columns, const Record& record);

}  // namespace gradflow
