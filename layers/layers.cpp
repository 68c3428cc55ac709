#include "layers/layers.h"

#include "autograd/functions.h"

namespace weir {

Var Flatten::forward(const Var& x) const { return flatten(x); }

Var MaxPool2d::forward(const Var& x) const { return max_pool(x, options_); }

Var GlobalMaxPool2d::forward(const Var& x) const { return global_max_pool(x); }

Var AvgPool2d::forward(const Var& x) const { return avg_pool(x, options_); }

Var GlobalAvgPool2d::forward(const Var& x) const { return global_avg_pool(x); }

Var ActivationLayer::forward(const Var& x) const { return activate(x, activation_); }

Dropout::Dropout(std::string name, double rate) : Module(std::move(name)), rate_(rate) {
  expects(rate >= 0 && rate < 1, "{}: a dropout rate is 0 or more and below 1, found {}", this->name(), rate);
}

Var Dropout::forward(const Var& x) const { return dropout(x, rate_); }

Linear::Linear(std::string name, const LinearOptions& options, Device& device, DType dtype)
    : Module(std::move(name)),
      options_(options),
      weight_{this->name() + ".weight", Tensor::zeros({options.out, options.in}, device, dtype)},
      bias_{this->name() + ".bias", Tensor::zeros({options.out}, device, dtype)} {
  expects(options.in >= 1 && options.out >= 1, "{}: {} inputs and {} outputs; both must be 1 or more",
          this->name(), options.in, options.out);
}

Var Linear::linear_part(const Var& x) const {
  return linear(x, x.tape().parameter(weight_), x.tape().parameter(bias_));
}

Var Linear::forward(const Var& x) const {
  return linear(x, x.tape().parameter(weight_), x.tape().parameter(bias_), options_.activation);
}

void Linear::visit_parameters(const Visitor& f) {
  f(weight_);
  f(bias_);
}

Sequential::Sequential(const Sequential& other) : Module(other) {
  for (const auto& layer : other.layers_) layers_.push_back(layer->clone());
}

Sequential& Sequential::add(std::unique_ptr<Module> layer) {
  layers_.push_back(std::move(layer));
  return *this;
}

std::vector<const Module*> Sequential::layers() const {
  std::vector<const Module*> result;
  for (const auto& layer : layers_) result.push_back(layer.get());
  return result;
}

Var Sequential::forward(const Var& x) const {
  Var value = x;
  for (const auto& layer : layers_) value = (*layer)(value);
  return value;
}

void Sequential::visit_parameters(const Visitor& f) {
  for (const auto& layer : layers_) layer->for_each_parameter(f);
}

void Sequential::visit_buffers(const Visitor& f) {
  for (const auto& layer : layers_) layer->for_each_buffer(f);
}

Residual::Residual(std::string name, std::unique_ptr<Sequential> layers, std::unique_ptr<Sequential> shortcut)
    : Module(std::move(name)), layers_(std::move(layers)), shortcut_(std::move(shortcut)) {
  expects(layers_ != nullptr && shortcut_ != nullptr,
          "{}: a residual block has two branches, one may be empty", this->name());
}

Residual::Residual(const Residual& other)
    : Module(other),
      layers_(std::make_unique<Sequential>(*other.layers_)),
      shortcut_(std::make_unique<Sequential>(*other.shortcut_)) {}

Var Residual::forward(const Var& x) const {
  const Var branch = (*layers_)(x);
  return branch + (*shortcut_)(x);
}

void Residual::visit_parameters(const Visitor& f) {
  layers_->for_each_parameter(f);
  shortcut_->for_each_parameter(f);
}

void Residual::visit_buffers(const Visitor& f) {
  layers_->for_each_buffer(f);
  shortcut_->for_each_buffer(f);
}

}  // namespace weir
