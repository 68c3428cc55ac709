/// The halo-tile kernels: a block copies a chunk of channels of its tile while it multiplies the chunk
/// before.
#pragma once

#include "tensor/check.h"
#include "tensor/cuda/device_warp.h"
#include "tensor/cuda/halo_call.h"
#include "tensor/cuda/runtime.h"
#include "tensor/kernels/halo_exact.h"

namespace weir::cuda {

constexpr int halo_threads = 32 * halo_warps;
static_assert(halo_threads == exact_threads);

/// Starts the copies of one chunk of this block's tile.
template <class Tile, class Element>
__device__ void fetch_chunk(const HaloCall& call, const HaloOrigin& origin, int chunk, std::uint32_t tile) {
  const Element* x = static_cast<const Element*>(call.x);
  for (int number = threadIdx.x; number < Tile::pieces; number += halo_threads) {
    const HaloPiece piece =
        halo_piece_of<Tile, Element>(number, origin, call.images, call.in_channels, chunk, call.in);
    copy_piece(tile + piece.to, x + piece.from, piece.inside);
  }
  commit_copies();
}

template <class Element>
constexpr Index chunk_channels = halo_chunk / static_cast<Index>(sizeof(Element));

/// Element offset of output pixel `pixel` of this block, or -1 where there is none.
template <class Tile>
__device__ Index output_pixel(const HaloCall& call, const HaloOrigin& origin, int pixel) {
  const Index image = origin.image + pixel / (Tile::rows * Tile::width);
  if (image >= call.images) return -1;
  const Index row = origin.row + pixel % (Tile::rows * Tile::width) / Tile::width;
  return image * call.out.image + (row * Tile::width + pixel % Tile::width) * call.out.pixel;
}

__device__ inline float finished(const HaloCall& call, Index channel, float sum) {
  if (call.bias != nullptr && channel < call.biases) sum += call.bias[channel];
  return call.relu && sum < 0 ? 0 : sum;
}

__device__ inline void store_pair(float* to, float first, float second) {
  *reinterpret_cast<float2*>(to) = {first, second};
}
__device__ inline void store_pair(bfloat16* to, float first, float second) {
  const std::uint32_t low = bfloat16(first).bits, high = bfloat16(second).bits;
  *reinterpret_cast<std::uint32_t*>(to) = low | high << 16;
}

template <class Tile, class Product, int N16>
__global__ void __launch_bounds__(halo_threads) halo_on_tensor_cores(HaloCall call, int n16) {
#if __CUDA_ARCH__ >= 800
  using Element = typename Product::Element;
  extern __shared__ __align__(128) unsigned char shared[];
  const std::uint32_t tile = shared_address(shared);
  const HaloOrigin origin = halo_origin<Tile>(blockIdx.x);
  const int chunks =
      static_cast<int>((call.in_channels + chunk_channels<Element> - 1) / chunk_channels<Element>);
  const int number = threadIdx.x / 32, group = blockIdx.y;
  const DeviceWarp warp{static_cast<int>(threadIdx.x % 32)};
  const Words4* weights = static_cast<const Words4*>(call.weights) + group * N16 * 32;

  HaloSums<DeviceWarp, N16> sums = {};
  fetch_chunk<Tile, Element>(call, origin, 0, tile);
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const bool more = chunk + 1 < chunks;
    if (more) fetch_chunk<Tile, Element>(call, origin, chunk + 1, tile + (chunk + 1) % 2 * Tile::bytes);
    if (more)
      wait_for_copies<1>();
    else
      wait_for_copies<0>();
    __syncthreads();
    multiply_halo_chunk<Tile, Product, N16>(warp, number, tile + chunk % 2 * Tile::bytes,
                                            weights + Index{chunk} * 9 * halo_steps * n16 * 32, n16, sums);
    __syncthreads();  // before the next chunk but one is copied over this one
  }
  Element* y = static_cast<Element*>(call.y);
  for_each_halo_sum<N16>(warp, number, sums, [&](int pixel, int in_group, float first, float second) {
    const Index at = output_pixel<Tile>(call, origin, pixel), channel = Index{group} * N16 * 16 + in_group;
    if (at < 0 || channel >= call.out_channels) return;
    constexpr Index chunk = chunk_channels<Element>;
    store_pair(y + at + channel / chunk * call.out.chunk + channel % chunk, finished(call, channel, first),
               finished(call, channel + 1, second));
  });
#elif defined(__CUDA_ARCH__)
  __trap();  // code of a build for 7.5 alone, on a GPU that has these units
#endif
}

