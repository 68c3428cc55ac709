#include "attacks/pair_search.h"

#include <algorithm>
#include <limits>

#include "tensor/workers.h"

namespace weir {
namespace {

template <class Real>
Real score_of(Real gain, Real relief) {
  return gain > 0 && relief > 0 ? gain * relief : Real(0);
}

template <class Real>
Real at(std::span<const Real> values, Index i) {
  return values[static_cast<std::size_t>(i)];
}

template <class Real>
Index count_of(const std::vector<Real>& values) {
  return static_cast<Index>(values.size());
}

/// The two largest of the values seen; NaN is not seen.
template <class Real>
struct TwoLargest {
  Real first = -std::numeric_limits<Real>::infinity();
  Real second = -std::numeric_limits<Real>::infinity();
  Index where = -1;  // of the first

  void see(Real value, Index i) {
    if (value > first) {
      second = first;
      first = value;
      where = i;
    } else if (value > second) {
      second = value;
    }
  }
  Real other_than(Index i) const { return i == where ? second : first; }
};

template <class Real>
TwoLargest<Real> two_largest(std::span<const Real> values) {
  TwoLargest<Real> result;
  for (Index i = 0; i < static_cast<Index>(values.size()); ++i) result.see(at(values, i), i);
  return result;
}

Tensor on_the_host(const Tensor& x) { return x.device().is_host() ? x : x.to(Device::reference()); }

}  // namespace

template <class Real>
Real PairSearch<Real>::score(Index p, Index q) const {
  return score_of(at(gain_, p) + at(gain_, q), at(relief_, p) + at(relief_, q));
}

/// Why this is exact: rounded sums and rounded products of positive numbers are monotone, so a feature with
/// both a larger gain and a larger relief never scores less beside the same partner, to the last bit. Hence
/// bounds hold for rounded scores, and a feature that two others dominate can be left out. The hull of the
/// points would not do: x y is not concave, and all of its corners may be inadmissible.
template <class Real>
ScoredPair PairSearch<Real>::best(std::span<const Real> gain, std::span<const Real> relief) {
  ensures(gain.size() == relief.size(), "a gain and a relief for each feature");
  gain_ = gain;
  relief_ = relief;
  bound_every_feature();
  const auto most = std::max_element(bound_.begin(), bound_.end());
  if (most == bound_.end() || *most == 0) return {};
  Real least = best_score_with(most - bound_.begin());
  for (const auto& values : {gain, relief}) {
    const Index largest = two_largest(values).where;
    if (largest >= 0) least = std::max(least, best_score_with(largest));
  }
  keep_candidates(least);
  keep_undominated();
  const Real score = std::max(least, best_score_in_band());
  return score > 0 ? first_with(score) : ScoredPair{};
}

template <class Real>
void PairSearch<Real>::bound_every_feature() {
  const TwoLargest<Real> gains = two_largest(gain_), reliefs = two_largest(relief_);
  bound_.resize(gain_.size());
  for (Index i = 0; i < count_of(bound_); ++i)
    bound_[static_cast<std::size_t>(i)] =
        score_of(at(gain_, i) + gains.other_than(i), at(relief_, i) + reliefs.other_than(i));
}

template <class Real>
Real PairSearch<Real>::best_score_with(Index feature) const {
  Real best = 0;
  for (Index i = 0; i < feature; ++i) best = std::max(best, score(feature, i));
  for (Index i = feature + 1; i < count_of(bound_); ++i) best = std::max(best, score(feature, i));
  return best;
}

template <class Real>
void PairSearch<Real>::keep_candidates(Real least) {
  candidates_.clear();
  for (Index i = 0; i < count_of(bound_); ++i) {
    const Real bound = bound_[static_cast<std::size_t>(i)];
    if (bound > 0 && bound >= least) candidates_.push_back(i);
  }
}

/// Sorted by gain, a candidate is dominated by every earlier one of no less relief.
template <class Real>
void PairSearch<Real>::keep_undominated() {
  constexpr Index worth_sorting = 24;  // as many candidates take 276 scores
  band_ = candidates_;
  if (count_of(band_) <= worth_sorting) return;
  std::sort(band_.begin(), band_.end(), [&](Index p, Index q) {
    if (at(gain_, p) != at(gain_, q)) return at(gain_, p) > at(gain_, q);
    return at(relief_, p) > at(relief_, q);
  });
  TwoLargest<Real> reliefs;
  std::erase_if(band_, [&](Index i) {
    const bool dominated_twice = at(relief_, i) <= reliefs.second;
    reliefs.see(at(relief_, i), i);
    return dominated_twice;
  });
}

template <class Real>
Real PairSearch<Real>::best_score_in_band() const {
  Real best = 0;
  for (std::size_t i = 0; i < band_.size(); ++i)
    for (std::size_t k = i + 1; k < band_.size(); ++k) best = std::max(best, score(band_[i], band_[k]));
  return best;
}

/// The smallest feature of any best pair, with its smallest partner; a feature's best partner is in the band.
template <class Real>
ScoredPair PairSearch<Real>::first_with(Real wanted) const {
  const auto reaches = [&](Index p, Index q) { return p != q && score(p, q) == wanted; };
  for (const Index p : candidates_) {
    if (bound_[static_cast<std::size_t>(p)] < wanted) continue;
    if (std::none_of(band_.begin(), band_.end(), [&](Index q) { return reaches(p, q); })) continue;
    for (const Index q : candidates_)
      if (reaches(p, q)) return {{p, q}, static_cast<double>(wanted)};
  }
  ensures(false, "a best score without a pair");
  return {};
}

template <class Real>
ScoredPair best_pair_of_gains(std::span<const Real> gain) {
  const TwoLargest<Real> gains = two_largest(gain);
  const auto score = [](Real sum) { return score_of(sum, sum); };
  const Real best = score(gains.first + gains.second);
  if (!(best > 0)) return {};
  // Other pairs may round to the same score, so the largest two are not the answer yet.
  const auto count = static_cast<Index>(gain.size());
  Index p = 0;
  while (score(at(gain, p) + gains.other_than(p)) != best) ++p;
  for (Index q = p + 1; q < count; ++q)
    if (score(at(gain, p) + at(gain, q)) == best) return {{p, q}, static_cast<double>(best)};
  ensures(false, "a best score without a pair");
  return {};
}

std::vector<ScoredPair> best_pairs(const Tensor& gain, const Tensor& relief) {
  const Tensor gains = on_the_host(gain), reliefs = relief.defined() ? on_the_host(relief) : Tensor{};
  std::vector<ScoredPair> pairs(static_cast<std::size_t>(gain.rows()));
  with_real(gain.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Index features = gain.shape().row_volume();
    const auto row_of = [&](const Tensor& x, Index row) {
      return std::span<const Real>(x.read<Real>() + row * features, static_cast<std::size_t>(features));
    };
    run_pieces(gain.rows(), [&](Index row) {
      thread_local PairSearch<Real> search;
      pairs[static_cast<std::size_t>(row)] = reliefs.defined()
                                                 ? search.best(row_of(gains, row), row_of(reliefs, row))
                                                 : best_pair_of_gains(row_of(gains, row));
    });
  });
  return pairs;
}

template class PairSearch<float>;
template class PairSearch<double>;
template ScoredPair best_pair_of_gains(std::span<const float>);
template ScoredPair best_pair_of_gains(std::span<const double>);

}  // namespace weir
