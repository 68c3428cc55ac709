/// What a safetensors file claims about itself: its header, parsed and checked before any of its data is
/// believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/stored_type.h"
#include "tensor/shape.h"

namespace weir {

struct SafetensorsHeader {
  static constexpr std::size_t length_size = 8;  // of the number in front of the text
  static constexpr std::size_t limit = std::size_t{16} << 20;
  static constexpr std::string_view metadata_key = "__metadata__";

  struct Entry {
    std::string name;
    StoredType type = StoredType::f32;
    std::vector<Index> shape;
    std::uint64_t begin = 0, end = 0;  // in the data
  };

  std::string_view text;       // JSON, inside the file's bytes
  std::vector<Entry> entries;  // in the order of their bytes, which they cover without hole or overlap
  std::map<std::string, std::string> metadata;

  std::size_t data_start() const { return length_size + text.size(); }
};

/// Throws Error of kind damaged, E0411 to E0416 and E0419 of read_safetensors(). `path` is only for messages.
SafetensorsHeader parse_safetensors_header(const std::filesystem::path& path, std::string_view bytes);

/// Bytes of a tensor; nothing where 64 bits cannot count them.
std::optional<std::uint64_t> byte_count(const std::vector<Index>& shape, StoredType type);

}  // namespace weir
