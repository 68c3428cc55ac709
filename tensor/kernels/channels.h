/// Channels of one image tensor become channels of another, one element per call.
#pragma once

#include "tensor/kernels/images.h"

namespace weir {

/// y[n, first_to + c] = x[n, first_from + c] for c < count, at every pixel.
template <class Real, class View>
struct CopyChannels {
  View from, to;
  Index first_from, first_to, count;
  const Real* x;
  Real* y;

  WEIR_HD void operator()(Index i) const {
    const Index pixel = i % from.pixels();
    const Index c = i / from.pixels() % count;
    const Index n = i / (from.pixels() * count);
    y[place(to, n, first_to + c, pixel)] = x[place(from, n, first_from + c, pixel)];
  }

 private:
  WEIR_HD static Index place(const View& view, Index n, Index channel, Index pixel) {
    return view.offset(n, channel / View::lanes, 0, pixel) + channel % View::lanes;
  }
};

}  // namespace weir
