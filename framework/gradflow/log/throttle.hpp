#pragma once
#include <algorithm>
#include <cstddef>

namespace gradflow::detail {

/// Limits the rate of events with a token bucket: accepts up to `burst` events without delay and, in the long run, one
/// event per `interval` seconds.
class Throttle {
 public:
  Throttle(double interval, std::size_t burst)
      : interval_(interval), full_(static_cast<double>(burst)), tokens_(full_) {}

  /// Returns whether an event at time `now` is accepted. now: seconds of a clock that never goes back.
  bool admit(double now) {
    if (interval_ <= 0) return true;
    tokens_ = std::min(full_, tokens_ + std::max(0.0, now - last_) / interval_);
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double interval_, full_, tokens_;
  double last_ = 0;
};

}  // namespace gradflow::detail
