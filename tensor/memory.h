/// Where bytes live: the raw memory of a device, without caching. Host memory, or memory that the host must
/// not touch.
#pragma once

#include <cstddef>

namespace weir {

class Memory {
 public:
  virtual ~Memory() = default;
  /// 64-byte aligned. Throws Error (resource) when there is no memory left.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* data, std::size_t bytes) noexcept = 0;
  virtual void copy_from_host(void* to, const void* from, std::size_t bytes) = 0;
  virtual void copy_to_host(void* to, const void* from, std::size_t bytes) = 0;
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  virtual void fill(void* to, int byte, std::size_t bytes) = 0;
  /// Waits until everything that was launched on this memory has finished. Host memory always has.
  virtual void synchronise() {}
  /// While at least one access is open, kernels may touch this memory; host memory is always open.
  virtual void open_access() {}
  virtual void close_access() {}
};

/// Throws Error E0610 (resource), which whoever can do with less catches.
[[noreturn]] void fail_out_of_memory(std::size_t bytes);

/// Open while a kernel or a vendor routine runs on the device.
class MemoryAccess {
 public:
  explicit MemoryAccess(Memory& memory) : memory_(memory) { memory_.open_access(); }
  ~MemoryAccess() { memory_.close_access(); }
  MemoryAccess(const MemoryAccess&) = delete;
  MemoryAccess& operator=(const MemoryAccess&) = delete;

 private:
  Memory& memory_;
};

Memory& host_memory();

/// Host pages that play a device's memory: unreadable and unwritable except while a MemoryAccess is open, so
/// that host code which touches them dies at once, on a machine without any GPU.
Memory& emulated_memory();

}  // namespace weir
