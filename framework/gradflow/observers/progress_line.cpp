#include <gradflow/observers/progress_line.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace gradflow {

ProgressLine::ProgressLine(ProgressDisplay& display, Progress form)
    : display_(display), form_{.label = std::move(form.label), .unit = form.unit, .stays = form.stays} {}

bool ProgressLine::step(std::size_t done, std::size_t total, std::optional<double> loss) {
  if (done <= progress_.done) finish();  // the last run stopped early, and a new run begins
  if (!running_) start(done);
  progress_.done = done;
  progress_.total = total;
  progress_.loss = loss;
  return is_due();
}

void ProgressLine::show(std::span<const LayerLine> layers) {
  measure_time();
  display_.show(this, progress_, layers);
}

void ProgressLine::epoch(std::size_t step, const Evaluation& validation) {
  if (!std::isnan(validation.accuracy)) metric("accuracy", validation.accuracy);
  if (!std::isnan(validation.r2)) metric("r2", validation.r2);
  if (step + 1 == progress_.total) finish();
}

void ProgressLine::metric(std::string_view name, double value) {
  progress_.metric_name = name;
  progress_.metric = value;
}

void ProgressLine::finish() {
  if (!running_) return;
  running_ = false;
  progress_.finished = true;
  now_ = Clock::now();
  measure_time();
  display_.finish(this, progress_);
}

void ProgressLine::start(std::size_t done) {
  progress_ = form_;
  running_ = true;
  first_ = done;
  tenths_ = 0;
  started_ = next_ = Clock::now();
}

/// Returns true if the line should be drawn: on a terminal at each min_interval, elsewhere after each tenth of the run.
/// The last tenth is left to finish().
bool ProgressLine::is_due() {
  now_ = Clock::now();
  if (display_.is_terminal()) {
    if (now_ < next_) return false;
    next_ = now_ + display_.min_interval();
    return true;
  }
  const std::size_t tenths = progress_.done * 10 / progress_.total;
  return tenths < 10 && std::exchange(tenths_, tenths) < tenths;
}

void ProgressLine::measure_time() {
  progress_.seconds = std::chrono::duration<double>(now_ - started_).count();
  const auto steps = static_cast<double>(progress_.done - first_);
  progress_.rate = progress_.seconds > 0 ? steps / progress_.seconds : 0;
}

}  // namespace gradflow
