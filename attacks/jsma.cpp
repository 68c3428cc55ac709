#include "attacks/jsma.h"

#include <cmath>

#include "attacks/pair_search.h"
#include "attacks/row_scan.h"

namespace weir {
namespace {

/// Whether two features of each row are still in its domain.
std::vector<bool> have_two(const Tensor& domain) {
  const auto features = static_cast<double>(domain.shape().row_volume());
  std::vector<bool> result;
  for (const double used : zero_shares(domain)) result.push_back(std::lround(features * (1 - used)) >= 2);
  return result;
}

/// Of the rows under way: where they are, which features they may still move, and which two are next.
struct March {
  Tensor x, domain;  // [n, C, H, W]
  std::vector<FeaturePair> pairs = {};
};

March kept_of(const March& march, const std::vector<Index>& kept) {
  if (static_cast<Index>(kept.size()) == march.x.rows()) return march;
  March result{keep_rows(march.x, kept), keep_rows(march.domain, kept)};
  for (const Index i : kept) result.pairs.push_back(march.pairs[static_cast<std::size_t>(i)]);
  return result;
}

/// Nobody has looked at the images after the last step.
void look_once_more(Evaluator& evaluator, Lockstep& rows, TargetRace& race, const Tensor& x) {
  if (!rows.any()) return;
  const Tensor logits = evaluator.logits(x);
  rows.note(logits);
  race.note(rows, logits);
}

/// To two significant digits.
double rounded_up(double share) {
  const double unit = std::pow(10, std::floor(std::log10(share)) - 1);
  return std::ceil(share / unit) * unit;
}

}  // namespace

Index Jsma::most_pairs(const Shape& images) const {
  const bool features = options_.gamma_of == GammaOf::features;
  const Index all = features ? images.row_volume() : images[2] * images[3];
  const auto pairs = static_cast<Index>(std::floor(static_cast<double>(all) * options_.gamma / 2));
  if (pairs < 1)
    fail({.code = "E0206",
          .message = fmt::format("gamma {} of {} {} is less than the two that move at once", options_.gamma,
                                 all, features ? "features" : "pixels"),
          .help = fmt::format("a pair is a share of 2/{}: take {:.2g} or more", all,
                              rounded_up(2.0 / static_cast<double>(all)))});
  return pairs;
}

std::vector<FeaturePair> Jsma::choose_pairs(const Slopes& slopes, const Tensor& domain) const {
  const double up = options_.theta > 0 ? 1 : -1;
  const FeatureIndex index = feature_index(domain.shape(), options_.order);
  const Tensor gain = searched_slopes(slopes.target, domain, up, index);
  const Tensor relief =
      slopes.others.defined() ? searched_slopes(slopes.others, domain, -up, index) : Tensor{};
  std::vector<FeaturePair> pairs;
  for (const ScoredPair& best : best_pairs(gain, relief)) {
    const auto [first, second] = best.features;
    pairs.push_back(first < 0 ? FeaturePair{} : FeaturePair{index(first), index(second)});
  }
  if (options_.no_pair == NoPair::fail) return pairs;
  const std::vector<bool> may_go_on = have_two(domain);
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (pairs[i].first < 0 && may_go_on[i]) pairs[i] = {0, 0};
  return pairs;
}

std::vector<bool> Jsma::rows_that_end(Lockstep& rows, const TargetRace& race,
                                      const std::vector<FeaturePair>& pairs) const {
  std::vector<bool> done;
  for (Index i = 0; i < rows.count(); ++i) {
    const bool nowhere = pairs[static_cast<std::size_t>(i)].first < 0;
    if (nowhere && !rows.broken(i)) rows.effort(i).failure = AttackStatus::fail_no_pair;
    done.push_back(rows.fooled(i) || nowhere || rows.broken(i));
  }
  // A corner that moves twice is one feature: a later row may then have changed fewer.
  if (options_.no_pair == NoPair::fail) race.end_losers(rows, done);
  return done;
}

Crafted Jsma::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  TargetRace race(victims, options_.candidates);
  Lockstep rows(race.entrants());
  March march{race.entrants().images,
              movable_features(race.entrants().images, options_.theta, victims.pixels)};
  PassesOfQuery passes;
  const Index most = most_pairs(victims.images.shape());
  for (Index number = 0; number < most && rows.any(); ++number) {
    const std::vector<std::int32_t> targets = race.targets_of(rows);
    const Slopes slopes = slopes_towards(evaluator, number == 0 ? victims.images : march.x,
                                         {targets, victims.classes}, options_.saliency);
    (number == 0 ? passes.first : passes.later) = slopes.cotangents;
    rows.note(slopes.logits, slopes.target);
    race.note(rows, slopes.logits);

    march.pairs = choose_pairs(slopes, march.domain);
    const std::vector<bool> done = rows_that_end(rows, race, march.pairs);
    for (std::size_t i = 0; i < done.size(); ++i)
      if (done[i]) march.pairs[i] = {};
    if (observer)
      observer({number, rows.task_rows(), march.x, slopes.target, slopes.logits,
                outputs_of(slopes.logits, targets, options_.saliency), march.pairs, targets});
    march = kept_of(march, rows.retire(march.x, done));
    move_pairs(march.x, march.domain,
               {.pairs = march.pairs, .step = options_.theta, .pixels = victims.pixels});
    rows.count_step();
  }
  look_once_more(evaluator, rows, race, march.x);
  return race.choose(rows.finish(march.x), passes);
}

}  // namespace weir
