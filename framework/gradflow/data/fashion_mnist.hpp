#pragma once
// Fashion-MNIST from the files of Debian's package dataset-fashion-mnist.
#include <string>

#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// Xiao, Rasul & Vollgraf 2017: photographs of clothes, 28 x 28 pixels in [0, 1], ten classes; 60,000 to train with and
/// 10,000 to test. The folder holds train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz and the same two of t10k,
/// or their names without .gz. Throws std::system_error where they are not there, naming the package, else as
/// load_idx().
template <class T = float>
Split<T> load_fashion_mnist(const std::string& folder = "/usr/share/datasets/fashion-mnist");

}  // namespace gradflow
