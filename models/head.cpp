#include "models/head.h"

#include "tensor/ops/pointwise.h"

namespace weir {

void scale_head(Sequential& network, double factor) {
  if (factor == 1) return;
  auto* head = network.layers().empty() ? nullptr : dynamic_cast<Linear*>(network.layers().back().get());
  if (head == nullptr || head->options().activation != Activation::none)
    fail({.code = "E0231",
          .message = "a temperature wants a network that ends in a linear layer without activation"});
  head->weight().value = factor * head->weight().value;
  head->bias().value = factor * head->bias().value;
}

}  // namespace weir
