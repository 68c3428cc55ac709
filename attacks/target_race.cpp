#include "attacks/target_race.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "attacks/reading.h"

namespace weir {
namespace {

/// The wrong classes that race for a victim, in the order of the classes.
std::vector<std::int32_t> candidates_of(const Victims& victims, Index i, Index count) {
  std::vector<std::int32_t> classes;
  for (Index rank = 0; rank < count; ++rank) classes.push_back(victims.wrong_class(i, rank));
  std::ranges::sort(classes);
  return classes;
}

/// Every victim once for each of its candidates: first all on the way to their first, then to their second.
Victims entrants_of(const Victims& victims, Index candidates) {
  if (victims.targeted()) return victims;
  const Index targets = std::min(candidates, victims.classes - 1);
  std::vector<Index> which;
  for (Index entrant = 0; entrant < targets * victims.count(); ++entrant)
    which.push_back(entrant % victims.count());
  Victims entrants = victims.chosen(which);
  for (Index entrant = 0; entrant < entrants.count(); ++entrant) {
    const auto number = static_cast<std::size_t>(entrant / victims.count());
    entrants.targets.push_back(candidates_of(victims, entrant % victims.count(), targets)[number]);
  }
  return entrants;
}

template <class Value>
Value at(const std::vector<Value>& values, Index i) {
  return values[static_cast<std::size_t>(i)];
}

}  // namespace

TargetRace::TargetRace(const Victims& victims, Index candidates)
    : victims_(victims),
      entrants_(entrants_of(victims, candidates)),
      log_probability_(static_cast<std::size_t>(entrants_.count())) {}

std::vector<std::int32_t> TargetRace::targets_of(const Lockstep& rows) const {
  std::vector<std::int32_t> targets;
  for (Index i = 0; i < rows.count(); ++i) targets.push_back(at(entrants_.targets, rows.victim(i)));
  return targets;
}

void TargetRace::note(const Lockstep& rows, const Tensor& logits) {
  std::vector<double> weights(static_cast<std::size_t>(entrants_.classes));
  for_each_row(logits, [&](Index i, std::span<const double> z) {
    const Index row = rows.victim(i);
    double& weight = weights[static_cast<std::size_t>(at(entrants_.targets, row))];
    weight = 1;
    const double nearness = -cross_entropy_of(z, weights);
    log_probability_[static_cast<std::size_t>(row)] = std::isnan(nearness) ? -INFINITY : nearness;
    weight = 0;
  });
}

void TargetRace::end_losers(const Lockstep& rows, std::vector<bool>& done) const {
  std::vector<bool> has_winner(static_cast<std::size_t>(images()));
  const auto image_of = [&](Index i) { return static_cast<std::size_t>(rows.victim(i) % images()); };
  for (Index i = 0; i < rows.count(); ++i)
    if (rows.fooled(i)) has_winner[image_of(i)] = true;
  for (Index i = 0; i < rows.count(); ++i)
    if (has_winner[image_of(i)]) done[static_cast<std::size_t>(i)] = true;
}

Index TargetRace::best_row_of(Index image, const Crafted& crafted) const {
  const std::vector<double> original = victims_.images.batch_slice(image, 1).to_host_double();
  const auto cost = [&](Index row) {
    if (!at(crafted.efforts, row).claims_success) return std::tuple(true, -at(log_probability_, row), 0.0);
    const Distortion moved = measure(original, crafted.images.batch_slice(row, 1).to_host_double(), {});
    return std::tuple(false, static_cast<double>(moved.l0_features), moved.l2);
  };
  Index best = image;
  auto least = cost(best);
  for (Index row = image + images(); row < entrants_.count(); row += images()) {
    const auto mine = cost(row);
    if (mine < least) std::tie(best, least) = std::tuple(row, mine);
  }
  return best;
}

Effort TargetRace::effort_of(Index image, Index chosen, const Crafted& crafted,
                             const PassesOfQuery& passes) const {
  Effort effort = at(crafted.efforts, chosen);
  effort.forwards = 1;
  effort.backwards = passes.first;
  for (Index row = image; row < entrants_.count(); row += images()) {
    effort.forwards += at(crafted.efforts, row).forwards - 1;
    effort.backwards += (at(crafted.efforts, row).backwards - 1) * passes.later;
  }
  if (!victims_.targeted()) effort.target = at(entrants_.targets, chosen);
  return effort;
}

Crafted TargetRace::choose(const Crafted& crafted, const PassesOfQuery& passes) const {
  std::vector<Index> chosen;
  std::vector<Effort> efforts;
  for (Index image = 0; image < images(); ++image) {
    chosen.push_back(best_row_of(image, crafted));
    efforts.push_back(effort_of(image, chosen.back(), crafted, passes));
  }
  return {.images = keep_rows(crafted.images, chosen), .efforts = std::move(efforts)};
}

}  // namespace weir
