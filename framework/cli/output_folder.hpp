#pragma once
// The folder of a command's results: no other run writes into it meanwhile, and what is there is not overwritten.
#include <memory>
#include <string>
#include <vector>

#include <gradflow/base/file.hpp>

class OutputFolder {
 public:
  /// Made and locked. Where `typed` is empty, `usual`, or the first of "usual-2", "usual-3", ... that is free. Results
  /// of another run are removed where `overwrite` says so; else a folder that was typed and has some is refused with a
  /// UsageError, unless the run continues with what is there. Throws std::system_error where another run writes into
  /// it.
  static OutputFolder claim(const std::string& typed, const std::string& usual, bool overwrite);
  static OutputFolder resume(const std::string& path) { return OutputFolder(path); }

  const std::string& path() const { return path_; }

 private:
  explicit OutputFolder(std::string path);

  std::string path_;
  std::unique_ptr<gradflow::FolderLock> lock_;
};

/// The checkpoints' folders of all runs that a command has begun: "FOLDER/checkpoints/seed-1", ...
std::vector<std::string> checkpoint_folders(const std::string& folder);

/// Which results of a run are in a folder: "checkpoints", "metrics.csv"; empty where there is nothing.
std::string found_results(const std::string& folder);
