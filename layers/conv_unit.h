/// The paper's "conv layer": a convolution and what follows it directly, batch norm and activation.
/// Everything that it records lies in its own scope, so that what the layer gave is the last value in that
/// scope.
#pragma once

#include "layers/module.h"
#include "tensor/activation.h"

namespace weir {

/// Where batch norm stands: conv -> norm -> activation, or conv -> activation -> norm.
enum class Norm { none, before_activation, after_activation };

struct ConvOptions {
  Index in = 0, out = 0;
  Index window = 3, stride = 1, padding = 1;
  Norm norm = Norm::none;
  Activation activation = Activation::relu;
  double norm_epsilon = 1e-5;
};

/// Batch norm's weight, bias and running statistics; used inside other modules.
struct BatchNormParameters {
  Parameter weight, bias, running_mean, running_variance;
  double epsilon = 1e-5;

  BatchNormParameters() = default;
  /// Named `name`.weight and so on; weight 1, bias 0, running mean 0, running variance 1.
  BatchNormParameters(const std::string& name, Index channels, double epsilon, Device& device, DType dtype);
  Var apply(const Var& x, Activation activation) const;
};

class ConvUnit : public Module {
 public:
  /// Named "conv{number}", its parameters conv{number}.weight [out,in,R,S], conv{number}.bias [out],
  /// bn{number}.*. Weights start at zero: initialise them (layers/init.h) or load them.
  ConvUnit(int number, const ConvOptions& options, Device& device, DType dtype = DType::f32);

  const ConvOptions& options() const { return options_; }
  int number() const { return number_; }
  Parameter& weight() { return weight_; }
  Parameter& bias() { return bias_; }
  const BatchNormParameters& norm() const { return norm_; }
  const Parameter& weight() const { return weight_; }
  const Parameter& bias() const { return bias_; }
  /// The convolution alone, before norm and activation: what LSUV measures.
  Var linear_part(const Var& x) const;
  std::unique_ptr<Module> clone() const override { return std::make_unique<ConvUnit>(*this); }

 private:
  Var forward(const Var& x) const override;
  void visit_parameters(const Visitor& f) override;
  void visit_buffers(const Visitor& f) override;
  Var convolved(const Var& x, Activation activation) const;

  int number_;
  ConvOptions options_;
  Parameter weight_, bias_;
  BatchNormParameters norm_;
};

}  // namespace weir
