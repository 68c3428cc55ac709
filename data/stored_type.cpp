#include "data/stored_type.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "tensor/check.h"

namespace weir {

static_assert(std::endian::native == std::endian::little,
              "values are copied as they lie in little-endian files");

namespace {

template <class Stored>
Stored element_at(std::span<const std::byte> bytes, std::size_t i) {
  Stored value;
  std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
  return value;
}

/// Calls use(i, value) for every element, as float or double.
template <class Use>
void for_each_element(StoredType type, std::span<const std::byte> bytes, const Use& use) {
  const std::size_t count = bytes.size() / size_of(type);
  switch (type) {
    case StoredType::f64:
      for (std::size_t i = 0; i < count; ++i) use(i, element_at<double>(bytes, i));
      return;
    case StoredType::f32:
      for (std::size_t i = 0; i < count; ++i) use(i, element_at<float>(bytes, i));
      return;
    case StoredType::f16:
      for (std::size_t i = 0; i < count; ++i) use(i, half_to_float(element_at<std::uint16_t>(bytes, i)));
      return;
    case StoredType::bf16:
      for (std::size_t i = 0; i < count; ++i) use(i, bfloat16_to_float(element_at<std::uint16_t>(bytes, i)));
      return;
    case StoredType::i64:
      break;
  }
  expects(false, "elements of type {} are not floats", to_string(type));
}

template <class Convert>
std::vector<std::byte> encoded(std::span<const float> values, const Convert& convert) {
  using Stored = std::invoke_result_t<Convert, float>;
  std::vector<std::byte> bytes(values.size() * sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Stored stored = convert(values[i]);
    std::memcpy(bytes.data() + i * sizeof(Stored), &stored, sizeof(Stored));
  }
  return bytes;
}

/// value / 2^shift to the nearest integer, ties to even; 0 < shift < 32.
std::uint32_t shifted_to_nearest_even(std::uint32_t value, int shift) {
  const std::uint32_t kept = value >> shift;
  const std::uint32_t lost = value & ((1u << shift) - 1), half = 1u << (shift - 1);
  return kept + (lost > half || (lost == half && (kept & 1) != 0) ? 1 : 0);
}

}  // namespace

std::size_t size_of(StoredType type) {
  switch (type) {
    case StoredType::f64:
    case StoredType::i64:
      return 8;
    case StoredType::f32:
      return 4;
    default:
      return 2;
  }
}

std::string_view to_string(StoredType type) {
  switch (type) {
    case StoredType::f64:
      return "F64";
    case StoredType::f32:
      return "F32";
    case StoredType::f16:
      return "F16";
    case StoredType::bf16:
      return "BF16";
    default:
      return "I64";
  }
}

std::optional<StoredType> stored_type_named(std::string_view name) {
  for (const auto type :
       {StoredType::f64, StoredType::f32, StoredType::f16, StoredType::bf16, StoredType::i64})
    if (to_string(type) == name) return type;
  return std::nullopt;
}

float half_to_float(std::uint16_t bits) {
  const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
  const int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  if (exponent == 0x1f) return fraction != 0 ? std::copysign(NAN, sign) : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
}

std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  constexpr std::uint32_t infinity = 0x7c00, quiet = 0x0200, exponent_offset = (127 - 15) << 23;
  constexpr std::uint32_t smallest_normal = 0x38800000;  // 2^-14
  std::uint32_t half = 0;
  if (magnitude > 0x7f800000) {
    half = infinity | quiet;
  } else if (magnitude >= 0x47800000) {  // 2^16: above every half, and the shift below would not saturate
    half = infinity;
  } else if (magnitude >= smallest_normal) {
    half = shifted_to_nearest_even(magnitude - exponent_offset,
                                   13);  // a carry moves into the exponent, as it should
  } else if (magnitude > 0x33000000) {   // above 2^-25, half of the smallest subnormal
    const int shift = 126 - static_cast<int>(magnitude >> 23);
    half = shifted_to_nearest_even((magnitude & 0x7fffff) | 0x800000, shift);
  }
  return static_cast<std::uint16_t>(sign | half);
}

float bfloat16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t float_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value))
    return static_cast<std::uint16_t>(bits >> 16 | 0x40);  // quiet, so that it cannot become infinite
  return static_cast<std::uint16_t>(shifted_to_nearest_even(bits, 16));
}

std::vector<float> decode_floats(StoredType type, std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / size_of(type));
  for_each_element(type, bytes, [&](std::size_t i, auto value) { values[i] = static_cast<float>(value); });
  return values;
}

std::vector<std::byte> encode_floats(StoredType type, std::span<const float> values) {
  switch (type) {
    case StoredType::f64:
      return encoded(values, [](float value) { return static_cast<double>(value); });
    case StoredType::f32:
      return encoded(values, [](float value) { return value; });
    case StoredType::f16:
      return encoded(values, float_to_half);
    case StoredType::bf16:
      return encoded(values, float_to_bfloat16);
    case StoredType::i64:
      break;
  }
  fail({.message = "floats are not stored as I64"});
}

std::optional<std::size_t> first_non_finite(StoredType type, std::span<const std::byte> bytes) {
  std::optional<std::size_t> found;
  if (type == StoredType::i64) return found;
  for_each_element(type, bytes, [&](std::size_t i, auto value) {
    if (!found && !std::isfinite(value)) found = i;
  });
  return found;
}

}  // namespace weir
