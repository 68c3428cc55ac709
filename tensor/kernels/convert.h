/// Elements of one type become elements of another.
#pragma once

#include "tensor/kernels/portable.h"

namespace weir {

template <class From, class To>
struct Convert {
  const From* x;
  To* y;
  WEIR_HD void operator()(Index i) const { y[i] = static_cast<To>(x[i]); }
};

}  // namespace weir
