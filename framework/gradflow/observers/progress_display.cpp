#include <gradflow/observers/progress_display.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include <gradflow/base/names.hpp>
#include <gradflow/terminal/terminal.hpp>

namespace gradflow {
namespace {

std::atomic<int> drawn_on = -1;  // file descriptor of the terminal that shows lines to be redrawn; -1: none
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not wait for a lock");

/// The terminal's size, in characters.
struct Size {
  std::size_t columns = 80, rows = 24;
};

void take_from_environment(std::size_t& size, const char* variable) {
  const char* const text = std::getenv(variable);
  const long number = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
  if (number > 0) size = static_cast<std::size_t>(number);
}

Size size_of(std::FILE* file) {
  winsize told = {};
  if (ioctl(fileno(file), TIOCGWINSZ, &told) == 0 && told.ws_col > 0 && told.ws_row > 0)
    return {told.ws_col, told.ws_row};
  Size size;
  take_from_environment(size.columns, "COLUMNS");
  take_from_environment(size.rows, "LINES");
  return size;
}

/// Returns the columns that a line may fill. A line as wide as the terminal would wrap.
std::size_t usable_width(const Size& size) { return size.columns - 1; }

/// Returns the number of lines that can be redrawn. The cursor cannot return to a line that has scrolled off the
/// screen. One line is left for earlier output.
std::size_t usable_height(const Size& size) { return std::max(size.rows, std::size_t{2}) - 1; }

double checked_interval(double seconds) {
  check_range("progress display", "min_interval", seconds, 0, std::numeric_limits<double>::infinity(), false);
  constexpr double longest = 1e9;  // seconds, which still fit into the clock's 64-bit nanoseconds
  return std::min(seconds, longest);
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressOptions options)
    : file_(options.file),
      interval_(std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(checked_interval(options.min_interval)))),
      terminal_(is_capable_terminal(options.file)) {}

void ProgressDisplay::show(const void* run, const Progress& progress, std::span<const LayerLine> layers) {
  if (!terminal_ && !progress.stays) return;
  const std::lock_guard lock(mutex_);
  set(run, progress, layers);
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
    redraw(progress.stays ? detail::progress_bar(padded(progress), usable_width(size_of(file_))) + "\n" : "");
  else
    print(detail::progress_text(padded(progress)) + "\n");
}

void ProgressDisplay::set(const void* run, const Progress& progress, std::span<const LayerLine> layers) {
  label_width_ = std::max(label_width_, progress.label.size());
  for (const LayerLine& layer : layers) scale_.include(layer.norm);
  auto known = std::find_if(running_.begin(), running_.end(), [&](const Running& r) { return r.run == run; });
  if (known == running_.end()) known = running_.insert(known, {run, {}, {}});
  known->progress = progress;
  known->layers.assign(layers.begin(), layers.end());
}

/// Erases the drawn lines, writes `above`, which stays, and draws the lines of the running runs below it.
void ProgressDisplay::redraw(const std::string& above) {
  const Size size = size_of(file_);
  const std::vector<std::string> drawn = lines(usable_width(size), usable_height(size));
  std::string text = "\r\x1b[J" + above;
  for (std::size_t i = 0; i < drawn.size(); ++i) text += (i == 0 ? "" : "\n") + drawn[i];
  if (drawn.size() > 1) text += "\x1b[" + std::to_string(drawn.size() - 1) + "A";
  print(text + "\r");
  drawn_on = drawn.empty() ? -1 : fileno(file_);
}

/// Returns the lines to draw. The runs' own lines have priority over lines of layers. The layers of a run are shown
/// only if all of them fit.
std::vector<std::string> ProgressDisplay::lines(std::size_t width, std::size_t height) const {
  const std::size_t shown = std::min(running_.size(), height);
  std::size_t room = height - shown, name_width = 0;
  for (const Running& running : running_)
    for (const LayerLine& layer : running.layers) name_width = std::max(name_width, layer.name.size());
  const detail::LayerLineStyle style{scale_, name_width, width, colours_are_wanted()};
  std::vector<std::string> all;
  for (std::size_t i = 0; i < shown; ++i) {
    all.push_back(detail::progress_bar(padded(running_[i].progress), width));
    const std::vector<LayerLine>& layers = running_[i].layers;
    if (layers.size() > room) continue;
    room -= layers.size();
    for (const LayerLine& layer : layers) all.push_back(detail::layer_line(layer, style));
  }
  return all;
}

/// Returns the progress with its label padded to the longest label, so that the lines are aligned.
Progress ProgressDisplay::padded(Progress progress) const {
  progress.label.resize(std::max(label_width_, progress.label.size()), ' ');
  return progress;
}

void ProgressDisplay::print(const std::string& text) const {
  std::fwrite(text.data(), 1, text.size(), file_);
  std::fflush(file_);
}

void detail::erase_drawn_lines() {
  constexpr std::string_view erase = "\x1b[m\r\x1b[J";
  if (const int terminal = drawn_on; terminal >= 0 && write(terminal, erase.data(), erase.size()) < 0) return;
}

}  // namespace gradflow
