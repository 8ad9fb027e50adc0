#pragma once
// Layers that normalise: layer_norm and rms_norm by sample, batch_norm by unit. Each multiplies the normalised numbers
// by a gain; layer_norm and batch_norm also add a bias. Gains are 1 at first, biases 0.
#include <cstddef>

#include <gradflow/nn/layer.hpp>

namespace gradflow {

/// The options of layer_norm() and rms_norm().
struct NormOptions {
  double eps = 1e-5;  ///< is added under the root: at least 0
};

/// The options of batch_norm().
struct BatchNormOptions {
  double eps = 1e-5;      ///< is added under the root: at least 0
  double momentum = 0.1;  ///< the weight of the newest batch in the running statistics: in [0, 1]
};

/// Makes a layer that normalises each sample: a = gain (x - mean) / sqrt(variance + eps) + bias, where mean and
/// variance are taken over the `width` units of the sample. Ba, Kiros & Hinton 2016. Blocks: "gain" and "bias", [1,
/// width]. Throws ShapeError if width is 0, ValueError if eps is out of range.
template <class T = float>
LayerPtr<T> layer_norm(std::size_t width, NormOptions options = {});

/// Makes a layer that divides each sample by its size: a = gain x / sqrt(mean of x^2 + eps). Zhang & Sennrich 2019.
/// Block: "gain", [1, width]. Throws what layer_norm() throws.
template <class T = float>
LayerPtr<T> rms_norm(std::size_t width, NormOptions options = {});

/// Makes a layer that normalises each unit: a = gain (x - mean) / sqrt(variance + eps) + bias. In training, mean and
/// variance are taken over the batch. In evaluation, they are the running statistics, the state of the layer:
/// "running_mean" and "running_variance", [1, width], 0 and 1 at first. Network::update_state() moves them by
/// `momentum` towards mean and variance of the batch; the variance with n - 1 in place of n, as in PyTorch. Ioffe &
/// Szegedy 2015. Blocks: "gain" and "bias", [1, width]. In training, forward() throws ShapeError for a batch of one
/// sample, which has no variance. Throws what layer_norm() throws.
template <class T = float>
LayerPtr<T> batch_norm(std::size_t width, BatchNormOptions options = {});

}  // namespace gradflow
