#include <cli/output_folder.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include <gradflow/base/errors.hpp>

#include <cli/command_line.hpp>

using namespace gradflow;

namespace {

namespace fs = std::filesystem;

/// Returns whether a run writes a file or folder of this name. Models may have a longer name:
/// "model-seed-2.safetensors".
bool is_result(const std::string& name) {
  constexpr std::array<std::string_view, 6> results = {"checkpoints",  "metrics.csv", "gradients.csv",
                                                       "summary.json", "report.html", "tensorboard"};
  for (const std::string_view result : results)
    if (name == result) return true;
  return name.starts_with("model") && (name.ends_with(".safetensors") || name.ends_with(".onnx"));
}

template <class F>
void for_each_result(const std::string& folder, const F& f) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (is_result(entry->path().filename().string())) f(entry->path());
}

}  // namespace

OutputFolder::OutputFolder(std::string path) : path_(std::move(path)), lock_(std::make_unique<FolderLock>(path_)) {}

OutputFolder OutputFolder::claim(const std::string& typed, const std::string& usual, bool overwrite) {
  for (std::size_t number = 1;; ++number) {
    const std::string path = !typed.empty() ? typed : number == 1 ? usual : usual + "-" + std::to_string(number);
    make_folder(path);
    if (typed.empty() && !overwrite && !found_results(path).empty()) continue;
    try {
      OutputFolder folder(path);
      const std::string found = found_results(path);
      if (!found.empty() && !overwrite && typed.empty()) continue;
      if (!found.empty() && !overwrite)
        throw UsageError(text({"--output", in_quotes(path), found + " of another run", "a folder without results",
                               "--overwrite replaces them"}));
      for_each_result(path, [](const fs::path& result) { fs::remove_all(result); });
      return folder;
    } catch (const std::system_error& error) {
      if (error.code() != std::errc::device_or_resource_busy || !typed.empty()) throw;
    }
  }
}

std::vector<std::string> checkpoint_folders(const std::string& folder) {
  std::vector<std::string> folders;
  std::error_code error;
  for (fs::directory_iterator entry(folder + "/checkpoints", error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().filename().string().starts_with("seed-")) folders.push_back(entry->path().string());
  std::ranges::sort(folders);
  return folders;
}

std::string found_results(const std::string& folder) {
  std::string first;
  for_each_result(folder, [&](const fs::path& result) {
    const std::string name = result.filename().string();
    if (first.empty() || name < first) first = name;
  });
  return first;
}
