/// The element types of safetensors files, and how they become floats and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace weir {

enum class StoredType { f64, f32, f16, bf16, i64 };

std::size_t size_of(StoredType type);

/// "F64", "F32", "F16", "BF16", "I64": the names in the file.
std::string_view to_string(StoredType type);
std::optional<StoredType> stored_type_named(std::string_view name);

/// Bit patterns of IEEE 754 binary16 and of bfloat16, to the nearest, ties to even; too large becomes
/// infinite, NaN stays NaN.
float half_to_float(std::uint16_t bits);
std::uint16_t float_to_half(float value);
float bfloat16_to_float(std::uint16_t bits);
std::uint16_t float_to_bfloat16(float value);

/// Little-endian bytes of f64, f32, f16 or bf16 as floats; f64 is rounded to nearest. I64 is the caller's
/// fault.
std::vector<float> decode_floats(StoredType type, std::span<const std::byte> bytes);
std::vector<std::byte> encode_floats(StoredType type, std::span<const float> values);

/// The position of the first NaN or infinity; nothing for I64, which has none.
std::optional<std::size_t> first_non_finite(StoredType type, std::span<const std::byte> bytes);

}  // namespace weir
