/// Is a gradient right? The analytic one against central differences, in double precision, with a random
/// cotangent. It ships with the library: whoever writes an op needs it as much as we do.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autograd/tape.h"

namespace weir {

using Function = std::function<Var(std::span<const Var> inputs)>;
/// What a function decided on its way: signs of ReLUs, winners of pools. Where the two sides of a point
/// decide differently there is a kink between them, and a difference quotient says nothing.
using Decisions = std::function<std::vector<double>(const Tape& tape)>;

struct GradcheckOptions {
  double step = 1e-6;              // of the central difference
  double tolerance = 1e-6;         // on |a - n| / max(|a|, |n|, 1e-3 * rms of that input's gradient)
  Index coordinates = 64;          // checked in each input, drawn at random; all where an input has no more
  std::vector<double> kinks = {};  // elements of an input within ten steps of such a value are skipped
  Decisions decisions = {};        // coordinates on whose two sides they differ are skipped
  double most_skipped = 0.2;       // the share of an input's coordinates that may be skipped
  Index batches = 1;               // so many leading inputs are batches [N, ...]; the rest are parameters
  /// At once, against as many single ones; Mode::train takes one at a time and leaves this out.
  Index cotangents = 3;
  TapeOptions tape = {.record = Record::for_input};
  Rng rng = {};  // of cotangents and coordinates
};

struct GradcheckReport {
  double worst_error = 0;
  std::string where;  // the worst place, with both values
  Index checked = 0;
  Index skipped = 0;
  bool passed = false;
};

/// Checks the gradients of f at `inputs`, which are f64 on one device. An element that is not finite is the
/// worst error. What was not checked has not passed: of each input that has elements, some were.
GradcheckReport gradcheck(const Function& f, std::span<const Tensor> inputs,
                          const GradcheckOptions& options = {});

}  // namespace weir
