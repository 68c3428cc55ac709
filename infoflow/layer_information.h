/// The mean mutual information between the maps of a layer and a set of reference maps: one point of a path.
#pragma once

#include <span>
#include <vector>

#include "infoflow/joint_sums.h"
#include "infoflow/shifts.h"

namespace weir {

/// The maps that a layer is compared with, at one size: made once and used for every layer of that size.
struct ReferenceMaps {
  CountableMaps maps = {};
  std::vector<Shift> shifts = {};           // of Estimator::shift_null; empty otherwise
  std::vector<CountableMaps> shifted = {};  // [shifts]
};

/// Sums of information for each map of a layer, in units of 2^-28/n nats, and over how many pairs each sum
/// runs.
struct InformationSums {
  Index positions = 0;
  std::vector<std::int64_t> sums = {};                // [channels]
  std::vector<std::vector<std::int64_t>> nulls = {};  // [shifts][channels], the same against the shifted maps
  std::vector<Index> pairs = {};                      // [channels]
};

/// Are the reference maps the layer's own? Only then can a pair be a map with itself.
enum class Pairing { with_others, with_itself };

/// The decisions that the sums depend on; `method` is resolved.
struct PairRule {
  ConstantMaps constant_maps = ConstantMaps::zero;
  SelfPairs self_pairs = SelfPairs::include;
  CountMethod method = CountMethod::popcount;
};

/// Does a map's pair with itself not count?
inline bool drops_self_pairs(const PairRule& rule, Pairing kind) {
  return rule.self_pairs == SelfPairs::skip && kind == Pairing::with_itself;
}

ReferenceMaps reference_maps(SymbolMaps maps, const CellTable& table, CountMethod method,
                             std::vector<Shift> shifts);

/// [rows]: how many pairs each map of a layer counts, given how many symbols the maps of both sides have in
/// use.
std::vector<Index> pairs_of_rows(std::span<const int> rows, std::span<const int> columns,
                                 const PairRule& rule, Pairing kind);

InformationSums information_of(const CountableMaps& layer, const ReferenceMaps& reference,
                               const CellTable& table, const PairRule& rule, Pairing kind);

/// In nats: mean over all pairs and, for each map of the layer, over its pairs; 0 where there are none.
struct LayerInformation {
  double mean = 0;
  double z = 0;  // shift_null: the mean before the null is taken off, in standard deviations of the null
  std::vector<double> rows = {};  // [channels]
};

LayerInformation in_nats(const InformationSums& sums, Estimator estimator);

}  // namespace weir
