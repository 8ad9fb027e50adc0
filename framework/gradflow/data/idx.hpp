#pragma once
// IDX, the format of MNIST and its kin: images in one file, labels in another, each gzipped or plain.
#include <string>
#include <vector>

#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// What IDX files do not say.
struct IdxOptions {
  std::vector<std::string> class_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};  ///< by label
};

/// x: [images, height * width], row after row, pixels 0 ... 255 scaled to [0, 1]; y: [images, 1], the labels.
/// Throws std::system_error where a file cannot be read; FormatError for a file that is not IDX, holds something else
/// than unsigned bytes, is too short or too long, for a label without a name, and where the two files do not match.
/// Memory is taken for what a file holds, not for what its header promises; and a gzipped file may hold 200 times its
/// size, or 4 MiB, for more is a bomb: FormatError.
template <class T = float>
Dataset<T> load_idx(const std::string& images_path, const std::string& labels_path, const IdxOptions& options = {});

}  // namespace gradflow
