/// Owned memory on one device, from a caching pool: a steady training or attack step asks the system for
/// nothing.
#pragma once

#include <cstddef>
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
  Buffer(Pool& pool, std::size_t bytes) : pool_(pool), bytes_(bytes), data_(pool.take(bytes)) {}
  ~Buffer() { pool_.give(data_, bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  Memory& memory() const { return pool_.memory(); }

 private:
  Pool& pool_;
  std::size_t bytes_;
  void* data_;
};

}  // namespace weir
