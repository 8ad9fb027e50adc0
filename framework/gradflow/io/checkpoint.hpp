#pragma once
// A run in a file, so that it continues as if it had never stopped, to the last bit: the model, as save_model() writes
// it, and beside it all that the run remembers. load_model() reads the model from it.
#include <memory>
#include <string>
#include <vector>

#include <gradflow/io/model.hpp>
#include <gradflow/io/safetensors.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// What a run is at one moment: a copy, which another thread may write during the run.
class Checkpoint {
 public:
  /// notes: texts of yours
  template <class T>
  explicit Checkpoint(RunState<T>& run, const ModelInfo& info = {}, const Metadata& notes = {});
  Checkpoint(Checkpoint&&) noexcept;             ///< the source can then only be assigned to or destroyed
  Checkpoint& operator=(Checkpoint&&) noexcept;  ///< the source can then only be assigned to or destroyed
  ~Checkpoint();

  /// Writes the file whole or not at all, and returns when the system has it on its disk, and before it what sinks have
  /// written so far. Throws std::system_error.
  void write(const std::string& path) const;
  /// The model alone, with the parameters of the best epoch so far; where none has ended, those of the moment.
  void write_best(const std::string& path) const;

 private:
  struct Content;

  std::unique_ptr<const Content> content_;
};

/// Puts all of it back. Throws std::system_error where the file cannot be read; FormatError where it is damaged, or
/// where it is of another run: of other data, layers, options or observers. Then the run is as it was.
template <class T>
void load_checkpoint(const std::string& path, RunState<T>& run);

/// "FOLDER/step-000000001200.safetensors": in the order of the steps, the files that are named so.
std::vector<std::string> list_checkpoints(const std::string& folder);

/// What a folder has to resume from.
struct NewestCheckpoint {
  std::string path;                  ///< the newest one that is whole; empty: there is none
  Metadata notes;                    ///< as it was given them
  std::vector<std::string> skipped;  ///< what is wrong with newer ones
};
/// Reads checkpoints from the newest on until one is whole. A folder that is missing or cannot be read has none.
NewestCheckpoint newest_checkpoint(const std::string& folder);

}  // namespace gradflow
