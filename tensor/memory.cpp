#include "tensor/memory.h"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sys/mman.h>

#include "tensor/check.h"

namespace weir {

void fail_out_of_memory(std::size_t bytes) {
  fail({.kind = ErrorKind::resource,
        .code = "E0610",
        .message =
            fmt::format("out of memory: {:.1f} MiB more were needed", static_cast<double>(bytes) / (1 << 20)),
        .help = "a smaller batch or fewer images at once"});
}

namespace {

class HostMemory : public Memory {
 public:
  void* allocate(std::size_t bytes) override {
    void* data = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!data) fail_out_of_memory(bytes);
    return data;
  }
  void release(void* data, std::size_t) noexcept override { std::free(data); }
  void copy_from_host(void* to, const void* from, std::size_t bytes) override { copy(to, from, bytes); }
  void copy_to_host(void* to, const void* from, std::size_t bytes) override { copy(to, from, bytes); }
  void copy(void* to, const void* from, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void fill(void* to, int byte, std::size_t bytes) override {
    if (bytes > 0) std::memset(to, byte, bytes);
  }
};

/// One reserved range of addresses with a bump pointer. Nothing is given back: the pool above reuses what was
/// released.
class EmulatedMemory : public HostMemory {
 public:
  void* allocate(std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    if (base_ == nullptr) reserve();
    const std::size_t rounded = (bytes + page_ - 1) / page_ * page_;
    if (used_ + rounded > reserved_) fail_out_of_memory(bytes);
    void* data = base_ + used_;
    used_ += rounded;
    if (open_ > 0) protect(PROT_READ | PROT_WRITE);
    return data;
  }
  void release(void*, std::size_t) noexcept override {}

  void copy_from_host(void* to, const void* from, std::size_t bytes) override {
    opened_copy(to, from, bytes);
  }
  void copy_to_host(void* to, const void* from, std::size_t bytes) override { opened_copy(to, from, bytes); }
  void copy(void* to, const void* from, std::size_t bytes) override { opened_copy(to, from, bytes); }
  void fill(void* to, int byte, std::size_t bytes) override {
    const MemoryAccess access(*this);
    HostMemory::fill(to, byte, bytes);
  }

  void open_access() override {
    const std::lock_guard lock(mutex_);
    if (open_++ == 0) protect(PROT_READ | PROT_WRITE);
  }
  void close_access() override {
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) protect(PROT_NONE);
  }

 private:
  /// At the first use: a limit on addresses (`ulimit -v`) is no reason to refuse a command that needs none.
  void reserve() {
    void* range = mmap(nullptr, reserved_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) fail_out_of_memory(reserved_);
    base_ = static_cast<std::byte*>(range);
  }
  void opened_copy(void* to, const void* from, std::size_t bytes) {
    const MemoryAccess access(*this);
    HostMemory::copy(to, from, bytes);
  }
  void protect(int rights) {
    if (used_ > 0) ensures(mprotect(base_, used_, rights) == 0, "mprotect of the emulated device's memory");
  }

  static constexpr std::size_t page_ = 4096;
  static constexpr std::size_t reserved_ = std::size_t{64} << 30;  // addresses, not memory
  std::byte* base_ = nullptr;
  std::size_t used_ = 0;
  int open_ = 0;
  std::mutex mutex_;
};

}  // namespace

Memory& host_memory() {
  static HostMemory* memory = new HostMemory;  // never destroyed: tensors in static storage may outlive it
  return *memory;
}

Memory& emulated_memory() {
  static EmulatedMemory* memory = new EmulatedMemory;
  return *memory;
}

}  // namespace weir
