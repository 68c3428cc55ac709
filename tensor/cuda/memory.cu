#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "tensor/check.h"
#include "tensor/cuda/cuda_device.h"
#include "tensor/cuda/runtime.h"

namespace weir {
namespace {

/// Pinned pages between the host's memory and the GPU's, used in turn, so that a copy to the GPU need not
/// wait for the copy before it. From pageable memory CUDA would wait by itself.
class StagingRing {
 public:
  struct Slot {
    std::byte* pages = nullptr;
    cudaEvent_t free = nullptr;
  };

  StagingRing(std::size_t slots, std::size_t slot_bytes) : slots_(slots), slot_bytes_(slot_bytes) {}

  std::size_t slot_bytes() const { return slot_bytes_; }

  /// Waits for the copy that last left the slot.
  Slot& next_free() {
    if (slots_.front().pages == nullptr) make_slots();
    Slot& slot = slots_[turn_++ % slots_.size()];
    cuda::check(cudaEventSynchronize(slot.free), "waiting for a copy to the GPU");
    return slot;
  }

 private:
  void make_slots() {
    // Events first: what exists already is used when this is tried again.
    for (Slot& slot : slots_)
      if (slot.free == nullptr)
        cuda::check(cudaEventCreateWithFlags(&slot.free, cudaEventDisableTiming), "creating an event");
    void* pages = nullptr;
    cuda::check(cudaMallocHost(&pages, slots_.size() * slot_bytes_), "pinning host memory");
    for (std::size_t i = 0; i < slots_.size(); ++i)
      slots_[i].pages = static_cast<std::byte*>(pages) + i * slot_bytes_;
  }

  std::vector<Slot> slots_;
  std::size_t slot_bytes_;
  std::size_t turn_ = 0;
};

class Staging {
 public:
  void to_device(void* to, const void* from, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    StagingRing& ring = ring_for(bytes);
    for (std::size_t done = 0; done < bytes; done += ring.slot_bytes()) {
      const std::size_t part = std::min(ring.slot_bytes(), bytes - done);
      StagingRing::Slot& slot = ring.next_free();
      std::memcpy(slot.pages, static_cast<const std::byte*>(from) + done, part);
      cuda::check(cudaMemcpyAsync(static_cast<std::byte*>(to) + done, slot.pages, part,
                                  cudaMemcpyHostToDevice, cuda::stream()),
                  "copying to the GPU");
      cuda::check(cudaEventRecord(slot.free, cuda::stream()), "marking a copy");
    }
  }

  void to_host(void* to, const void* from, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    StagingRing& ring = ring_for(bytes);
    for (std::size_t done = 0; done < bytes; done += ring.slot_bytes()) {
      const std::size_t part = std::min(ring.slot_bytes(), bytes - done);
      StagingRing::Slot& slot = ring.next_free();
      cuda::check(cudaMemcpyAsync(slot.pages, static_cast<const std::byte*>(from) + done, part,
                                  cudaMemcpyDeviceToHost, cuda::stream()),
                  "copying from the GPU");
      cuda::check(cudaStreamSynchronize(cuda::stream()), "waiting for the GPU");
      std::memcpy(static_cast<std::byte*>(to) + done, slot.pages, part);
    }
  }

 private:
  StagingRing& ring_for(std::size_t bytes) { return bytes <= small_.slot_bytes() ? small_ : large_; }

  /// Channel vectors, seeds, labels: a training step sends hundreds, and with few slots the host would wait
  /// for the GPU at every layer.
  StagingRing small_{512, std::size_t{16} << 10};
  StagingRing large_{4, std::size_t{8} << 20};
  std::mutex mutex_;
};

[[noreturn]] void fail_out_of_memory(std::size_t bytes) {
  std::size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  const auto mebibytes = [](std::size_t count) { return std::to_string(count >> 20) + " MiB"; };
  fail({.kind = ErrorKind::resource,
        .code = "E0612",
        .message = "GPU memory is full: " + mebibytes(bytes + (1 << 20) - 1) + " more were needed, " +
                   mebibytes(free) + " of " + mebibytes(total) + " are free",
        .help = "a smaller batch or fewer images at once"});
}

class CudaMemory : public Memory {
 public:
  void* allocate(std::size_t bytes) override {
    void* data = nullptr;
    const cudaError_t status = cudaMalloc(&data, bytes);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();  // or the next check finds it
      fail_out_of_memory(bytes);
    }
    cuda::check(status, "allocating GPU memory");
    return data;
  }
  void release(void* data, std::size_t) noexcept override { cudaFree(data); }  // waits for its last reader

  void copy_from_host(void* to, const void* from, std::size_t bytes) override {
    staging_.to_device(to, from, bytes);
  }
  void copy_to_host(void* to, const void* from, std::size_t bytes) override {
    staging_.to_host(to, from, bytes);
  }
  void copy(void* to, const void* from, std::size_t bytes) override {
    if (bytes == 0) return;
    cuda::check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, cuda::stream()),
                "copying on the GPU");
  }
  void fill(void* to, int byte, std::size_t bytes) override {
    if (bytes == 0) return;
    cuda::check(cudaMemsetAsync(to, byte, bytes, cuda::stream()), "filling GPU memory");
  }
  void synchronise() override { cuda::check(cudaStreamSynchronize(cuda::stream()), "waiting for the GPU"); }

 private:
  Staging staging_;
};

}  // namespace

Memory& cuda_memory() {
  static CudaMemory* memory = new CudaMemory;  // never destroyed: tensors in static storage may outlive it
  return *memory;
}

}  // namespace weir
