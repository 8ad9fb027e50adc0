#pragma once
// Mean-field theory of a wide network before training, for any activation, the user's too: how the variance of z goes
// forward and the gradient back, layer by layer, from quadrature of the activation's own expression.
//
// z = h W + b, W ~ N(0, sigma_w^2 / fan_in), b ~ N(0, sigma_b^2), h = f(z of the layer before); q is the variance of z
// and Z ~ N(0, 1). Exact for infinite width. Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli 2016; Schoenholz, Gilmer,
// Ganguli & Sohl-Dickstein 2017.
#include <cstddef>
#include <optional>
#include <vector>

#include <gradflow/nn/activation_info.hpp>
#include <gradflow/nn/moments.hpp>

namespace gradflow {

/// MeanField{activation_info(Tanh{}), 1.5, 0.1}: the network that Normal(1.5, 0.1) draws; and with centred(activation)
/// that of Centred(1.5).
struct MeanField {
  ActivationInfo activation;  ///< f, of every layer
  double sigma_w = 1;         ///< weights have the variance sigma_w^2 / fan_in
  double sigma_b = 0;         ///< the standard deviation of the biases

  /// From q of one layer to q of the next: sigma_w^2 E f(sqrt(q) Z)^2 + sigma_b^2. Poole et al. 2016, eq. 3
  double next(double q) const;

  /// sigma_w^2 E f'(sqrt(q) Z)^2: by what the squared norm of dL/dz is multiplied on its way back into a layer of this
  /// q. Below 1 gradients vanish and inputs become alike; above 1 gradients explode and similar inputs move apart
  /// (chaos). For an infinite q, a very large one.
  double chi(double q) const;

  /// q*: the nearest fixed point of next() in the direction in which next() moves `start`; `start` itself if next()
  /// keeps it (relu with He keeps every q). 0 where q falls below 1e-9 with nothing to hold it, infinite where it grows
  /// beyond 1e12.
  double fixed_point(double start = 1) const;

  /// As relu with He does: next(q) is q, to 1e-9, for q of 1e-3, 1 and 1e3.
  bool keeps_every_variance() const;

  /// q of layers 1, 2, ..., by next(). first: q of layer 1, which is sigma_w^2 mean(x^2) + sigma_b^2.
  std::vector<double> variances(double first, std::size_t layers) const;

  /// sqrt(chi) of layers 1, ..., layers - 1: by what the norm of dL/dz is multiplied from layer l + 1 back to l.
  std::vector<double> factors(double first, std::size_t layers) const;
};

/// xi = 1 / |ln chi|, chi at q*: after this many layers the squared norm of the gradient has changed by a factor of e;
/// for chi < 1 so has the difference between two inputs, 1 - their correlation. Infinite at chi = 1, to 1e-10.
/// Schoenholz et al. 2017
double depth_scale(double chi);

/// Where q* = q and chi = 1: gradients of any depth neither vanish nor explode.
struct CriticalPoint {
  double sigma_w;  ///< as in MeanField
  double sigma_b;  ///< as in MeanField
  double q;        ///< the variance of z in every layer
};

/// The critical point whose q* is q: sigma_w^2 = 1 / E f'^2, sigma_b^2 = q - E f^2 / E f'^2. Nothing where that is
/// negative, or where next() drives away from q.
std::optional<CriticalPoint> critical_point_at(const ActivationInfo& activation, double q);

/// The critical point of biases of deviation sigma_b (0, or at least 1e-11: below, rounding hides it), with the
/// smallest q* in [0, 1e6]. Nothing where none is found: relu is critical at sigma_b = 0 alone, and softplus nowhere.
std::optional<CriticalPoint> critical_point_of(const ActivationInfo& activation, double sigma_b);

/// Without biases, the sigma_w that keeps q = 1 on the way forward: 1 / sqrt(E f^2). After eq. 10 of Glorot & Bengio
/// 2010, and eq. 10 of He, Zhang, Ren & Sun 2015
double forward_gain(const ActivationInfo& activation);
/// Without biases, the sigma_w that keeps the norm of dL/dz on the way back, at q = 1: 1 / sqrt(E f'^2). One sigma_w
/// cannot do both unless the two gains agree, as for relu: sqrt(2). After eq. 11 of Glorot & Bengio 2010, and eq. 14 of
/// He, Zhang, Ren & Sun 2015
double backward_gain(const ActivationInfo& activation);

/// f - f(0), with f's slopes: what a layer sees whose biases Centred has drawn.
ActivationInfo centred(ActivationInfo activation);

}  // namespace gradflow
