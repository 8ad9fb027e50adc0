#pragma once
// The page that a command writes where it is asked for one.
#include <functional>
#include <string>

#include <cli/command_line.hpp>

/// --report and --no-report; the help says what the page is, and whether it is written by default.
void add_report_option(Options& options, bool& report, const std::string& what);

/// Writes FOLDER/report.html, by a function of its path, where it is asked for and the build can. Returns a line about
/// it; nothing where it is not asked for.
std::string write_page_if_asked(bool asked, const std::string& folder,
                                const std::function<void(const std::string& path)>& write);
