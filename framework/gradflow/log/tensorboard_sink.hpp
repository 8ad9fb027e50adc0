#pragma once
#include <string>

#include <gradflow/log/file_sink.hpp>

namespace gradflow {

/// False in a build without protobuf (Debian's packages protobuf-compiler and libprotobuf-dev).
bool can_write_tensorboard();

/// Scalars and histograms for TensorBoard: tensorboard --logdir FOLDER. A quantity's tag is "layer 3/delta_norm", or
/// "network/train_loss" where it is of the whole network. A record with bins is a histogram of them; its value is not
/// written. Where their edges are not said, they go from 0 to their number. A resumed run has one file
/// more.
class TensorBoardSink final : public FileSink {
 public:
  /// Makes the folder, unless it exists, and in it a new file, events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER. Throws
  /// std::system_error with path and errno, std::runtime_error without protobuf.
  explicit TensorBoardSink(const std::string& folder);

 private:
  void append(std::string& out, const Record& record) const override;
  void visit_written(StateVisitor&) override {}
};

}  // namespace gradflow
