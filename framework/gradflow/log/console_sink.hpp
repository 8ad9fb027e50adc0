#pragma once
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>

#include <gradflow/log/sink.hpp>

namespace gradflow {

/// How much a ConsoleSink shows, and where.
struct ConsoleSinkOptions {
  double min_interval = 0.1;  ///< seconds between groups of one kind, once the burst is used up; 0: show all
  std::size_t burst = 20;     ///< this many groups of a kind are shown without a wait: a short run is shown whole
  std::FILE* file = stdout;   ///< stays the caller's
};

/// One aligned line per layer and step. What one write() takes is a group, shown whole or not at all; groups that begin
/// with the same quantity are of one kind. How many were not shown is said before the next of their kind, and the last
/// of a kind is always shown, at the latest when the sink ends.
class ConsoleSink final : public Sink {
 public:
  /// Throws ValueError where min_interval is negative or burst is 0.
  explicit ConsoleSink(ConsoleSinkOptions options = {});
  ~ConsoleSink() override;
  /// True once something could not be written.
  bool failed() const;

 private:
  class Printer;

  void write_records(std::span<const Record> records) override;

  std::unique_ptr<Printer> printer_;
};

}  // namespace gradflow
