#include <gradflow/observers/progress_display.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include <sys/ioctl.h>

#include <gradflow/base/names.hpp>
#include <gradflow/log/terminal.hpp>

namespace gradflow {
namespace {

constexpr std::size_t usual_width = 80;

std::size_t terminal_width(std::FILE* file) {
  winsize size = {};
  if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const columns = std::getenv("COLUMNS");
  const long width = columns == nullptr ? 0 : std::strtol(columns, nullptr, 10);
  return width > 0 ? static_cast<std::size_t>(width) : usual_width;
}

double checked_interval(double seconds) {
  check_range("progress display", "min_interval", seconds, 0, std::numeric_limits<double>::infinity(), false);
  constexpr double longest = 1e9;  // what the clock can still count
  return std::min(seconds, longest);
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressOptions options)
    : file_(options.file),
      interval_(std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(checked_interval(options.min_interval)))),
      terminal_(is_capable_terminal(options.file)) {}

void ProgressDisplay::show(const void* run, const Progress& progress) {
  if (!terminal_ && !progress.stays) return;
  const std::lock_guard lock(mutex_);
  set(run, progress);
  if (!terminal_) return print(detail::progress_text(padded(progress)) + "\n");
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + interval_;
  redraw("");
}

void ProgressDisplay::finish(const void* run, const Progress& progress) {
  if (!terminal_ && !progress.stays) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(running_, [&](const Running& r) { return r.run == run; });
  if (terminal_)
    redraw(progress.stays ? detail::progress_bar(padded(progress), terminal_width(file_) - 1) + "\n" : "");
  else
    print(detail::progress_text(padded(progress)) + "\n");
}

void ProgressDisplay::set(const void* run, const Progress& progress) {
  label_width_ = std::max(label_width_, progress.label.size());
  const auto known = std::find_if(running_.begin(), running_.end(), [&](const Running& r) { return r.run == run; });
  if (known == running_.end())
    running_.push_back({run, progress});
  else
    known->progress = progress;
}

/// Erases the lines there are, writes what stays, and the lines below it.
void ProgressDisplay::redraw(const std::string& above) {
  const std::size_t width = terminal_width(file_) - 1;  // a full line would wrap
  std::string text = "\r\x1b[J" + above;
  for (std::size_t i = 0; i < running_.size(); ++i)
    text += (i == 0 ? "" : "\n") + detail::progress_bar(padded(running_[i].progress), width);
  if (running_.size() > 1) text += "\x1b[" + std::to_string(running_.size() - 1) + "A";
  print(text + "\r");
}

/// With a label as long as the longest, so that the lines are aligned.
Progress ProgressDisplay::padded(Progress progress) const {
  progress.label.resize(std::max(label_width_, progress.label.size()), ' ');
  return progress;
}

void ProgressDisplay::print(const std::string& text) const {
  std::fwrite(text.data(), 1, text.size(), file_);
  std::fflush(file_);
}

}  // namespace gradflow
