#pragma once
// Reads IDX files, the format of MNIST and similar data sets: images in one file, labels in another, each gzipped or
// plain.
#include <string>
#include <vector>

#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// Information that IDX files do not contain.
struct IdxOptions {
  std::vector<std::string> class_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};  ///< name of each label
};

/// Loads images and their labels. x: [images, height * width], the rows of an image one after the other, pixels 0 ...
/// 255 scaled to [0, 1]. y: [images, 1], the labels. Throws std::system_error if a file cannot be read. Throws
/// FormatError if a file is not IDX, has elements other than unsigned bytes, or is too short or too long, if a label
/// has no name, or if the numbers of images and labels differ. Memory grows with the bytes that a file really has, not
/// with the size that its header announces. A gzipped file may unpack to 200 times its size, or to 4 MiB if that is
/// more. Throws FormatError if the header announces more, because the file may be a decompression bomb.
template <class T = float>
Dataset<T> load_idx(const std::string& images_path, const std::string& labels_path, const IdxOptions& options = {});

}  // namespace gradflow
