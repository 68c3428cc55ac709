/// All wrong classes of an image as targets of their own, run side by side, until the first of them is
/// reached: an untargeted attack out of a targeted one, for little more than what its best target costs.
#pragma once

#include <vector>

#include "attacks/lockstep.h"

namespace weir {

/// Backward passes that one query takes: the first one an image, since its rows share a forward pass; later
/// ones a row.
struct PassesOfQuery {
  Index first = 1;
  Index later = 1;
};

class TargetRace {
 public:
  /// The victims must outlive it. Where they have targets, these are the only ones; else the `candidates`
  /// wrong classes that are likeliest for the clean image race, all of them at most.
  TargetRace(const Victims& victims, Index candidates);

  /// A row for each target of each image: all images on the way to their first target, then all on the way to
  /// their second, and so on. Targets are in the order of their classes.
  const Victims& entrants() const { return entrants_; }
  /// Of the rows under way. [n]
  std::vector<std::int32_t> targets_of(const Lockstep& rows) const;
  /// Remembers how near each row's target was. logits [n, classes]
  void note(const Lockstep& rows, const Tensor& logits);
  /// Ends all rows of the images that have a winner.
  void end_losers(const Lockstep& rows, std::vector<bool>& done) const;

  /// One row an image again. Among rows that reached their target the one with the fewest changed features,
  /// then the smaller l2, then the lower class; where none did, the one whose target is the most probable.
  /// Efforts are the chosen row's, passes those of all of the image's rows.
  Crafted choose(const Crafted& crafted, const PassesOfQuery& passes) const;

 private:
  Index images() const { return victims_.count(); }
  Index targets_each() const { return entrants_.count() / images(); }
  Index best_row_of(Index image, const Crafted& crafted) const;
  Effort effort_of(Index image, Index chosen, const Crafted& crafted, const PassesOfQuery& passes) const;

  const Victims& victims_;
  Victims entrants_;
  std::vector<double> log_probability_;  // of each entrant's target, when last asked
};

}  // namespace weir
