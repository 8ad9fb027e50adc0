#pragma once
// Loads Fashion-MNIST from the files of Debian's package dataset-fashion-mnist.
#include <string>

#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// Loads Fashion-MNIST (Xiao, Rasul & Vollgraf 2017): photographs of clothes, 28 x 28 pixels in [0, 1], ten classes,
/// 60,000 samples for training and 10,000 for testing. The folder must contain train-images-idx3-ubyte.gz,
/// train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz, or the same files without .gz.
/// Throws std::system_error, with the name of the package, if a file is missing. Also throws what load_idx() throws.
template <class T = float>
Split<T> load_fashion_mnist(const std::string& folder = "/usr/share/datasets/fashion-mnist");

}  // namespace gradflow
