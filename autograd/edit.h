/// Edits: values and gradients that are replaced while a network computes. Reading what is on a tape needs
/// none.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace weir {

enum class Edited { value, gradient };

/// Replaces every value, or every gradient, whose path matches, before anything else sees it.
struct Edit {
  std::string pattern;  // of paths: "conv3/*"; `*` stands for any characters, also for none and for `/`
  Edited what = Edited::value;
  /// Gets and returns one piece of the batch in plain layout, of the same shape, type and device; a gradient
  /// has K times as many rows as its value. Called on worker threads, for different pieces at once.
  std::function<Tensor(const Tensor&)> replacement;
};

bool matches(std::string_view pattern, std::string_view path);

/// What `edit` makes of `x`, in the layout of x. Throws when it has another shape, type or device.
Tensor applied(const Edit& edit, const Tensor& x, std::string_view path);

}  // namespace weir
