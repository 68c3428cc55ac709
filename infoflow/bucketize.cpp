#include "infoflow/bucketize.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "tensor/check.h"

namespace weir {
namespace {

[[noreturn]] void fail_not_finite(std::span<const float> values) {
  const auto bad = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  fail({.kind = ErrorKind::numerical,
        .code = "E0501",
        .message = fmt::format("a feature map has the value {} at pixel {} of {}, expected finite values",
                               *bad, bad - values.begin(), values.size()),
        .note = "mutual information is measured between the map's least and greatest value",
        .help = "look at the weights and the input of the layer: one of them is not finite"});
}

template <ZeroBucket zero>
double symbol_of(double t, double buckets) {
  if constexpr (zero == ZeroBucket::floor) return std::clamp(std::floor(t), 0.0, buckets - 1);
  return std::clamp(std::ceil(t), zero == ZeroBucket::clamp_to_one ? 1.0 : 0.0, buckets);
}

struct Scale {
  double low, width, buckets;
  double exact(float v) const { return buckets * (static_cast<double>(v) - low) / width; }
};

template <ZeroBucket zero>
void divide(std::span<const float> values, const Scale& scale, std::uint8_t* symbols) {
  for (std::size_t i = 0; i < values.size(); ++i)
    symbols[i] =
        static_cast<std::uint8_t>(static_cast<int>(symbol_of<zero>(scale.exact(values[i]), scale.buckets)));
}

// A division costs ten times a product. q = (v - low) * (B / width) and the defined t differ by four
// roundings at most, so wherever q is further than this from every integer, both have the same floor and
// ceiling.
constexpr double edge = 1e-9;
constexpr std::size_t chunk = 64;

/// False if a value lies so near to a bucket's edge that only the division may decide. low and high are
/// decided: they are in nearly every chunk, and their symbols are the end symbols whatever the rounding.
template <ZeroBucket zero>
bool multiply(const float* values, const Scale& scale, ValueRange range, std::uint8_t* symbols) {
  const double factor = scale.buckets / scale.width;
  int doubtful = 0;
  for (std::size_t i = 0; i < chunk; ++i) {
    const double q = (static_cast<double>(values[i]) - scale.low) * factor;
    const double nearest = std::abs(q - std::rint(q));
    doubtful |= static_cast<int>(nearest < edge) & static_cast<int>(values[i] != range.low) &
                static_cast<int>(values[i] != range.high);
    symbols[i] = static_cast<std::uint8_t>(static_cast<int>(symbol_of<zero>(q, scale.buckets)));
  }
  return doubtful == 0;
}

template <ZeroBucket zero>
void bucketize_by(std::span<const float> values, ValueRange range, int buckets, std::uint8_t* symbols) {
  const Scale scale{range.low, static_cast<double>(range.high) - static_cast<double>(range.low),
                    static_cast<double>(buckets)};
  std::size_t i = 0;
  for (; i + chunk <= values.size(); i += chunk)
    if (!multiply<zero>(values.data() + i, scale, range, symbols + i))
      divide<zero>(values.subspan(i, chunk), scale, symbols + i);
  divide<zero>(values.subspan(i), scale, symbols + i);
}

/// An integer for each float, in the same order (-NaN < -inf < ... < -0 < +0 < ... < inf < NaN): the compiler
/// may then compare in any order and many at once, where it must keep floats in line for NaN's sake. Its own
/// inverse.
std::int32_t key(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value);
  return bits ^ ((bits >> 31) & std::numeric_limits<std::int32_t>::max());
}

float value_of(std::int32_t key) {
  return std::bit_cast<float>(key ^ ((key >> 31) & std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

ValueRange finite_range(std::span<const float> values) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::int32_t low = key(infinity), high = key(-infinity);
  for (const float v : values) {
    low = std::min(low, key(v));
    high = std::max(high, key(v));
  }
  if (low <= key(-infinity) || high >= key(infinity)) fail_not_finite(values);
  return {value_of(low), value_of(high)};
}

ValueRange robust_range(std::span<const float> values) {
  finite_range(values);
  std::vector<float> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const std::size_t rank = (sorted.size() - 1) / 100;
  return {sorted[rank], sorted[sorted.size() - 1 - rank]};
}

void bucketize(std::span<const float> values, ValueRange range, BucketRule rule,
               std::span<std::uint8_t> symbols) {
  expects(rule.buckets >= 1 && rule.buckets <= most_buckets, "{} buckets, expected 1 to {}", rule.buckets,
          most_buckets);
  ensures(values.size() == symbols.size(), "values and symbols differ in number");
  if (!(range.low < range.high)) {
    const std::uint8_t lowest = rule.zero_bucket == ZeroBucket::clamp_to_one ? 1 : 0;
    std::ranges::fill(symbols, lowest);
    return;
  }
  switch (rule.zero_bucket) {
    case ZeroBucket::keep:
      return bucketize_by<ZeroBucket::keep>(values, range, rule.buckets, symbols.data());
    case ZeroBucket::clamp_to_one:
      return bucketize_by<ZeroBucket::clamp_to_one>(values, range, rule.buckets, symbols.data());
    case ZeroBucket::floor:
      return bucketize_by<ZeroBucket::floor>(values, range, rule.buckets, symbols.data());
  }
}

}  // namespace weir
