#include "tests/infoflow/naive_path.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "infoflow/shifts.h"

namespace weir {
namespace {

using Map = std::vector<double>;
using Symbols = std::vector<int>;

struct Maps {
  std::vector<Map> maps;
  MapSize size;
};

Maps split(const SampleMaps& from) {
  Maps result{{}, from.size};
  for (Index c = 0; c < from.channels; ++c)
    result.maps.emplace_back(from.values.begin() + c * from.size.area(),
                             from.values.begin() + (c + 1) * from.size.area());
  return result;
}

Map smaller(const Map& map, MapSize from, MapSize to, Downsample rule) {
  Map result;
  for (Index i = 0; i < to.height; ++i)
    for (Index j = 0; j < to.width; ++j) {
      Map window;
      for (Index r = 0; r < from.height; ++r)
        for (Index c = 0; c < from.width; ++c) {
          const double top = double(i) * double(from.height) / double(to.height),
                       bottom = double(i + 1) * double(from.height) / double(to.height);
          const double left = double(j) * double(from.width) / double(to.width),
                       right = double(j + 1) * double(from.width) / double(to.width);
          if (double(r + 1) > top && double(r) < bottom && double(c + 1) > left && double(c) < right)
            window.push_back(map[static_cast<std::size_t>(r * from.width + c)]);
        }
      double value = *std::max_element(window.begin(), window.end());
      if (rule == Downsample::average) {
        value = 0;
        for (const double v : window) value += v;
        value /= double(window.size());
      }
      if (rule == Downsample::nearest) {
        const auto row = static_cast<Index>((double(i) + 0.5) * double(from.height) / double(to.height));
        const auto column = static_cast<Index>((double(j) + 0.5) * double(from.width) / double(to.width));
        value = map[static_cast<std::size_t>(row * from.width + column)];
      }
      result.push_back(value);
    }
  return result;
}

std::pair<double, double> ends(const Map& map) {
  return {*std::min_element(map.begin(), map.end()), *std::max_element(map.begin(), map.end())};
}

struct Naive {
  const FlowOptions& options;

  double symbol(double v, std::pair<double, double> range) const {
    const double b = options.buckets;
    if (range.first == range.second) return options.zero_bucket == ZeroBucket::clamp_to_one ? 1 : 0;
    const double t = b * (v - range.first) / (range.second - range.first);
    if (options.zero_bucket == ZeroBucket::floor) return std::min(std::max(std::floor(t), 0.0), b - 1);
    return std::min(std::max(std::ceil(t), options.zero_bucket == ZeroBucket::clamp_to_one ? 1.0 : 0.0), b);
  }

  Map symbols(const Map& map, std::pair<double, double> range) const {
    Map result;
    for (const double v : map) result.push_back(symbol(v, range));
    return result;
  }

  /// What enters the bucketing.
  Map entering(const Map& map, MapSize from, MapSize to) const {
    if (options.order == SizeOrder::bucket_then_downsample) return map;
    Map result = smaller(map, from, to, options.downsample);
    for (double& v : result) v = static_cast<float>(v);
    return result;
  }

  Symbols leaving(const Map& symbols, MapSize from, MapSize to) const {
    if (options.order == SizeOrder::downsample_then_bucket) return {symbols.begin(), symbols.end()};
    Symbols result;
    for (const double v : smaller(symbols, from, to, options.downsample))
      result.push_back(static_cast<int>(std::floor(v + 0.5)));
    return result;
  }

  std::pair<double, double> own_range(const Maps& maps, std::size_t c, MapSize to,
                                      const std::vector<ValueRange>* fixed) const {
    if (options.range == RangeRule::global) return {(*fixed)[c].low, (*fixed)[c].high};
    if (options.range == RangeRule::robust) {
      Map sorted = entering(maps.maps[c], maps.size, to);
      std::sort(sorted.begin(), sorted.end());
      const std::size_t out = (sorted.size() - 1) / 100;
      return {sorted[out], sorted[sorted.size() - 1 - out]};
    }
    if (options.range != RangeRule::layer) return ends(entering(maps.maps[c], maps.size, to));
    Map all;
    for (const Map& map : maps.maps) {
      const Map one = entering(map, maps.size, to);
      all.insert(all.end(), one.begin(), one.end());
    }
    return ends(all);
  }

