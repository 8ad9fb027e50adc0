#pragma once
// The folder for a command's results. While this object exists no other run can write into the folder. Results of
// another run are not overwritten unless the user asks for it.
#include <memory>
#include <string>
#include <vector>

#include <gradflow/base/file.hpp>

class OutputFolder {
 public:
  /// Makes and locks the folder `typed`. If `typed` is empty, takes the first free folder of `usual`, "usual-2",
  /// "usual-3" and so on. A folder is free if no other run uses it and it has no results; with `overwrite` it may have
  /// results. With `overwrite` removes the results of another run. Without it throws UsageError if the typed folder has
  /// results. Throws std::system_error if another run writes into the typed folder.
  static OutputFolder claim(const std::string& typed, const std::string& usual, bool overwrite);
  /// Locks the folder and keeps its results, for a run that continues. Throws std::system_error as claim() does.
  static OutputFolder resume(const std::string& path) { return OutputFolder(path); }

  const std::string& path() const { return path_; }

 private:
  explicit OutputFolder(std::string path);

  std::string path_;
  std::unique_ptr<gradflow::FolderLock> lock_;
};

/// Returns the checkpoint folders of all runs of a command: "FOLDER/checkpoints/seed-1", ...
std::vector<std::string> checkpoint_folders(const std::string& folder);

/// Returns the first result of a run in the folder, by name: "checkpoints", "metrics.csv". Empty if the folder has
/// none.
std::string found_results(const std::string& folder);
