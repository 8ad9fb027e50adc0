#pragma once
// The options --report and --no-report, and the page that they control.
#include <functional>
#include <string>

#include <cli/command_line.hpp>

/// Adds --report and --no-report. what: text for the help about the page. The initial value of report is the default.
void add_report_option(Options& options, bool& report, const std::string& what);

/// Calls write(FOLDER/report.html) if the page is asked for and the build has D3. Returns a line about the page for the
/// terminal; empty if the page is not asked for.
std::string write_page_if_asked(bool asked, const std::string& folder,
                                const std::function<void(const std::string& path)>& write);