/// Float32 on the ordinary units. One stage: several blocks on a multiprocessor cover each other's copies.
template <class Tile>
__global__ void __launch_bounds__(halo_threads, 3) halo_exact(HaloCall call) {
#if __CUDA_ARCH__ >= 800
  extern __shared__ __align__(128) unsigned char shared[];
  float* weights = reinterpret_cast<float*>(shared + Tile::bytes);
  const std::uint32_t tile = shared_address(shared), weight_tile = shared_address(weights);
  const HaloOrigin origin = halo_origin<Tile>(blockIdx.x);
  const int chunks = static_cast<int>((call.in_channels + exact_chunk - 1) / exact_chunk);
  const float* packed = static_cast<const float*>(call.weights) + Index{blockIdx.y} * chunks * exact_weights;

  ExactSums sums = {};
  for (int chunk = 0; chunk < chunks; ++chunk) {
    for (int i = threadIdx.x; i < exact_weights / 4; i += halo_threads)
      copy_piece(weight_tile + 16 * i, packed + Index{chunk} * exact_weights + 4 * i, true);
    fetch_chunk<Tile, float>(call, origin, chunk, tile);
    wait_for_copies<0>();
    __syncthreads();
    multiply_exact_chunk<Tile>(threadIdx.x, shared, weights, sums);
    __syncthreads();  // before the next chunk is copied over this one
  }
  const Index channel = Index{blockIdx.y} * exact_block_channels + exact_channel(threadIdx.x);
  if (channel >= call.out_channels) return;
  WEIR_UNROLL
  for (int i = 0; i < exact_pixels; ++i) {
    const Index at = output_pixel<Tile>(call, origin, exact_pixel(threadIdx.x, i));
    if (at < 0) continue;
    float* y =
        static_cast<float*>(call.y) + at + channel / exact_chunk * call.out.chunk + channel % exact_chunk;
    WEIR_UNROLL
    for (int c = 0; c < exact_channels; c += 2)
      store_pair(y + c, finished(call, channel + c, sums.at[i][c]),
                 finished(call, channel + c + 1, sums.at[i][c + 1]));
  }
#elif defined(__CUDA_ARCH__)
  __trap();  // code of a build for 7.5 alone, on a GPU that has these units
#endif
}

/// Shared memory beyond 48 KB must be asked for, once a kernel.
template <auto Kernel>
void allow_shared(int bytes) {
  expects(bytes <= capacity().shared_bytes,
          "a block of this convolution wants {} bytes of shared memory, the GPU has {}", bytes,
          capacity().shared_bytes);
  static const cudaError_t status =
      cudaFuncSetAttribute(Kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, capacity().shared_bytes);
  check(status, "asking for shared memory");
}

template <class Tile, class Product, int N16>
void launch_on_tensor_cores(const HaloCall& call, const HaloGroups& dealt) {
  if constexpr (N16 > 1) {
    if (dealt.n16 < N16) return launch_on_tensor_cores<Tile, Product, N16 - 1>(call, dealt);
  }
  constexpr auto kernel = halo_on_tensor_cores<Tile, Product, N16>;
  constexpr int bytes = 2 * Tile::bytes;
  static_assert(bytes <= 99 * 1024, "what a block may have on the smallest GPUs that run this");
  allow_shared<kernel>(bytes);
  const dim3 grid(static_cast<unsigned>(halo_tiles<Tile>(call.images)), static_cast<unsigned>(dealt.groups));
  kernel<<<grid, halo_threads, bytes, stream()>>>(call, dealt.groups * dealt.n16);
  check(cudaGetLastError(), "launching a convolution on tensor cores");
}

template <int Width>
void launch_halo(const HaloCall& call, Arithmetic arithmetic) {
  using Tile = HaloTile<Width>;
  if (arithmetic == Arithmetic::tf32)
    return launch_on_tensor_cores<Tile, Tf32Product, largest_n16(Width)>(
        call, halo_groups(call.out_channels, Width));
  if (arithmetic == Arithmetic::bfloat16)
    return launch_on_tensor_cores<Tile, Bf16Product, largest_n16(Width)>(
        call, halo_groups(call.out_channels, Width));
  constexpr int bytes = Tile::bytes + exact_weights * static_cast<int>(sizeof(float));
  allow_shared<halo_exact<Tile>>(bytes);
  const Index groups = (call.out_channels + exact_block_channels - 1) / exact_block_channels;
  const dim3 grid(static_cast<unsigned>(halo_tiles<Tile>(call.images)), static_cast<unsigned>(groups));
  halo_exact<Tile><<<grid, halo_threads, bytes, stream()>>>(call);
  check(cudaGetLastError(), "launching an exact convolution");
}

}  // namespace weir::cuda
