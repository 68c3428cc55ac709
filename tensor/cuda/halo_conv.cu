#include <algorithm>

#include "tensor/cuda/bias_gradient.h"
#include "tensor/cuda/halo_call.h"
#include "tensor/cuda/halo_conv.h"
#include "tensor/cuda/packed_weights.h"
#include "tensor/cuda/runtime.h"
#include "tensor/kernels/few_channels.h"
#include "tensor/kernels/launch.h"

namespace weir::cuda {
namespace {

Index up_to_blocks(Index channels) { return (channels + block_width - 1) / block_width * block_width; }

/// In what order weights were packed, for PackedWeights.
enum Order { fragments, chains, few_in, few_out };
int order_of(Order order, Toward toward, Arithmetic arithmetic) {
  return (static_cast<int>(order) * 2 + static_cast<int>(toward)) * 3 + static_cast<int>(arithmetic);
}

WindowWeights window_of(const ConvCall& call, Toward toward) {
  return {toward, call.geometry.out_channels, call.geometry.in_channels,
          static_cast<const float*>(call.weight)};
}

template <class Pack>
Tensor packed(const ConvCall& call, int order, Index count, DType dtype, const Pack& pack) {
  return packed_weights().get(call.weight, call.weight_version, order, count, dtype,
                              [&](Tensor& to) { for_each_index(to.device(), count, pack(to)); });
}

/// From `in` to `out` channels, both up to whole blocks.
Tensor packed_for_halo(const ConvCall& call, Toward toward, Arithmetic arithmetic, Index in, Index out) {
  const WindowWeights from = window_of(call, toward);
  const Index chunk = arithmetic == Arithmetic::bfloat16 ? 32 : 16, chunks = (in + chunk - 1) / chunk;
  const HaloGroups dealt = halo_groups(out, call.geometry.width);
  const int n16 = dealt.groups * dealt.n16;
  const Index words = chunks * 9 * halo_steps * n16 * 32 * 4;
  const int order = order_of(arithmetic == Arithmetic::float32 ? chains : fragments, toward, arithmetic);
  if (arithmetic == Arithmetic::tf32)
    return packed(call, order, words, DType::f32, [&](Tensor& to) {
      return PackFragments<Tf32Product>{from, n16, to.overwrite<float>()};
    });
  if (arithmetic == Arithmetic::bfloat16)
    return packed(call, order, 2 * words, DType::bf16, [&](Tensor& to) {
      return PackFragments<Bf16Product>{from, n16, to.overwrite<bfloat16>()};
    });
  const Index groups = (out + exact_block_channels - 1) / exact_block_channels;
  return packed(call, order, groups * chunks * exact_weights, DType::f32, [&](Tensor& to) {
    return PackExact{from, chunks, to.overwrite<float>()};
  });
}

HaloStrides strides_of(Layout layout, Index channels, Index width, DType dtype) {
  const Index pixels = width * width, chunk = halo_chunk / static_cast<Index>(size_of(dtype));
  if (layout == Layout::channels_last) return {pixels * channels, channels, chunk};
  return {pixels * channels, block_width, pixels * block_width};
}

bool has_3x3_windows(const ConvGeometry& g) {
  return g.window_height == 3 && g.window_width == 3 && g.stride == 1 && g.padding == 1;
}

/// Blocks of floats, or bfloat16 channels last.
bool lies_well(Layout layout, DType dtype, Index channels) {
  if (dtype == DType::bf16) return layout == Layout::channels_last && channels % block_width == 0;
  return dtype == DType::f32 && layout == Layout::blocks_of_16;
}

bool launch(const HaloCall& call, Index width, Arithmetic arithmetic) {
  switch (width) {
    case 32:
      return launch_halo<32>(call, arithmetic), true;
    case 16:
      return launch_halo<16>(call, arithmetic), true;
    case 8:
      return launch_halo<8>(call, arithmetic), true;
    case 4:
      return launch_halo<4>(call, arithmetic), true;
    default:
      return false;
  }
}

bool is_halo_width(const ConvGeometry& g) {
  return g.height == g.width && (g.width == 32 || g.width == 16 || g.width == 8 || g.width == 4);
}

bool halo(const ConvCall& call, Toward toward) {
  const ConvGeometry& g = call.geometry;
  if (capacity().major < 8 || !has_3x3_windows(g) || !is_halo_width(g)) return false;
  if (!lies_well(call.x_layout, call.dtype, g.in_channels) ||
      !lies_well(call.y_layout, call.dtype, g.out_channels))
    return false;
  const Arithmetic arithmetic = call.dtype == DType::bf16         ? Arithmetic::bfloat16
                                : call.numerics == Numerics::fast ? Arithmetic::tf32
                                                                  : Arithmetic::float32;
  const bool forward = toward == Toward::output;
  const Index in = up_to_blocks(forward ? g.in_channels : g.out_channels);
  const Index out = up_to_blocks(forward ? g.out_channels : g.in_channels);
  const Tensor weights = packed_for_halo(call, toward, arithmetic, in, out);
  return launch({.x = forward ? call.x : call.dy,
                 .weights = weights.raw(),
                 .bias = forward ? static_cast<const float*>(call.bias) : nullptr,
                 .y = forward ? call.y : call.dx,
                 .in = strides_of(forward ? call.x_layout : call.y_layout, in, g.width, call.dtype),
                 .out = strides_of(forward ? call.y_layout : call.x_layout, out, g.width, call.dtype),
                 .images = g.images,
                 .in_channels = in,
                 .out_channels = out,
                 .biases = g.out_channels,
                 .relu = forward && call.activation == Activation::relu},
                g.width, arithmetic);
}

bool has_few_channels(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  return has_3x3_windows(g) && call.dtype == DType::f32 && g.in_channels <= few_channels &&
         call.x_layout == Layout::plain && call.y_layout == Layout::blocks_of_16;
}

BlockedImages maps_of(const ConvGeometry& g) { return {g.images, g.out_channels, g.out_height, g.out_width}; }

void few_channels_forward(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const Index out = up_to_blocks(g.out_channels);
  const WindowWeights from = window_of(call, Toward::output);
  const Tensor weights = packed(call, order_of(few_in, Toward::output, Arithmetic::float32),
                                g.in_channels * 9 * out, DType::f32, [&](Tensor& to) {
                                  return PackForFewIn{from, out, to.overwrite<float>()};
                                });
  for_each_index(
      Device::named("cuda"), maps_of(g).cells(),
      FewChannelsForward{maps_of(g), g.in_channels, g.out_channels, call.activation == Activation::relu,
                         static_cast<const float*>(call.x), static_cast<const Floats4*>(weights.raw()),
                         static_cast<const float*>(call.bias), static_cast<float*>(call.y)});
}

void few_channels_input_gradient(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const WindowWeights from = window_of(call, Toward::input);
  const Tensor weights = packed(call, order_of(few_out, Toward::input, Arithmetic::float32),
                                up_to_blocks(g.out_channels) * 9 * few_channels, DType::f32, [&](Tensor& to) {
                                  return PackForFewOut{from, to.overwrite<float>()};
                                });
  for_each_index(
      Device::named("cuda"), g.images * g.height * g.width,
      FewChannelsInputGradient{maps_of(g), g.in_channels, static_cast<const float*>(call.dy),
                               static_cast<const Floats4*>(weights.raw()), static_cast<float*>(call.dx)});
}

/// As many parts as fill a large GPU twice; a function of the shape, so that it decides the same bits
/// everywhere.
Index splits_of(Index tiles, Index blocks_of_a_part) {
  constexpr Index blocks_wanted = 264;
  return std::clamp<Index>(blocks_wanted / blocks_of_a_part, 1, tiles);
}

template <int Width>
void run_gradient(GradientCall call, const ConvCall& from, Arithmetic arithmetic) {
  const ConvGeometry& g = from.geometry;
  const HaloGroups dealt = halo_groups(call.out_channels, Width);
  call.padded_in = (call.in_channels + gradient_in - 1) / gradient_in * gradient_in;
  call.padded_out = Index{dealt.groups} * dealt.n16 * 16;
  call.tiles = halo_tiles<GradientTile<Width>>(g.images);
  call.splits = splits_of(call.tiles, call.padded_in / gradient_in * dealt.groups);
  Device& device = Device::named("cuda");
  Tensor parts = Tensor::uninitialised(Shape{call.splits * 9 * call.padded_in * call.padded_out}, device);
  call.parts = parts.overwrite<float>();
  launch_gradient<Width>(call, arithmetic);
  for_each_index(device, g.out_channels * g.in_channels * 9,
                 SumGradientParts{call.splits, g.out_channels, g.in_channels, call.padded_out, call.padded_in,
                                  call.parts, static_cast<float*>(from.dweight)});
}

template <class Element>
void sum_bias(const ConvCall& call, const HaloStrides& strides) {
  const ConvGeometry& g = call.geometry;
  const Index pixels = g.height * g.width, chunk = halo_chunk / static_cast<Index>(sizeof(Element));
  sum_over_pixels(
      Device::named("cuda"),
      LaidChannelItems<Element>{strides, g.out_channels, pixels, chunk, static_cast<const Element*>(call.dy)},
      g.images, static_cast<float*>(call.dbias));
}

}  // namespace

bool halo_weight_gradient(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const bool tensor_cores = call.dtype == DType::bf16 || call.numerics == Numerics::fast;
  if (!tensor_cores || capacity().major < 8 || !has_3x3_windows(g) || !is_halo_width(g)) return false;
  if (!lies_well(call.x_layout, call.dtype, g.in_channels) ||
      !lies_well(call.y_layout, call.dtype, g.out_channels))
    return false;
  const Arithmetic arithmetic = call.dtype == DType::bf16 ? Arithmetic::bfloat16 : Arithmetic::tf32;
  const Index in = up_to_blocks(g.in_channels), out = up_to_blocks(g.out_channels);
  const GradientCall gradient{.x = call.x,
                              .dy = call.dy,
                              .in = strides_of(call.x_layout, in, g.width, call.dtype),
                              .out = strides_of(call.y_layout, out, g.width, call.dtype),
                              .images = g.images,
                              .in_channels = in,
                              .out_channels = out};
  switch (g.width) {
    case 32:
      run_gradient<32>(gradient, call, arithmetic);
      break;
    case 16:
      run_gradient<16>(gradient, call, arithmetic);
      break;
    case 8:
      run_gradient<8>(gradient, call, arithmetic);
      break;
    default:
      run_gradient<4>(gradient, call, arithmetic);
  }
  if (call.dbias == nullptr) return true;
  if (call.dtype == DType::bf16)
    sum_bias<bfloat16>(call, gradient.out);
  else
    sum_bias<float>(call, gradient.out);
  return true;
}

bool halo_forward(const ConvCall& call) {
  if (!has_few_channels(call)) return halo(call, Toward::output);
  few_channels_forward(call);
  return true;
}

bool halo_input_gradient(const ConvCall& call) {
  if (!has_few_channels(call)) return halo(call, Toward::input);
  few_channels_input_gradient(call);
  return true;
}

}  // namespace weir::cuda
