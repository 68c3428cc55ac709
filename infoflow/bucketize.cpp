#include "infoflow/bucketize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "infoflow/float_order.h"
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

/// A bucket's edge is a float: as t never falls when the value rises, "t <= b" holds up to one greatest
/// float. So the division of the definition is needed for a map's few edges only, and each pixel is merely
/// compared with these.
class Edges {
 public:
  Edges(ValueRange range, BucketRule rule)
      : range_(range),
        low_(range.low),
        width_(static_cast<double>(range.high) - low_),
        buckets_(rule.buckets),
        strict_(rule.zero_bucket == ZeroBucket::floor) {
    // ceil(t) > b where t > b, for b = 0..B-1; floor(t) > b where t >= b + 1; a bucket 0 that is clamped has
    // no edge.
    const int first = rule.zero_bucket == ZeroBucket::keep ? 0 : 1;
    count_ = rule.buckets - first;
    for (int i = 0; i < count_; ++i) bounds_[static_cast<std::size_t>(i)] = first + i;
    find();
  }

  int count() const { return count_; }
  const float* values() const { return edges_.data(); }

 private:
  double t(std::int32_t key) const { return buckets_ * (static_cast<double>(float_of(key)) - low_) / width_; }
  bool below(std::int32_t key, double bound) const { return strict_ ? t(key) < bound : t(key) <= bound; }

  void find() {
    std::array<std::int32_t, most_buckets> guesses;
    std::array<int, most_buckets> right;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i) {
      const double edge = low_ + width_ * bounds_[i] / buckets_;
      const auto nearest = static_cast<float>(edge);
      guesses[i] = order_key(nearest) - static_cast<int>(static_cast<double>(nearest) > edge);
      right[i] = static_cast<int>(below(guesses[i], bounds_[i])) &
                 static_cast<int>(!below(guesses[i] + 1, bounds_[i]));
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i)
      edges_[i] = float_of(right[i] != 0 ? guesses[i] : searched(bounds_[i]));
  }

  /// By bisection: near zero, floats lie closer than the rounding of v - low, and the guess may be millions
  /// away.
  std::int32_t searched(double bound) const {
    std::int64_t inside = order_key(range_.low), outside = order_key(range_.high);
    while (outside - inside > 1) {
      const std::int64_t middle = (inside + outside) / 2;
      (below(static_cast<std::int32_t>(middle), bound) ? inside : outside) = middle;
    }
    return static_cast<std::int32_t>(inside);
  }

  ValueRange range_;
  double low_, width_, buckets_;
  bool strict_;
  int count_;
  std::array<double, most_buckets> bounds_;
  std::array<float, most_buckets> edges_;
};

/// symbol = first + number of edges below the value. A constant count lets the compiler keep all edges in
/// registers, and counting in int keeps it from packing every single comparison into bytes.
template <int edges>
void count_edges(std::span<const float> values, const float* edge, int first, std::uint8_t* symbols) {
  constexpr std::size_t chunk = 64;
  std::array<int, chunk> counts;
  for (std::size_t begin = 0; begin < values.size(); begin += chunk) {
    const std::size_t size = std::min(chunk, values.size() - begin);
    for (std::size_t i = 0; i < size; ++i) {
      counts[i] = first;
      for (int e = 0; e < edges; ++e) counts[i] += static_cast<int>(values[begin + i] > edge[e]);
    }
    for (std::size_t i = 0; i < size; ++i) symbols[begin + i] = static_cast<std::uint8_t>(counts[i]);
  }
}

void count_edges(std::span<const float> values, std::span<const float> edges, int first,
                 std::uint8_t* symbols) {
  for (std::size_t i = 0; i < values.size(); ++i)
    symbols[i] =
        static_cast<std::uint8_t>(first + (std::ranges::lower_bound(edges, values[i]) - edges.begin()));
}

}  // namespace

void require_buckets(BucketRule rule) {
  expects(rule.buckets >= 1 && rule.buckets <= most_buckets, "{} buckets, expected 1 to {}", rule.buckets,
          most_buckets);
}

ValueRange finite_range(std::span<const float> values) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::int32_t low = order_key(infinity), high = order_key(-infinity);
  for (const float v : values) {
    low = std::min(low, order_key(v));
    high = std::max(high, order_key(v));
  }
  if (!is_finite(KeyRange{low, high})) fail_not_finite(values);
  return {float_of(low), float_of(high)};
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
  require_buckets(rule);
  ensures(values.size() == symbols.size(), "values and symbols differ in number");
  const int first = rule.zero_bucket == ZeroBucket::clamp_to_one ? 1 : 0;
  if (!(range.low < range.high)) return void(std::ranges::fill(symbols, static_cast<std::uint8_t>(first)));
  const Edges edges(range, rule);
  switch (edges.count()) {  // 8 is the study's number of buckets, with and without bucket 0
    case 8:
      return count_edges<8>(values, edges.values(), first, symbols.data());
    case 7:
      return count_edges<7>(values, edges.values(), first, symbols.data());
    default:
      return count_edges(values, std::span(edges.values(), static_cast<std::size_t>(edges.count())), first,
                         symbols.data());
  }
}

}  // namespace weir
