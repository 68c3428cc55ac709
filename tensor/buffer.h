/// Owned memory on one device, from a caching pool: a steady training or attack step asks the system for
/// nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "tensor/memory.h"

namespace weir {

struct PoolStatistics {
  std::size_t bytes_in_use = 0;
  std::size_t peak_bytes_in_use = 0;
  std::size_t bytes_from_system = 0;
  std::size_t system_allocations = 0;  // stays put in a steady state
};

/// Keeps released blocks by size for the next request of that size. Safe to call from several threads.
class Pool {
 public:
  explicit Pool(Memory& memory);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void* take(std::size_t bytes);
  void give(void* data, std::size_t bytes) noexcept;
  PoolStatistics statistics() const;
  Memory& memory() { return memory_; }

 private:
  struct State;
  Memory& memory_;
  std::unique_ptr<State> state_;
};

class Buffer {
 public:
  Buffer(Pool& pool, std::size_t bytes) : pool_(pool), bytes_(bytes), data_(pool.take(bytes)) { touch(); }
  ~Buffer() { pool_.give(data_, bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  Memory& memory() const { return pool_.memory(); }

  /// A number that no other contents of any buffer have had: what is derived from contents (weights packed
  /// for a primitive) is known by it.
  std::uint64_t version() const { return version_; }
  /// The contents are about to change.
  void touch() {
    static std::atomic<std::uint64_t> last{0};
    version_ = ++last;
  }

 private:
  Pool& pool_;
  std::size_t bytes_;
  void* data_;
  std::uint64_t version_ = 0;
};

}  // namespace weir
