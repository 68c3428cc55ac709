#include "tensor/cuda/packed_weights.h"

namespace weir::cuda {

Tensor PackedWeights::get(const void* weights, std::uint64_t version, int order, Index count, DType dtype,
                          const std::function<void(Tensor& packed)>& pack) {
  // Weights die unnoticed: what is left of them must end somewhere, in number and in memory.
  constexpr std::size_t most_entries = 1024, most_bytes = std::size_t{1} << 30;
  const std::lock_guard lock(mutex_);
  if (entries_.size() > most_entries || bytes_ > most_bytes) {
    entries_.clear();  // launched kernels come first on the stream
    bytes_ = 0;
  }
  Entry& entry = entries_[{weights, order, count}];
  if (!entry.packed.defined()) {
    entry.packed = Tensor::uninitialised(Shape{count}, Device::named("cuda"), dtype);
    bytes_ += static_cast<std::size_t>(count) * size_of(dtype);
  }
  if (entry.version != version) pack(entry.packed);
  entry.version = version;
  return entry.packed;
}

PackedWeights& packed_weights() {
  static PackedWeights* packed = new PackedWeights;  // never destroyed, as devices are not
  return *packed;
}

}  // namespace weir::cuda
