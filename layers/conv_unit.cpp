#include "layers/conv_unit.h"

#include "autograd/functions.h"

namespace weir {

BatchNormParameters::BatchNormParameters(const std::string& name, Index channels, double epsilon_,
                                         Device& device, DType dtype)
    : weight{name + ".weight", Tensor::filled({channels}, 1, device, dtype)},
      bias{name + ".bias", Tensor::zeros({channels}, device, dtype)},
      running_mean{name + ".running_mean", Tensor::zeros({channels}, device, dtype)},
      running_variance{name + ".running_var", Tensor::filled({channels}, 1, device, dtype)},
      epsilon(epsilon_) {}

Var BatchNormParameters::apply(const Var& x, Activation activation) const {
  Tape& tape = x.tape();
  return batch_norm(x, tape.parameter(weight), tape.parameter(bias),
                    {.running_mean = running_mean, .running_variance = running_variance, .epsilon = epsilon},
                    activation);
}

ConvUnit::ConvUnit(int number, const ConvOptions& options, Device& device, DType dtype)
    : Module(fmt::format("conv{}", number)),
      number_(number),
      options_(options),
      weight_{name() + ".weight",
              Tensor::zeros({options.out, options.in, options.window, options.window}, device, dtype)},
      bias_{name() + ".bias", Tensor::zeros({options.out}, device, dtype)} {
  expects(options.in >= 1 && options.out >= 1, "{}: {} channels in and {} out; both must be 1 or more",
          name(), options.in, options.out);
  if (options.norm != Norm::none)
    norm_ =
        BatchNormParameters(fmt::format("bn{}", number), options.out, options.norm_epsilon, device, dtype);
}

Var ConvUnit::convolved(const Var& x, Activation activation) const {
  Tape& tape = x.tape();
  return conv2d(x, tape.parameter(weight_), tape.parameter(bias_),
                {.stride = options_.stride, .padding = options_.padding, .activation = activation});
}

Var ConvUnit::linear_part(const Var& x) const { return convolved(x, Activation::none); }

Var ConvUnit::forward(const Var& x) const {
  switch (options_.norm) {
    case Norm::none:
      return convolved(x, options_.activation);
    case Norm::before_activation:
      return norm_.apply(linear_part(x), options_.activation);
    case Norm::after_activation:
      return norm_.apply(convolved(x, options_.activation), Activation::none);
  }
  return {};
}

void ConvUnit::visit_parameters(const Visitor& f) {
  f(weight_);
  f(bias_);
  if (options_.norm == Norm::none) return;
  f(norm_.weight);
  f(norm_.bias);
}

void ConvUnit::visit_buffers(const Visitor& f) {
  if (options_.norm == Norm::none) return;
  f(norm_.running_mean);
  f(norm_.running_variance);
}

}  // namespace weir
