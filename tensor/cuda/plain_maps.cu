#include "tensor/cuda/plain_maps.h"
#include "tensor/kernels/images.h"
#include "tensor/kernels/launch.h"

namespace weir::cuda {
namespace {

BlockedImages view_of(const Shape& s) { return {s[0], s[1], s[2], s[3]}; }

}  // namespace

template <class Pointer>
void PlainMaps::read(Map& map, Pointer& data, DType dtype) {
  write(map, data, dtype);
  if (map.blocks == nullptr) return;
  with_real(dtype, [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(map.plain.device(), view_of(map.shape).cells(),
                   BlocksToPlain<Real>{view_of(map.shape), static_cast<const Real*>(map.blocks),
                                       map.plain.template overwrite<Real>()});
  });
}

template <class Pointer>
void PlainMaps::write(Map& map, Pointer& data, DType dtype) {
  if (data == nullptr) return;
  map.blocks = const_cast<void*>(static_cast<const void*>(data));
  map.plain = Tensor::uninitialised(map.shape, Device::named("cuda"), dtype);
  data = map.plain.raw_overwrite();
}

PlainMaps::PlainMaps(ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  x_.shape = dx_.shape = Shape{g.images, g.in_channels, g.height, g.width};
  y_.shape = dy_.shape = Shape{g.images, g.out_channels, g.out_height, g.out_width};
  if (call.x_layout == Layout::blocks_of_16) {
    read(x_, call.x, call.dtype);
    write(dx_, call.dx, call.dtype);
  }
  if (call.y_layout == Layout::blocks_of_16) {
    read(dy_, call.dy, call.dtype);
    write(y_, call.y, call.dtype);
  }
  call.x_layout = call.y_layout = Layout::plain;
}

void PlainMaps::bring_back(const Map& map) {
  if (map.blocks == nullptr) return;
  with_real(map.plain.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(map.plain.device(), view_of(map.shape).cells(),
                   PlainToBlocks<Real>{view_of(map.shape), map.plain.template read<Real>(),
                                       static_cast<Real*>(map.blocks)});
  });
}

void PlainMaps::bring_back() {
  bring_back(y_);
  bring_back(dx_);
}

}  // namespace weir::cuda
