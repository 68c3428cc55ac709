/// A warp of the GPU for the programs of tensor/kernels/: each lane runs the text for itself, and the few
/// instructions that a warp executes together are here. Compute capability 8.0 and later.
#pragma once

#include "tensor/kernels/fragments.h"

namespace weir::cuda {

struct DeviceWarp {
  using Shared = std::uint32_t;  // an address of shared memory
  using Words = Words4;
  using Sums = Accumulator;
  int lane;

  template <class At>
  __device__ void load_matrices(Words4& to, Shared from, const At& at) const {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to.word[0]), "=r"(to.word[1]), "=r"(to.word[2]), "=r"(to.word[3])
                 : "r"(from + static_cast<std::uint32_t>(at(lane))));
  }
  template <class At>
  __device__ void load_words(Words4& to, const Words4* from, const At& at) const {
    const uint4 words = __ldg(reinterpret_cast<const uint4*>(from) + at(lane));
    to = {{words.x, words.y, words.z, words.w}};
  }
  /// Words from shared memory, each from its own place.
  using Floats = const float*;
  template <int Count, class At>
  __device__ void gather(Words4& to, Floats from, const At& at) const {
    WEIR_UNROLL
    for (int i = 0; i < Count; ++i) to.word[i] = __float_as_uint(from[at(lane, i)]);
  }
  template <class Product>
  __device__ void round(Words4& a) const {
    Product::round(a);
  }
  template <class Product>
  __device__ void multiply(Accumulator& c, const Words4& a, const Words4& b, int first) const {
    const std::uint32_t b0 = b.word[first], b1 = b.word[first + 1];
    if constexpr (Product::per_word == 1)
      asm volatile(
          "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
          "{%0, %1, %2, %3};"
          : "+f"(c.value[0]), "+f"(c.value[1]), "+f"(c.value[2]), "+f"(c.value[3])
          : "r"(a.word[0]), "r"(a.word[1]), "r"(a.word[2]), "r"(a.word[3]), "r"(b0), "r"(b1));
    else
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
          "{%0, %1, %2, %3};"
          : "+f"(c.value[0]), "+f"(c.value[1]), "+f"(c.value[2]), "+f"(c.value[3])
          : "r"(a.word[0]), "r"(a.word[1]), "r"(a.word[2]), "r"(a.word[3]), "r"(b0), "r"(b1));
  }
  template <class F>
  __device__ void for_each_lane(const Accumulator& sums, const F& f) const {
    f(lane, sums);
  }
};

/// 16 bytes from global to shared memory without a register between; zeros where not `inside`.
__device__ inline void copy_piece(std::uint32_t to, const void* from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(inside ? 16 : 0));
}
__device__ inline void commit_copies() { asm volatile("cp.async.commit_group;"); }
/// Waits until no more than `Pending` of this thread's groups of copies are under way.
template <int Pending>
__device__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending));
}

__device__ inline std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

}  // namespace weir::cuda
