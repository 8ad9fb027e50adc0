#pragma once
#include <string>

#include <gradflow/log/file_sink.hpp>

namespace gradflow {

/// Returns false in a build without protobuf (Debian's packages protobuf-compiler and libprotobuf-dev).
bool can_write_tensorboard();

/// Which file a TensorBoardSink writes.
struct TensorBoardSinkOptions {
  bool append = false;  ///< true: continue the newest file of the folder, if it has one, for a resumed run
};

/// Writes scalars and histograms for TensorBoard: tensorboard --logdir FOLDER. The tag of a quantity is
/// "layer 3/delta_norm", or "network/train_loss" for the whole network. A record with bins becomes a histogram; its
/// value is not written. If the edges of the bins are not given, the histogram goes from 0 to the number of bins.
class TensorBoardSink final : public FileSink {
 public:
  /// Creates the folder if it is missing, and in the folder a new file,
  /// events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER. Throws std::system_error, with path and errno, if this fails.
  /// Throws std::runtime_error in a build without protobuf.
  explicit TensorBoardSink(const std::string& folder, TensorBoardSinkOptions options = {});

 private:
  void append(std::string& out, const Record& record) const override;
};

}  // namespace gradflow
