#pragma once
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>

#include <gradflow/log/sink.hpp>

namespace gradflow {

/// How much a ConsoleSink shows, and where.
struct ConsoleSinkOptions {
  double min_interval = 0.1;  ///< seconds between groups of one kind after `burst` groups; 0: show all
  std::size_t burst = 20;     ///< number of groups of a kind shown without delay: enough for a short run
  std::FILE* file = stdout;   ///< the output; the sink does not close this file
};

/// Prints records as text, one aligned line per layer and step. The records of one write() call are a group: a group is
/// printed completely or not at all. Groups whose first record has the same quantity are of one kind. If groups are
/// skipped, their number is printed before the next group of the same kind. The last group of each kind is always
/// printed, at the latest when the sink is destroyed.
class ConsoleSink final : public Sink {
 public:
  /// Throws ValueError if min_interval is negative or NaN, or if burst is 0.
  explicit ConsoleSink(ConsoleSinkOptions options = {});
  ~ConsoleSink() override;
  /// Returns whether a write has failed.
  bool failed() const;

 private:
  class Printer;

  void write_records(std::span<const Record> records) override;

  std::unique_ptr<Printer> printer_;
};

}  // namespace gradflow
