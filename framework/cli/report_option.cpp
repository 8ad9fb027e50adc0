#include <cli/report_option.hpp>

#include <gradflow/report/report.hpp>

void add_report_option(Options& options, bool& report, const std::string& what) {
  options.flag("--report,!--no-report", report, "write report.html: " + what + (report ? " [yes]" : " [no]"));
}

std::string write_page_if_asked(bool asked, const std::string& folder,
                                const std::function<void(const std::string& path)>& write) {
  if (!asked) return "";
  if (!gradflow::can_write_reports())
    return "No report.html: this build has no D3; apt-get install node-d3, then configure and build again.\n";
  const std::string path = folder + "/report.html";
  write(path);
  return "Open in a browser: " + path + "\n";
}
