#include <gradflow/data/fashion_mnist.hpp>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/idx.hpp>

namespace gradflow {
namespace {

/// Returns the path of the gzipped file, or of the plain file if there is no gzipped one. Throws std::system_error
/// (ENOENT) if neither is found, also if the reason is that the folder cannot be searched.
std::string find(const std::string& folder, const std::string& name) {
  std::error_code error;
  for (const auto& path : {std::filesystem::path(folder) / (name + ".gz"), std::filesystem::path(folder) / name})
    if (std::filesystem::exists(path, error)) return path.string();
  errno = ENOENT;
  throw_system_error(folder + "/" + name + ".gz",
                     "cannot read; Fashion-MNIST is in Debian's package dataset-fashion-mnist "
                     "(apt-get install dataset-fashion-mnist)");
}

template <class T>
Dataset<T> load_part(const std::string& folder, const std::string& part) {
  const std::string images = find(folder, part + "-images-idx3-ubyte");
  const std::string labels = find(folder, part + "-labels-idx1-ubyte");
  return load_idx<T>(images, labels,
                     {.class_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                                      "Sneaker", "Bag", "Ankle boot"}});
}

}  // namespace

template <class T>
Split<T> load_fashion_mnist(const std::string& folder) {
  return {load_part<T>(folder, "train"), load_part<T>(folder, "t10k")};
}

template Split<float> load_fashion_mnist(const std::string&);
template Split<double> load_fashion_mnist(const std::string&);

}  // namespace gradflow
