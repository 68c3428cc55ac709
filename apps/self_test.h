/// Two seconds of known answers: a machine whose libraries calculate wrongly must say so before it colours a
/// study.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace weir {

struct SelfCheck {
  std::string what;    // "gemm 129x257x511"
  std::string device;  // empty where no device takes part
  bool passed = false;
  double error = 0;  // the largest, in units of the largest that rounding explains; 1 or less passes
};

/// Every check, whether it passes or not.
std::vector<SelfCheck> self_test();

/// The largest |computed - exact| in units of 8 * 2^-24 * sum |a b|, which is above the rounding
/// of our dot products in whatever order they are summed (511 terms one after the other reach 0.4 of it) and
/// far below what a wrong kernel does. NaN counts as infinite.
double error_in_roundings(std::span<const float> computed, std::span<const double> exact,
                          std::span<const double> magnitudes);

}  // namespace weir
