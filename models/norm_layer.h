/// Batch norm as a layer of its own, for the one place where it does not follow a convolution: behind
/// vgg-like's fc1.
#pragma once

#include "layers/conv_unit.h"

namespace weir {

class NormLayer : public Module {
 public:
  NormLayer(BatchNormParameters norm, std::string name, Activation activation)
      : Module(std::move(name)), norm_(std::move(norm)), activation_(activation) {}

  std::unique_ptr<Module> clone() const override { return std::make_unique<NormLayer>(*this); }

 private:
  Var forward(const Var& x) const override { return norm_.apply(x, activation_); }
  void visit_parameters(const Visitor& f) override {
    f(norm_.weight);
    f(norm_.bias);
  }
  void visit_buffers(const Visitor& f) override {
    f(norm_.running_mean);
    f(norm_.running_variance);
  }

  BatchNormParameters norm_;
  Activation activation_;
};

}  // namespace weir
