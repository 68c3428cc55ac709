#include "optim/optimiser.h"

namespace weir {

const Tensor& expect_gradient(const Gradients& gradients, const Parameter& parameter) {
  const Tensor& gradient = gradients[parameter];
  expects(gradient.shape() == parameter.value.shape(), "the gradient of {} is {}, the parameter {}",
          parameter.name, to_string(gradient.shape()), to_string(parameter.value.shape()));
  return gradient;
}

double decay_of(const Parameter& parameter, double decay) {
  return parameter.value.shape().rank() >= 2 ? decay : 0;
}

}  // namespace weir
