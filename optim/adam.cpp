#include "optim/adam.h"

#include <cmath>

#include "tensor/kernels/launch.h"

namespace weir {
namespace {

/// One weight and its two means, in place.
template <class Real>
struct AdamKernel {
  Real rate;           // over 1 - beta1^t, which takes the initial zeros out of the mean
  Real square_scale;   // 1 / sqrt(1 - beta2^t), the same for the mean of squares
  Real beta1, share1;  // share: 1 - beta, rounded once; 1 - 0.999f would be off by 5e-5 of itself
  Real beta2, share2;
  Real epsilon;
  Real decay_in_gradient, kept;  // kept: 1 - rate * decay where the decay is decoupled
  Real gradient_factor;
  const Real* gradient;
  Real* mean;
  Real* mean_square;
  Real* weight;

  WEIR_HD void operator()(Index i) const {
    const Real slope = gradient_factor * gradient[i] + decay_in_gradient * weight[i];
    mean[i] = beta1 * mean[i] + share1 * slope;
    mean_square[i] = beta2 * mean_square[i] + share2 * slope * slope;
    weight[i] = kept * weight[i] - rate * mean[i] / (std::sqrt(mean_square[i]) * square_scale + epsilon);
  }
};

}  // namespace

Adam::Adam(std::vector<Parameter*> parameters, AdamOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const auto& [name, beta] : {std::pair{"beta1", options.beta1}, std::pair{"beta2", options.beta2}})
    expects(beta >= 0 && beta < 1, "{} must lie in [0, 1), found {}", name, beta);
  expects(options.epsilon > 0, "epsilon must be positive, found {}", options.epsilon);
  expects(options.weight_decay >= 0, "weight decay must not be negative, found {}", options.weight_decay);
  state_.push_back({"steps", Tensor::zeros({1}, Device::reference())});
  for (const Parameter* parameter : parameters_) {
    const Tensor& value = parameter->value;
    for (const char* role : {"mean/", "mean_square/"})
      state_.push_back({role + parameter->name, Tensor::zeros(value.shape(), value.device(), value.dtype())});
  }
}

void Adam::step(const Gradients& gradients, OptimiserStep step) {
  for (const Parameter* parameter : parameters_) expect_gradient(gradients, *parameter);
  Tensor& steps = state_[0].value;
  const double t = steps.item() + 1;
  steps = Tensor::filled({1}, t, steps.device());
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    Tensor& weight = parameters_[p]->value;
    const Tensor& gradient = gradients[*parameters_[p]];
    const double decay = decay_of(*parameters_[p], options_.weight_decay);
    const bool decoupled = options_.kind == WeightDecay::decoupled;
    with_real(weight.dtype(), [&](auto zero) {
      using Real = decltype(zero);
      const auto real = [](double x) { return static_cast<Real>(x); };
      for_each_index(weight.device(), weight.shape().volume(),
                     AdamKernel<Real>{.rate = real(step.rate / (1 - std::pow(options_.beta1, t))),
                                      .square_scale = real(1 / std::sqrt(1 - std::pow(options_.beta2, t))),
                                      .beta1 = real(options_.beta1),
                                      .share1 = real(1 - options_.beta1),
                                      .beta2 = real(options_.beta2),
                                      .share2 = real(1 - options_.beta2),
                                      .epsilon = real(options_.epsilon),
                                      .decay_in_gradient = real(decoupled ? 0 : decay),
                                      .kept = real(decoupled ? 1 - step.rate * decay : 1),
                                      .gradient_factor = real(step.gradient_factor),
                                      .gradient = gradient.read<Real>(),
                                      .mean = state_[1 + 2 * p].value.update<Real>(),
                                      .mean_square = state_[2 + 2 * p].value.update<Real>(),
                                      .weight = weight.update<Real>()});
    });
  }
}

}  // namespace weir
