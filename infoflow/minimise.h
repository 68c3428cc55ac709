/// Least value of a smooth function of a few variables in a box: BFGS steps, cut off at the box.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace weir {

struct ValueAndGradient {
  double value = 0;
  std::vector<double> gradient = {};
};

using SmoothFunction = std::function<ValueAndGradient(std::span<const double> x)>;

struct SearchBox {
  std::vector<double> lower, upper;
};

struct Minimum {
  std::vector<double> x;
  double value = 0;
  double steepness = 0;  // greatest gradient component that does not point out of the box
  int steps = 0;
};

struct MinimiseOptions {
  int most_steps = 200;
  double flat = 1e-8;  // stop below this steepness, relative to max(1, |value|)
};

/// A local minimum from `start` (moved into the box). Deterministic. Never leaves the box.
Minimum minimise(const SmoothFunction& function, std::vector<double> start, const SearchBox& box,
                 const MinimiseOptions& options = {});

}  // namespace weir
