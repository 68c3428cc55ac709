#include "tensor/shape.h"

#include "tensor/check.h"

namespace weir {

void Shape::refuse(Index extent) const {
  expects(extent >= 0, "extent {} follows {}: an extent is 0 or more", extent, to_string(*this));
  expects(rank_ < max_rank, "a shape has at most {} axes, {} has no room for {}", +max_rank, to_string(*this),
          extent);
  ensures(false, "refused a good extent");
  std::abort();
}

Index checked_volume(const Shape& shape) {
  constexpr Index most = Index{1} << 47;  // bytes that a process can address
  Index product = 1;
  bool fits = true;
  for (int axis = 0; axis < shape.rank(); ++axis)
    fits = fits && !__builtin_mul_overflow(product, shape[axis], &product) && product <= most;
  if (!fits) expects(false, "{} has more elements than any memory holds", to_string(shape));
  return product;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (int axis = 0; axis < shape.rank(); ++axis) text += fmt::format("{}{}", axis ? ", " : "", shape[axis]);
  return text + "]";
}

}  // namespace weir
