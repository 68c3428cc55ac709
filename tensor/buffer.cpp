#include "tensor/buffer.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tensor/check.h"

namespace weir {
namespace {

/// WEIR_POOL=off: every block is the system's, of exactly the size that was asked for, so that a memory
/// checker sees what is read behind its end or after its life.
bool reuse_is_wanted() {
  const char* word = std::getenv("WEIR_POOL");
  return word == nullptr || std::string_view(word) != "off";
}

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
  const bool reuses = reuse_is_wanted();

  std::size_t block_size(std::size_t bytes) const {
    return reuses ? size_class(bytes) : std::max<std::size_t>(bytes, 1);
  }

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
  const std::size_t rounded = state_->block_size(bytes);
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
  const std::size_t rounded = state_->block_size(bytes);
  const std::lock_guard lock(state_->mutex);
  state_->statistics.bytes_in_use -= rounded;
  if (state_->reuses) return state_->free_blocks[rounded].push_back(data);
  memory_.release(data, rounded);
  state_->statistics.bytes_from_system -= rounded;
}

PoolStatistics Pool::statistics() const {
  const std::lock_guard lock(state_->mutex);
  return state_->statistics;
}

}  // namespace weir
