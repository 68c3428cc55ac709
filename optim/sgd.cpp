#include "optim/sgd.h"

#include "tensor/kernels/launch.h"
#include "tensor/kernels/update.h"

namespace weir {

Sgd::Sgd(std::vector<Parameter*> parameters, SgdOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  expects(options.momentum >= 0 && options.momentum < 1, "momentum must lie in [0, 1), found {}",
          options.momentum);
  expects(options.weight_decay >= 0, "weight decay must not be negative, found {}", options.weight_decay);
  for (const Parameter* parameter : parameters_) {
    const Tensor& value = parameter->value;
    momenta_.push_back(
        {"momentum/" + parameter->name, Tensor::zeros(value.shape(), value.device(), value.dtype())});
  }
}

void Sgd::step(const Gradients& gradients, OptimiserStep step) {
  for (const Parameter* parameter : parameters_) expect_gradient(gradients, *parameter);
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    Tensor& weight = parameters_[p]->value;
    const Tensor& gradient = gradients[*parameters_[p]];
    const double decay = decay_of(*parameters_[p], options_.weight_decay);
    with_real(weight.dtype(), [&](auto zero) {
      using Real = decltype(zero);
      const auto real = [](double x) { return static_cast<Real>(x); };
      for_each_index(
          weight.device(), weight.shape().volume(),
          SgdKernel<Real>{real(step.rate), real(options_.momentum), real(decay), real(step.gradient_factor),
                          options_.kind == Momentum::nesterov, gradient.read<Real>(),
                          momenta_[p].value.update<Real>(), weight.update<Real>()});
    });
  }
}

}  // namespace weir
