/// Gradients of chosen values, as a backward pass would give them.
#pragma once

#include <vector>

#include "autograd/tape.h"

namespace weir {

struct ChosenGradient {
  const Parameter* parameter;
  std::vector<float> values;
};

inline Gradients gradients_of(const std::vector<ChosenGradient>& chosen) {
  Tape tape(Mode::train);
  Device& device = chosen.front().parameter->value.device();
  Var sum = tape.constant(Tensor::zeros({1}, device));
  for (const ChosenGradient& choice : chosen) {
    const Tensor gradient =
        Tensor::from_host(std::span<const float>(choice.values), choice.parameter->value.shape(), device);
    sum = tape.record("chosen", {tape.parameter(*choice.parameter), sum}, Tensor::zeros({1}, device),
                      [gradient](const Tensor& dy, Cotangents& dx) {
                        if (dx.wants(0)) dx.add(0, gradient);
                        if (dx.wants(1)) dx.add(1, dy);
                      });
  }
  return tape.backward(sum);
}

inline Parameter parameter_of(std::string name, std::vector<float> values, const Shape& shape) {
  return {std::move(name), Tensor::from_host(std::span<const float>(values), shape, Device::reference())};
}

}  // namespace weir
