#pragma once
// Mean-field theory of a wide network before training, for any activation, including your own. It predicts layer by
// layer how the variance of z changes on the way forward, and how the gradient changes on the way back. The averages
// over z are computed by quadrature of the activation's own expression.
//
// The model: z = h W + b, W ~ N(0, sigma_w^2 / fan_in), b ~ N(0, sigma_b^2), h = f(z of the layer before). q is the
// variance of z, and Z ~ N(0, 1). The theory is exact for infinite width. Sources: Poole, Lahiri, Raghu, Sohl-Dickstein
// & Ganguli 2016; Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017.
#include <cstddef>
#include <optional>
#include <vector>

#include <gradflow/nn/activation_info.hpp>
#include <gradflow/nn/moments.hpp>

namespace gradflow {

/// A network before training. MeanField{activation_info(Tanh{}), 1.5, 0.1}, with sigma_w = 1.5 and sigma_b = 0.1, is a
/// network that Normal(1.5, 0.1) draws. MeanField{centred(activation), 1.5} is a network that Centred(1.5) draws.
struct MeanField {
  ActivationInfo activation;  ///< f, the same in every layer
  double sigma_w = 1;         ///< weights have the variance sigma_w^2 / fan_in
  double sigma_b = 0;         ///< the standard deviation of the biases

  /// Returns the q of the next layer, given the q of this layer: sigma_w^2 E f(sqrt(q) Z)^2 + sigma_b^2. Poole et al.
  /// 2016, eq. 3.
  double next(double q) const;

  /// Returns sigma_w^2 E f'(sqrt(q) Z)^2: the factor by which a layer of this q multiplies the squared norm of dL/dz on
  /// its way back. Below 1 gradients vanish and inputs become alike. Above 1 gradients explode and similar inputs move
  /// apart (chaos). For an infinite q, uses q = 1e12.
  double chi(double q) const;

  /// Returns q*: the nearest fixed point of next() in the direction in which next() moves `start`. If next() keeps
  /// `start`, returns `start` (relu with He keeps every q). Returns 0 if q falls below 1e-9 and next(0) is 0. Returns
  /// infinity if q grows beyond 1e12.
  double fixed_point(double start = 1) const;

  /// Returns whether next(q) equals q, to 1e-9, for q of 1e-3, 1 and 1e3. Relu with He does this.
  bool keeps_every_variance() const;

  /// Returns the q of layers 1, 2, ..., computed by next(). first: the q of layer 1, which is sigma_w^2 mean(x^2) +
  /// sigma_b^2. layers: how many layers.
  std::vector<double> variances(double first, std::size_t layers) const;

  /// Returns sqrt(chi) of layers 1, ..., layers - 1: the factor by which the norm of dL/dz is multiplied on its way
  /// from layer l + 1 back to layer l. first: the q of layer 1.
  std::vector<double> factors(double first, std::size_t layers) const;
};

/// Returns xi = 1 / |ln chi|, where chi is taken at q*. After this many layers the squared norm of the gradient has
/// changed by a factor of e. For chi < 1 the difference between two inputs (1 - their correlation) has shrunk by a
/// factor of e as well. Returns infinity if |ln chi| is at most 1e-10. Schoenholz et al. 2017.
double depth_scale(double chi);

/// A point with q* = q and chi = 1: gradients neither vanish nor explode at any depth.
struct CriticalPoint {
  double sigma_w;  ///< as in MeanField
  double sigma_b;  ///< as in MeanField
  double q;        ///< the variance of z in every layer
};

/// Returns the critical point with q* = q: sigma_w^2 = 1 / E f'^2, sigma_b^2 = q - E f^2 / E f'^2. Returns nothing if
/// this sigma_b^2 is negative, if sigma_w is not finite, or if next() moves away from q.
std::optional<CriticalPoint> critical_point_at(const ActivationInfo& activation, double q);

/// Returns the critical point for biases of standard deviation sigma_b; if there are several, the one with the smallest
/// q* in [0, 1e6]. sigma_b must be 0 or at least 1e-11; between these, rounding hides the point. Returns nothing if no
/// point is found: relu is critical only at sigma_b = 0, and softplus is never critical.
std::optional<CriticalPoint> critical_point_of(const ActivationInfo& activation, double sigma_b);

/// Returns the sigma_w that keeps q = 1 on the way forward, without biases: 1 / sqrt(E f^2). After eq. 10 of Glorot &
/// Bengio 2010, and eq. 10 of He, Zhang, Ren & Sun 2015.
double forward_gain(const ActivationInfo& activation);
/// Returns the sigma_w with which a layer does not change the norm of dL/dz, for q = 1 and no biases: 1 / sqrt(E f'^2).
/// One sigma_w can keep both q and this norm only if the two gains agree, as for relu: sqrt(2). After eq. 11 of Glorot
/// & Bengio 2010, and eq. 14 of He, Zhang, Ren & Sun 2015.
double backward_gain(const ActivationInfo& activation);

/// Returns f - f(0), which has the slopes of f. A layer whose biases were drawn by Centred behaves as if it had this
/// activation.
ActivationInfo centred(ActivationInfo activation);

}  // namespace gradflow
