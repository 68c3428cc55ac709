/// From values to symbols: t = B (v - low) / (high - low) in double, symbol = ceil(t); the greatest value
/// gets B.
#pragma once

#include <cstdint>
#include <span>

#include "infoflow/flow_options.h"

namespace weir {

/// B buckets and what happens to bucket 0.
struct BucketRule {
  int buckets = 8;
  ZeroBucket zero_bucket = ZeroBucket::keep;

  /// One more than the greatest symbol.
  int symbols() const { return zero_bucket == ZeroBucket::floor ? buckets : buckets + 1; }
};

inline constexpr int most_buckets = 63;
inline constexpr int symbol_limit = most_buckets + 1;

/// Throws Error of kind usage unless there are 1 to most_buckets.
void require_buckets(BucketRule rule);

/// Least and greatest value. Throws Error of kind numerical if a value is NaN or infinite.
ValueRange finite_range(std::span<const float> values);

/// The 1 % and 99 % quantiles (nearest rank). Throws like finite_range.
ValueRange robust_range(std::span<const float> values);

/// values [n] -> symbols [n]. Values outside the range fall into the end buckets; an empty range (low ==
/// high) puts all values into the lowest one. `values` must be finite.
void bucketize(std::span<const float> values, ValueRange range, BucketRule rule,
               std::span<std::uint8_t> symbols);

}  // namespace weir
