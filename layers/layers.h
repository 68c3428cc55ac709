/// The layers that stand between convolutions, and Sequential, which chains them. In order of increasing
/// complexity.
#pragma once

#include <span>
#include <vector>

#include "layers/module.h"
#include "tensor/activation.h"
#include "tensor/ops/pool2d.h"

namespace weir {

/// [N,C,H,W] -> [N, C * H * W], in NCHW order.
class Flatten : public Module {
 public:
  using Module::Module;
  std::unique_ptr<Module> clone() const override { return std::make_unique<Flatten>(*this); }

 private:
  Var forward(const Var& x) const override;
};

class MaxPool2d : public Module {
 public:
  MaxPool2d(std::string name, PoolOptions options) : Module(std::move(name)), options_(options) {}
  PoolOptions options() const { return options_; }
  std::unique_ptr<Module> clone() const override { return std::make_unique<MaxPool2d>(*this); }

 private:
  Var forward(const Var& x) const override;
  PoolOptions options_;
};

/// [N,C,H,W] -> [N,C]
class GlobalMaxPool2d : public Module {
 public:
  using Module::Module;
  std::unique_ptr<Module> clone() const override { return std::make_unique<GlobalMaxPool2d>(*this); }

 private:
  Var forward(const Var& x) const override;
};

class AvgPool2d : public Module {
 public:
  AvgPool2d(std::string name, PoolOptions options) : Module(std::move(name)), options_(options) {}
  PoolOptions options() const { return options_; }
  std::unique_ptr<Module> clone() const override { return std::make_unique<AvgPool2d>(*this); }

 private:
  Var forward(const Var& x) const override;
  PoolOptions options_;
};

/// [N,C,H,W] -> [N,C]
class GlobalAvgPool2d : public Module {
 public:
  using Module::Module;
  std::unique_ptr<Module> clone() const override { return std::make_unique<GlobalAvgPool2d>(*this); }

 private:
  Var forward(const Var& x) const override;
};

/// An activation that no layer before it could take, behind the sum of a Residual for one.
class ActivationLayer : public Module {
 public:
  ActivationLayer(std::string name, Activation activation)
      : Module(std::move(name)), activation_(activation) {}
  Activation activation() const { return activation_; }
  std::unique_ptr<Module> clone() const override { return std::make_unique<ActivationLayer>(*this); }

 private:
  Var forward(const Var& x) const override;
  Activation activation_;
};

/// Zeroes units with probability `rate` in Mode::train, does nothing in Mode::evaluate.
class Dropout : public Module {
 public:
  Dropout(std::string name, double rate);
  double rate() const { return rate_; }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Dropout>(*this); }

 private:
  Var forward(const Var& x) const override;
  double rate_;
};

struct LinearOptions {
  Index in = 0, out = 0;
  Activation activation = Activation::none;
};

/// [N, in] -> [N, out]; parameters `name`.weight [out, in] and `name`.bias [out], zero until initialised or
/// loaded.
class Linear : public Module {
 public:
  Linear(std::string name, const LinearOptions& options, Device& device, DType dtype = DType::f32);
  const LinearOptions& options() const { return options_; }
  Parameter& weight() { return weight_; }
  Parameter& bias() { return bias_; }
  const Parameter& weight() const { return weight_; }
  const Parameter& bias() const { return bias_; }
  /// Before the activation: what LSUV measures.
  Var linear_part(const Var& x) const;
  std::unique_ptr<Module> clone() const override { return std::make_unique<Linear>(*this); }

 private:
  Var forward(const Var& x) const override;
  void visit_parameters(const Visitor& f) override;
  LinearOptions options_;
  Parameter weight_, bias_;
};

/// One module after the other. A network is a Sequential with an empty name, so that paths begin with its
/// layers' names.
class Sequential : public Module {
 public:
  explicit Sequential(std::string name = {}) : Module(std::move(name)) {}
  Sequential(const Sequential& other);
  Sequential& operator=(const Sequential&) = delete;

  Sequential& add(std::unique_ptr<Module> layer);
  std::span<const std::unique_ptr<Module>> layers() { return layers_; }
  std::vector<const Module*> layers() const;
  std::unique_ptr<Module> clone() const override { return std::make_unique<Sequential>(*this); }

 private:
  Var forward(const Var& x) const override;
  void visit_parameters(const Visitor& f) override;
  void visit_buffers(const Visitor& f) override;
  std::vector<std::unique_ptr<Module>> layers_;
};

/// y = layers(x) + shortcut(x) (He et al. 2016), where an empty shortcut gives x itself. Both must give one
/// shape.
class Residual : public Module {
 public:
  Residual(std::string name, std::unique_ptr<Sequential> layers, std::unique_ptr<Sequential> shortcut);
  Residual(const Residual& other);
  Residual& operator=(const Residual&) = delete;

  Sequential& branch() { return *layers_; }
  const Sequential& branch() const { return *layers_; }
  Sequential& shortcut() { return *shortcut_; }
  const Sequential& shortcut() const { return *shortcut_; }
  std::unique_ptr<Module> clone() const override { return std::make_unique<Residual>(*this); }

 private:
  Var forward(const Var& x) const override;
  void visit_parameters(const Visitor& f) override;
  void visit_buffers(const Visitor& f) override;
  std::unique_ptr<Sequential> layers_, shortcut_;
};

}  // namespace weir
