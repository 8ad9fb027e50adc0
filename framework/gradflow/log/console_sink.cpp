#include <gradflow/log/console_sink.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/names.hpp>
#include <gradflow/log/console_lines.hpp>
#include <gradflow/log/name_store.hpp>
#include <gradflow/log/throttle.hpp>
#include <gradflow/terminal/locale.hpp>
#include <gradflow/terminal/terminal.hpp>

namespace gradflow {
namespace {

using FileOutput = spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex>;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// The state of one kind of groups: its throttle, the number of skipped groups, and the last skipped group.
struct Kind {
  detail::Throttle throttle;
  std::size_t skipped = 0;
  std::vector<Record> last = {};
};

}  // namespace

class ConsoleSink::Printer {
 public:
  explicit Printer(const ConsoleSinkOptions& options)
      : options_(options),
        utf8_(locale_is_utf8()),
        // A progress bar leaves the cursor at its beginning. This sequence erases the bar; it is later drawn again.
        erase_(is_capable_terminal(options.file) ? "\r\x1b[J" : ""),
        logger_("gradflow", std::make_shared<FileOutput>(options.file)) {
    logger_.set_pattern("%v");
  }

  bool failed() const { return failed_; }

  void take(std::span<const Record> records) {
    if (records.empty() || failed_) return;
    try {
      show_or_hold_back(records);
    } catch (const std::bad_alloc&) {
      errno = ENOMEM;
      report_failure();
    }
  }

  void print_held_back() {
    for (const auto& [name, kind] : kinds_)
      if (kind.skipped > 0) print(kind.last, kind.skipped - 1);
  }

 private:
  void show_or_hold_back(std::span<const Record> records) {
    Kind& kind = kind_of(records[0].quantity);
    if (kind.throttle.admit(seconds())) {
      print(records, kind.skipped);
      kind.skipped = 0;
    } else {
      hold_back(kind, records);
    }
  }

  Kind& kind_of(std::string_view quantity) {
    const auto found = kinds_.find(quantity);
    if (found != kinds_.end()) return found->second;
    return kinds_.emplace(quantity, Kind{{options_.min_interval, options_.burst}}).first->second;
  }

  void hold_back(Kind& kind, std::span<const Record> records) {
    ++kind.skipped;
    kind.last.assign(records.begin(), records.end());
    for (Record& record : kind.last) {
      record.quantity = names_.keep(record.quantity);
      record.bins = {};
    }
  }

  void print(std::span<const Record> records, std::size_t skipped) {
    std::string text = erase_;
    if (skipped > 0) text += "(similar groups of lines skipped: " + std::to_string(skipped) + ")\n";
    errno = 0;
    logger_.info(text + detail::console_lines(records, utf8_));
    if (std::ferror(options_.file) != 0) report_failure();
  }

  void report_failure() {
    const int code = errno == 0 ? EIO : errno;  // 0: an earlier write, not by this sink, has failed
    if (failed_.exchange(true)) return;
    std::fprintf(stderr, "console: cannot write: %s; later records are dropped\n", std::strerror(code));
  }

  ConsoleSinkOptions options_;
  bool utf8_;
  std::string erase_;
  spdlog::logger logger_;
  std::map<std::string, Kind, std::less<>> kinds_;
  detail::NameStore names_;
  std::atomic<bool> failed_ = false;
};

ConsoleSink::ConsoleSink(ConsoleSinkOptions options) {
  check_range("console sink", "min_interval", options.min_interval, 0, std::numeric_limits<double>::infinity(), false);
  if (options.burst == 0) throw ValueError({"console sink", "burst", "0", "at least 1", {}});
  printer_ = std::make_unique<Printer>(options);
}

ConsoleSink::~ConsoleSink() {
  try {
    printer_->print_held_back();
  } catch (const std::exception&) {  // no memory for the last lines: the end of a run must not fail because of them
  }
}

bool ConsoleSink::failed() const { return printer_->failed(); }

void ConsoleSink::write_records(std::span<const Record> records) { printer_->take(records); }

}  // namespace gradflow
