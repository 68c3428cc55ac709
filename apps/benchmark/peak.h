/// What the machine could do at most: multiply-adds in float32 that wait for nothing, in the widest registers
/// that this processor has. A share of it says more than a rate does, and means the same on another machine.
#pragma once

#include "tensor/shape.h"

namespace weir {

/// Runs the multiply-adds on every thread of the budget at once, for a few milliseconds each.
class PeakKernel {
 public:
  PeakKernel();
  void run() const;
  /// Multiplications and additions of one run, all threads together.
  double operations() const;

 private:
  int threads_;
};

}  // namespace weir
