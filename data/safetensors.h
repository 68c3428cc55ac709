/// Weights in the safetensors format: a length, a JSON header, raw tensors. Nothing in it can run.
/// Format: github.com/huggingface/safetensors, README. A file is refused unless every byte of it is accounted
/// for.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/stored_type.h"
#include "tensor/shape.h"

namespace weir {

struct StoredTensor {
  std::string name;
  StoredType type = StoredType::f32;
  std::vector<Index> shape;
  std::vector<std::byte> bytes;  // little-endian, row-major

  Index volume() const { return static_cast<Index>(bytes.size() / size_of(type)); }
  std::vector<float> floats() const { return decode_floats(type, bytes); }
};

/// A tensor of `values` rounded to `type`.
StoredTensor stored(std::string name, std::vector<Index> shape, std::span<const float> values,
                    StoredType type = StoredType::f32);

struct SafetensorsFile {
  std::vector<StoredTensor> tensors;  // as read: in the order of their bytes
  std::map<std::string, std::string> metadata = {};

  /// nullptr where there is no such tensor.
  const StoredTensor* find(std::string_view name) const;
};

enum class NonFinite { refuse, allow };
/// The fingerprint is XXH3-128 of the whole file, kept in its metadata. `required` finds every flipped bit;
/// `if_present` also reads files of other programs, which carry none.
enum class Fingerprint { if_present, required };

struct SafetensorsOptions {
  NonFinite non_finite = NonFinite::refuse;
  Fingerprint fingerprint = Fingerprint::if_present;
};

/// Throws Error of kind missing (E0302) where there is no file; of kind damaged:
/// E0411 it ends too early, E0412 its header's length is absurd, E0413 the header is not JSON, E0414 a name
/// occurs twice, E0415 an entry cannot be read, E0416 overlaps, holes or surplus bytes, E0417 the fingerprint
/// differs, E0418 NaN or infinity, E0419 an element type that Weir does not know. A file that begins as gzip
/// does is inflated first; E0420 that cannot be done.
SafetensorsFile read_safetensors(const std::filesystem::path& path, const SafetensorsOptions& options = {});

/// The same from memory; `path` is only for messages.
SafetensorsFile parse_safetensors(const std::filesystem::path& path, std::span<const std::byte> bytes,
                                  const SafetensorsOptions& options = {});

/// Writes all or nothing. Larger elements come first, so that each tensor is aligned to its elements, and the
/// first byte is aligned to 64. The fingerprint is added to the metadata. A path that ends in .gz is written
/// compressed.
void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file);

/// What write_safetensors() writes, uncompressed.
std::vector<std::byte> serialised_safetensors(const SafetensorsFile& file);

}  // namespace weir
