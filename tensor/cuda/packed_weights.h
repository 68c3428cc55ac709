/// Weights in the orders that kernels read, packed once for each value of the weights: what training changes
/// is packed again in place, what attacks only read is not.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <tuple>

#include "tensor/tensor.h"

namespace weir::cuda {

class PackedWeights {
 public:
  /// `count` elements of `dtype` in order number `order`, which pack(memory) fills when it has not been
  /// filled from this version of the weights at this address. To be held until the kernel that reads it is
  /// launched: another thread may have it forgotten.
  Tensor get(const void* weights, std::uint64_t version, int order, Index count, DType dtype,
             const std::function<void(Tensor& packed)>& pack);

 private:
  struct Entry {
    std::uint64_t version = 0;
    Tensor packed;
  };
  std::mutex mutex_;
  std::map<std::tuple<const void*, int, Index>, Entry> entries_;
  std::size_t bytes_ = 0;  // of all entries
};

PackedWeights& packed_weights();

}  // namespace weir::cuda
