/// The best pair of features, exactly and without looking at all pairs: for 3,072 features there are 4.7
/// million. The score of p and q is (gain_p + gain_q) * (relief_p + relief_q) where both sums are positive,
/// else 0 (Papernot et al. 2016, "The limitations of deep learning in adversarial settings", algorithm 3).
/// The answer is that of an argmax over the whole matrix of scores, each rounded as its type rounds: among
/// equal scores the pair with the smallest first feature wins, then the one with the smallest second.
#pragma once

#include <span>
#include <vector>

#include "attacks/attack.h"

namespace weir {

struct ScoredPair {
  FeaturePair features;  // first < second; -1, -1 where no pair scores above 0
  double score = 0;
};

/// Searches one row after the other and keeps its scratch memory. Real is float or double.
template <class Real>
class PairSearch {
 public:
  /// gain, relief [d]. -infinity takes a feature out; a NaN is never chosen.
  ScoredPair best(std::span<const Real> gain, std::span<const Real> relief);

 private:
  void bound_every_feature();
  /// The best score of a pair that `feature` is in.
  Real best_score_with(Index feature) const;
  void keep_candidates(Real least);
  void keep_undominated();
  Real best_score_in_band() const;
  ScoredPair first_with(Real score) const;
  Real score(Index p, Index q) const;

  std::span<const Real> gain_, relief_;  // of the row that is searched
  std::vector<Real> bound_;              // [d]: no pair with this feature scores more
  std::vector<Index> candidates_;        // features whose bound reaches the best score seen, ascending
  std::vector<Index> band_;              // candidates of which some two form a best pair
};

/// The same where relief equals gain: the two largest gains, found in three passes.
template <class Real>
ScoredPair best_pair_of_gains(std::span<const Real> gain);

/// Row by row on all workers. gain, relief [n, ...] -> n pairs; without `relief`, it equals `gain`.
std::vector<ScoredPair> best_pairs(const Tensor& gain, const Tensor& relief = {});

extern template class PairSearch<float>;
extern template class PairSearch<double>;
extern template ScoredPair best_pair_of_gains(std::span<const float>);
extern template ScoredPair best_pair_of_gains(std::span<const double>);

}  // namespace weir
