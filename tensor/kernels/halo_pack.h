/// Weights [K, C, 3, 3] into the orders in which the halo-tile kernels read them, once for every value of the
/// weights. The input gradient is the same convolution with in and out exchanged and the window turned
/// around.
#pragma once

#include "tensor/kernels/halo_exact.h"
#include "tensor/kernels/halo_tile.h"

namespace weir {

enum class Toward { output, input };

/// weight[k, c, tap] as the weight from `place.in_channel` to `place.out_channel`; 0 for pad channels.
struct WindowWeights {
  Toward toward;
  Index out_channels, in_channels;  // of the forward pass: K and C
  const float* weight;
  WEIR_HD float at(const PackedPlace& place) const {
    const bool forward = toward == Toward::output;
    const Index k = forward ? place.out_channel : place.in_channel;
    const Index c = forward ? place.in_channel : place.out_channel;
    if (k >= out_channels || c >= in_channels) return 0;
    return weight[(k * in_channels + c) * 9 + (forward ? place.tap : 8 - place.tap)];
  }
};

template <class Product>
struct PackFragments {
  WindowWeights from;
  int n16;
  typename Product::Element* packed;
  WEIR_HD void operator()(Index i) const {
    packed[i] = Product::stored(from.at(packed_place<Product>(i, n16)));
  }
};

struct PackExact {
  WindowWeights from;
  Index chunks;
  float* packed;
  WEIR_HD void operator()(Index i) const { packed[i] = from.at(exact_place(i, chunks)); }
};

}  // namespace weir
