#pragma once
// Saves a training run to a file. A run that is resumed from the file ends with the same bits as if it had never
// stopped. The file holds the model, as save_model() writes it, and the full state of the run. load_model() can read
// the model from the file.
#include <memory>
#include <string>
#include <vector>

#include <gradflow/io/model.hpp>
#include <gradflow/io/safetensors.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// A copy of the state of a run at one moment. Another thread may write the copy to a file while the run continues.
class Checkpoint {
 public:
  /// Copies the state. notes: your own texts, stored in the file
  template <class T>
  explicit Checkpoint(RunState<T>& run, const ModelInfo& info = {}, const Metadata& notes = {});
  Checkpoint(Checkpoint&&) noexcept;             ///< afterwards the source can only be assigned to or destroyed
  Checkpoint& operator=(Checkpoint&&) noexcept;  ///< afterwards the source can only be assigned to or destroyed
  ~Checkpoint();

  /// Writes the complete file or nothing. First makes sure that everything that sinks have written so far is on the
  /// disk. Returns when the file itself is on the disk. Throws std::system_error.
  void write(const std::string& path) const;
  /// Writes only the model, with the values of the best epoch so far. If no epoch has ended yet, writes the current
  /// values.
  void write_best(const std::string& path) const;

 private:
  struct Content;

  std::unique_ptr<const Content> content_;
};

/// Restores the run from the file. Throws std::system_error if the file cannot be read. Throws FormatError if the file
/// is damaged, or belongs to a run with other data, layers, options or observers. If it throws, the run is unchanged.
template <class T>
void load_checkpoint(const std::string& path, RunState<T>& run);

/// Returns the paths of all files named like "FOLDER/step-000000001200.safetensors", ordered by step. Returns an empty
/// list if the folder cannot be read.
std::vector<std::string> list_checkpoints(const std::string& folder);

/// The checkpoint in a folder that a run can resume from.
struct NewestCheckpoint {
  std::string path;                  ///< the newest undamaged checkpoint; empty: there is none
  Metadata notes;                    ///< the notes that were given to this checkpoint
  std::vector<std::string> skipped;  ///< for each newer checkpoint: why it cannot be used
};
/// Reads the checkpoints of a folder, newest first, until it finds an undamaged one. Returns an empty path if there is
/// none, or if the folder is missing or cannot be read.
NewestCheckpoint newest_checkpoint(const std::string& folder);

}  // namespace gradflow
