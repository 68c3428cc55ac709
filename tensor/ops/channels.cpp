#include "tensor/ops/channels.h"

#include "tensor/kernels/channels.h"
#include "tensor/kernels/launch.h"
#include "tensor/ops/image_views.h"

namespace weir {
namespace {

/// Which channels go where.
struct Move {
  Index first_from = 0, first_to = 0, count = 0;
};

void copy_channels(const Tensor& x, Tensor& y, const Move& move) {
  with_image_view(x, [&](auto from, auto zero) {
    using Real = decltype(zero);
    for_each_index(
        x.device(), from.count * move.count * from.pixels(),
        CopyChannels<Real, decltype(from)>{from, view_like(from, y.shape()), move.first_from, move.first_to,
                                           move.count, x.read<Real>(x.layout()), y.update<Real>()});
  });
}

Tensor as_matrix(const Tensor& x) { return x.reshaped({x.shape()[0], x.shape()[1]}); }

}  // namespace

Tensor concatenate_channels(const Tensor& a_any, const Tensor& b_any) {
  const Tensor a = as_images(a_any), b = as_images(b_any).in(a.layout());
  const Shape &s = a.shape(), &t = b.shape();
  expects(a_any.shape().rank() == b_any.shape().rank() && s.rank() == 4 && s[0] == t[0] && s[2] == t[2] &&
              s[3] == t[3],
          "the channels of {} cannot follow those of {}", to_string(b_any.shape()), to_string(a_any.shape()));
  // Zeros, since nobody writes the pad channels.
  Tensor y = Tensor::zeros({s[0], s[1] + t[1], s[2], s[3]}, a.device(), a.dtype(), a.layout());
  copy_channels(a, y, {.count = s[1]});
  copy_channels(b, y, {.first_to = s[1], .count = t[1]});
  return a_any.shape().rank() == 2 ? as_matrix(y) : y;
}

Tensor channel_slice(const Tensor& x_any, Index first, Index count) {
  const Tensor x = as_images(x_any);
  const Shape& s = x.shape();
  expects(s.rank() == 4 && first >= 0 && count >= 0 && first + count <= s[1], "channels [{}, {}) of {}",
          first, first + count, to_string(x_any.shape()));
  Tensor y = Tensor::zeros({s[0], count, s[2], s[3]}, x.device(), x.dtype(), x.layout());
  copy_channels(x, y, {.first_from = first, .count = count});
  return x_any.shape().rank() == 2 ? as_matrix(y) : y;
}

}  // namespace weir
