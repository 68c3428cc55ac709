/// The activations by name: what a layer applies to its output. A row here and a functor in
/// kernels/activation.h are all that the operation, its gradient, layers and files need to know of one.
#pragma once

#include <array>
#include <string_view>

#include "tensor/check.h"
#include "tensor/kernels/activation.h"

namespace weir {

enum class Activation { none, relu, leaky_relu, sigmoid, tanh, softplus, gelu };

inline constexpr std::array all_activations = {Activation::none,    Activation::relu, Activation::leaky_relu,
                                               Activation::sigmoid, Activation::tanh, Activation::softplus,
                                               Activation::gelu};

/// Calls f with the activation's functor: the one place where a name becomes arithmetic.
template <class F>
decltype(auto) with_activation(Activation activation, const F& f) {
  switch (activation) {
    case Activation::none:
      return f(pointwise::Identity{});
    case Activation::relu:
      return f(pointwise::Relu{});
    case Activation::leaky_relu:
      return f(pointwise::LeakyRelu{});
    case Activation::sigmoid:
      return f(pointwise::Sigmoid{});
    case Activation::tanh:
      return f(pointwise::Tanh{});
    case Activation::softplus:
      return f(pointwise::Softplus{});
    case Activation::gelu:
      return f(pointwise::Gelu{});
  }
  ensures(false, "an activation without a functor");
  return f(pointwise::Identity{});
}

/// "leaky_relu": the name in model.json and on the tape.
inline std::string_view to_string(Activation activation) {
  return with_activation(activation, [](auto f) { return std::string_view(decltype(f)::name); });
}

}  // namespace weir
