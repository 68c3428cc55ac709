/// Halves and bfloat16 against definitions that share no code with the conversions.
#include "data/stored_type.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

bool is_half_nan(std::uint32_t bits) { return (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0; }

/// The definition of binary16, in double.
double half_by_definition(std::uint32_t bits) {
  const double sign = bits >= 0x8000 ? -1 : 1, fraction = bits & 0x3ff;
  const int exponent = static_cast<int>(bits >> 10 & 0x1f);
  if (exponent == 31) return sign * INFINITY;
  return sign *
         (exponent == 0 ? fraction * std::pow(2, -24) : (1 + fraction / 1024) * std::pow(2, exponent - 15));
}

TEST(StoredType, EveryHalfDecodesByDefinitionAndComesBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if (is_half_nan(bits)) {
      EXPECT_TRUE(std::isnan(half_to_float(half)));
      EXPECT_TRUE(is_half_nan(float_to_half(half_to_float(half))));
    } else {
      ASSERT_EQ(half_to_float(half), half_by_definition(bits)) << std::hex << bits;
      ASSERT_EQ(float_to_half(half_to_float(half)), half) << std::hex << bits;
    }
  }
}

TEST(StoredType, HalvesAreTheNearestTiesToEven) {
  // Between neighbours a < b: just below the middle goes to a, just above to b, the middle to the even one.
  for (std::uint32_t bits = 0; bits < 0x7c00; ++bits) {
    const double a = half_by_definition(bits), b = bits == 0x7bff ? 65536 : half_by_definition(bits + 1);
    const auto middle = static_cast<float>((a + b) / 2);  // exact: one more bit than a half
    const std::uint32_t even = (bits & 1) == 0 ? bits : bits + 1;
    ASSERT_EQ(float_to_half(middle), even) << middle;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.0f)), bits) << middle;
    ASSERT_EQ(float_to_half(std::nextafter(middle, INFINITY)), bits + 1) << middle;
    ASSERT_EQ(float_to_half(-middle), even | 0x8000) << middle;
  }
}

TEST(StoredType, HugeAndTinyValuesAreTheEndsOfTheHalves) {
  EXPECT_EQ(float_to_half(1e30f), 0x7c00);
  EXPECT_EQ(float_to_half(-INFINITY), 0xfc00);
  EXPECT_EQ(float_to_half(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(-1e-30f), 0x8000);
  EXPECT_EQ(float_to_half(std::ldexp(1.0f, -25)), 0);  // the tie between zero and the smallest half
}

TEST(StoredType, Bfloat16IsTheUpperHalfOfAFloatRoundedToNearestEven) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto upper = static_cast<std::uint16_t>(bits);
    const float value = bfloat16_to_float(upper);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(value))));
      continue;
    }
    ASSERT_EQ(std::bit_cast<std::uint32_t>(value), bits << 16);
    ASSERT_EQ(float_to_bfloat16(value), upper);
    if (std::isinf(value)) continue;
    const auto between = [&](std::uint32_t lower) { return std::bit_cast<float>(bits << 16 | lower); };
    ASSERT_EQ(float_to_bfloat16(between(0x7fff)), bits);
    ASSERT_EQ(float_to_bfloat16(between(0x8000)), (bits & 1) == 0 ? bits : bits + 1);
    ASSERT_EQ(float_to_bfloat16(between(0x8001)), bits + 1);
  }
  EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(std::bit_cast<float>(0x7f800001u)))));
}

TEST(StoredType, WideTypesKeepFloatsExactly) {
  std::mt19937 bits(1);
  std::vector<float> values(1000);
  for (float& value : values)
    value = std::ldexp(static_cast<float>(bits()) - 2e9f, static_cast<int>(bits() % 60) - 50);
  EXPECT_EQ(decode_floats(StoredType::f32, encode_floats(StoredType::f32, values)), values);
  EXPECT_EQ(decode_floats(StoredType::f64, encode_floats(StoredType::f64, values)), values);
  EXPECT_THAT(diagnosis_of([&] { encode_floats(StoredType::i64, values); }),
              Says(ErrorKind::usage, "E0200", "I64"));
  EXPECT_THAT(diagnosis_of([&] { decode_floats(StoredType::i64, {}); }),
              Says(ErrorKind::usage, "E0200", "I64"));
}

TEST(StoredType, FindsTheFirstValueThatIsNotFinite) {
  for (const StoredType type : {StoredType::f64, StoredType::f32, StoredType::f16, StoredType::bf16}) {
    const std::vector<float> with_nan = {1, 2, NAN, INFINITY}, with_infinity = {1, -INFINITY},
                             finite = {1, 2};
    EXPECT_EQ(first_non_finite(type, encode_floats(type, with_nan)), 2u);
    EXPECT_EQ(first_non_finite(type, encode_floats(type, with_infinity)), 1u);
    EXPECT_EQ(first_non_finite(type, encode_floats(type, finite)), std::nullopt);
  }
}

TEST(StoredType, NamesAreThoseOfTheFormat) {
  EXPECT_EQ(stored_type_named("BF16"), StoredType::bf16);
  EXPECT_EQ(stored_type_named("I64"), StoredType::i64);
  EXPECT_EQ(stored_type_named("f32"), std::nullopt);
}

}  // namespace
}  // namespace weir
