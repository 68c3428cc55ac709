/// The weight gradient's kernel; a file for each width launches it, as for the other directions.
#pragma once

#include "tensor/cuda/device_warp.h"
#include "tensor/cuda/halo_kernels.h"
#include "tensor/kernels/halo_gradient.h"

namespace weir::cuda {

/// 4 neighbouring channels as they lie in memory, and as float32 rounded to what tensor cores read; bfloat16
/// is exact there.
__device__ inline float4 loaded(const float* from) { return __ldg(reinterpret_cast<const float4*>(from)); }
__device__ inline uint2 loaded(const bfloat16* from) { return __ldg(reinterpret_cast<const uint2*>(from)); }
__device__ inline Floats4 four_channels(const float4& x) {
  return {{Tf32Product::stored(x.x), Tf32Product::stored(x.y), Tf32Product::stored(x.z),
           Tf32Product::stored(x.w)}};
}
__device__ inline Floats4 four_channels(const uint2& x) {
  const auto high = [](std::uint32_t word) { return __uint_as_float(word & 0xFFFF0000u); };
  return {{__uint_as_float(x.x << 16), high(x.x), __uint_as_float(x.y << 16), high(x.y)}};
}

/// The channels of one operand that a block reads: its map, and which of them.
template <class Element>
struct GradientOperand {
  const Element* map;
  HaloStrides strides;
  Index channels, first;
};

/// Loads of a thread that are under way at a time: the values pass through registers, as rounding wants them,
/// and one load after the other would wait for memory each time.
constexpr int gradient_loads = 4;

/// Channels [first, first + 4 * Quads) of the pixels of a tile, with their border or without, to shared
/// memory.
template <class Tile, bool Border, int Quads, class Element>
__device__ void fetch_floats(const GradientOperand<Element>& operand, Index images, const HaloOrigin& origin,
                             float* to, int pitch) {
  constexpr int threads = 32 * gradient_warps;
  constexpr int count = (Border ? Tile::tile_pixels : gradient_pixels) * Quads;
  const auto from = [&](int i) -> const Element* {
    const int pixel = i / Quads;
    const int within = Border ? pixel : Tile::first_tap(pixel) + Tile::tap_shift(4);  // its centre
    const typename Tile::Place at = Tile::place(within);
    const Index image = origin.image + at.image, channel = operand.first + 4 * (i % Quads);
    const int row = origin.row + at.row;
    const bool inside = i < count && image < images && row >= 0 && row < Tile::width && at.column >= 0 &&
                        at.column < Tile::width && channel < operand.channels;
    constexpr Index chunk = chunk_channels<Element>;
    return inside ? operand.map + image * operand.strides.image +
                        (Index{row} * Tile::width + at.column) * operand.strides.pixel +
                        channel / chunk * operand.strides.chunk + channel % chunk
                  : nullptr;
  };
  for (int first = threadIdx.x; first < count; first += gradient_loads * threads) {
    decltype(loaded(operand.map)) four[gradient_loads] = {};
    WEIR_UNROLL
    for (int k = 0; k < gradient_loads; ++k)
      if (const Element* source = from(first + k * threads)) four[k] = loaded(source);
    WEIR_UNROLL
    for (int k = 0; k < gradient_loads; ++k)
      if (const int i = first + k * threads; i < count)
        *reinterpret_cast<Floats4*>(to + i / Quads * pitch + 4 * (i % Quads)) = four_channels(four[k]);
  }
}

template <class Tile, int N16>
constexpr int gradient_bytes = static_cast<int>(sizeof(float)) * (Tile::tile_pixels * gradient_x_pitch +
                                                                  gradient_pixels * gradient_dy_pitch(N16));

template <class Tile, class Element, int N16>
__global__ void __launch_bounds__(32 * gradient_warps, 2) halo_gradient(GradientCall call) {
#if __CUDA_ARCH__ >= 800
  extern __shared__ __align__(128) unsigned char shared[];
  float* x = reinterpret_cast<float*>(shared);
  float* dy = x + Tile::tile_pixels * gradient_x_pitch;
  const Index first_in = Index{blockIdx.y} * gradient_in, first_out = Index{blockIdx.z} * N16 * 16;
  const GradientOperand<Element> inputs = {static_cast<const Element*>(call.x), call.in, call.in_channels,
                                           first_in};
  const GradientOperand<Element> outputs = {static_cast<const Element*>(call.dy), call.out, call.out_channels,
                                            first_out};
  const int number = threadIdx.x / 32;
  const DeviceWarp warp{static_cast<int>(threadIdx.x % 32)};
  GradientSums<DeviceWarp, N16> sums = {};
  for (Index t = blockIdx.x; t < call.tiles; t += gridDim.x) {
    const HaloOrigin origin = halo_origin<Tile>(t);
    fetch_floats<Tile, true, gradient_in / 4>(inputs, call.images, origin, x, gradient_x_pitch);
    fetch_floats<Tile, false, 4 * N16>(outputs, call.images, origin, dy, gradient_dy_pitch(N16));
    __syncthreads();
    multiply_gradient_tile<Tile, N16>(warp, number, x, dy, sums);
    __syncthreads();
  }
  float* part = call.parts + Index{blockIdx.x} * 9 * call.padded_in * call.padded_out;
  for_each_gradient_sum<N16>(warp, number, sums, [&](int tap, int in, int out, float value) {
    part[(tap * call.padded_in + first_in + in) * call.padded_out + first_out + out] = value;
  });
#elif defined(__CUDA_ARCH__)
  __trap();  // code of a build for 7.5 alone, on a GPU that has these units
#endif
}

template <class Tile, class Element, int N16>
void launch_gradient_of(const GradientCall& call, const HaloGroups& dealt) {
  if constexpr (N16 > 1) {
    if (dealt.n16 < N16) return launch_gradient_of<Tile, Element, N16 - 1>(call, dealt);
  }
  constexpr auto kernel = halo_gradient<Tile, Element, N16>;
  constexpr int bytes = gradient_bytes<Tile, N16>;
  static_assert(bytes <= 99 * 1024, "what a block may have on the smallest GPUs that run this");
  allow_shared<kernel>(bytes);
  const dim3 grid(static_cast<unsigned>(call.splits), static_cast<unsigned>(call.padded_in / gradient_in),
                  static_cast<unsigned>(dealt.groups));
  kernel<<<grid, 32 * gradient_warps, bytes, stream()>>>(call);
  check(cudaGetLastError(), "launching a weight gradient on tensor cores");
}

template <int Width>
void launch_gradient(const GradientCall& call, Arithmetic arithmetic) {
  const HaloGroups dealt = halo_groups(call.out_channels, Width);
  if (arithmetic == Arithmetic::bfloat16)
    launch_gradient_of<GradientTile<Width>, bfloat16, largest_n16(Width)>(call, dealt);
  else
    launch_gradient_of<GradientTile<Width>, float, largest_n16(Width)>(call, dealt);
}

}  // namespace weir::cuda
