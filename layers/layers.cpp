#include "layers/layers.h"

#include "autograd/functions.h"

namespace weir {

Var Flatten::forward(const Var& x) const { return flatten(x); }

Var MaxPool2d::forward(const Var& x) const { return max_pool(x, options_); }

Var GlobalMaxPool2d::forward(const Var& x) const { return global_max_pool(x); }

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

}  // namespace weir