  double information(const Symbols& a, const Symbols& b) const {
    std::map<std::pair<int, int>, double> joint;
    std::map<int, double> x, y;
    const double n = double(a.size());
    for (std::size_t p = 0; p < a.size(); ++p) ++joint[{a[p], b[p]}], ++x[a[p]], ++y[b[p]];
    double sum = 0;
    for (const auto& [cell, count] : joint)
      sum += count / n * std::log(count * n / (x[cell.first] * y[cell.second]));
    if (options.estimator == Estimator::miller_madow)
      sum += (double(x.size()) + double(y.size()) - double(joint.size()) - 1) / (2 * n);
    return sum;
  }

  double with_null_off(const Symbols& a, const Symbols& b, MapSize size) const {
    if (options.estimator != Estimator::shift_null) return information(a, b);
    double null = 0;
    const std::vector<Shift> shifts = null_shifts(size, options.shifts);
    for (const auto [rows, columns] : shifts) {
      Symbols moved(b.size());
      for (Index r = 0; r < size.height; ++r)
        for (Index c = 0; c < size.width; ++c)
          moved[static_cast<std::size_t>((r + rows) % size.height * size.width +
                                         (c + columns) % size.width)] =
              b[static_cast<std::size_t>(r * size.width + c)];
      null += information(a, moved) / double(shifts.size());
    }
    return information(a, b) - null;
  }

  static bool constant(const Symbols& s) {
    return std::count(s.begin(), s.end(), s.front()) == std::ssize(s);
  }

  /// Fixed ranges of the two sides, if any; `self` where both are the same layer.
  struct Sides {
    const std::vector<ValueRange>* a = nullptr;
    const std::vector<ValueRange>* b = nullptr;
    bool self = false;
  };

  double mean(const Maps& a, const Maps& b, const Sides& sides) const {
    const MapSize size{std::min(a.size.height, b.size.height), std::min(a.size.width, b.size.width)};
    double sum = 0, pairs = 0;
    for (std::size_t i = 0; i < a.maps.size(); ++i)
      for (std::size_t j = 0; j < b.maps.size(); ++j) {
        if (sides.self && options.self_pairs == SelfPairs::skip && i == j) continue;
        const Map x = entering(a.maps[i], a.size, size), y = entering(b.maps[j], b.size, size);
        auto x_range = own_range(a, i, size, sides.a), y_range = own_range(b, j, size, sides.b);
        if (options.range == RangeRule::shared) {
          x_range = {std::min(x_range.first, y_range.first), std::max(x_range.second, y_range.second)};
          y_range = x_range;
        }
        const Symbols s = leaving(symbols(x, x_range), a.size, size),
                      t = leaving(symbols(y, y_range), b.size, size);
        if (options.constant_maps == ConstantMaps::skip && (constant(s) || constant(t))) continue;
        sum += with_null_off(s, t, size);
        pairs += 1;
      }
    return pairs == 0 ? 0 : sum / pairs / (options.log_base == LogBase::two ? std::log(2.0) : 1.0);
  }
};

}  // namespace

Path naive_path(const std::vector<SampleMaps>& layers, const SampleMaps& image, const FlowOptions& options) {
  const Naive naive{options};
  const auto target = static_cast<std::size_t>(options.target_layer.value_or(std::ssize(layers)) - 1);
  const PopulationRanges none{{}, std::vector<std::vector<ValueRange>>(layers.size())};
  const PopulationRanges& ranges = options.global_ranges ? *options.global_ranges : none;
  Path path;
  for (std::size_t k = 0; k < layers.size(); ++k) {
    const Maps layer = split(layers[k]);
    path.iip.push_back(naive.mean(layer, split(image), {&ranges.layers[k], &ranges.image, false}));
    path.oip.push_back(
        naive.mean(layer, split(layers[target]), {&ranges.layers[k], &ranges.layers[target], k == target}));
  }
  return path;
}

}  // namespace weir
