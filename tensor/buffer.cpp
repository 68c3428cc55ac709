#include "tensor/buffer.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "tensor/check.h"

namespace weir {
namespace {

/// Sizes are rounded up to an eighth of their power of two: at most 12.5 % is wasted and few sizes exist.
std::size_t size_class(std::size_t bytes) {
  if (bytes <= 256) return 256;
  const std::size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

}  // namespace

struct Pool::State {
  mutable std::mutex mutex;
  std::unordered_map<std::size_t, std::vector<void*>> free_blocks;
  PoolStatistics statistics;

  void release_free_blocks(Memory& memory) {
    for (auto& [bytes, blocks] : free_blocks) {
      for (void* block : blocks) memory.release(block, bytes);
      statistics.bytes_from_system -= bytes * blocks.size();
      blocks.clear();
    }
  }
  /// Blocks of other sizes that nobody uses are given back before memory is called full.
  void* allocate(Memory& memory, std::size_t bytes) {
    const bool has_spare = statistics.bytes_from_system > statistics.bytes_in_use;
    try {
      return memory.allocate(bytes);
    } catch (const Error& error) {
      if (error.diagnosis().kind != ErrorKind::resource || !has_spare) throw;
    }
    release_free_blocks(memory);
    return memory.allocate(bytes);
  }
};

Pool::Pool(Memory& memory) : memory_(memory), state_(std::make_unique<State>()) {}

Pool::~Pool() { state_->release_free_blocks(memory_); }

void* Pool::take(std::size_t bytes) {
  const std::size_t rounded = size_class(bytes);
  const std::lock_guard lock(state_->mutex);
  PoolStatistics& s = state_->statistics;
  std::vector<void*>& blocks = state_->free_blocks[rounded];
  void* block = nullptr;
  if (!blocks.empty()) {
    block = blocks.back();
    blocks.pop_back();
  } else {
    block = state_->allocate(memory_, rounded);
    s.bytes_from_system += rounded;
    ++s.system_allocations;
  }
  s.bytes_in_use += rounded;
  s.peak_bytes_in_use = std::max(s.peak_bytes_in_use, s.bytes_in_use);
  return block;
}

void Pool::give(void* data, std::size_t bytes) noexcept {
  const std::size_t rounded = size_class(bytes);
  const std::lock_guard lock(state_->mutex);
  state_->statistics.bytes_in_use -= rounded;
  state_->free_blocks[rounded].push_back(data);
}

PoolStatistics Pool::statistics() const {
  const std::lock_guard lock(state_->mutex);
  return state_->statistics;
}

}  // namespace weir
