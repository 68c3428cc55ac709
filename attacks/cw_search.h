/// One image's way through the attack of Carlini & Wagner: which constant it tries, how far it has come, when
/// it gives up. It is told what the network said and decides what becomes of the image.
#pragma once

#include <cstdint>
#include <span>

#include "attacks/cw.h"
#include "tensor/kernels/tanh_adam.h"

namespace weir {

/// The class that an image shall leave, or the one that it shall reach.
struct CwGoal {
  std::int32_t label = no_class;
  bool targeted = false;
  double kappa = 0;
};

/// f = max(0, gap); its gradient is that of z[sinking] - z[rising].
struct CwMargin {
  std::int32_t sinking = no_class, rising = no_class;
  double gap = 0;        // z[sinking] - z[rising] + kappa; NaN if any logit is
  bool reached = false;  // the goal, by kappa at least; a tie goes to the lower class, as in argmax
  double f() const { return gap > 0 ? gap : 0; }
};

/// The first of the largest other logits is the rival.
CwMargin margin_of(std::span<const double> logits, const CwGoal& goal);

class CwSearch {
 public:
  /// The options must outlive it. `row` is the image's among the victims.
  CwSearch(const CwOptions& options, Index row);

  double constant() const { return constant_; }
  /// Books one iteration and says what becomes of the image: one more step, or a new start with the next
  /// constant. `distance` is squared, `watched` the loss that must fall from time to time.
  SlotStep note(const CwMargin& margin, double distance, double watched);
  /// No constant is left to try.
  bool done() const { return step_ >= options_.binary_steps; }
  /// Nothing has been taken of the present constant yet.
  bool at_start() const { return iteration_ == 0; }
  /// At the start of a constant: whether the image has anywhere to go. Where it has not, Adam's first step is
  /// zero, and so is the distance that it would have to win back: it would stand still to the end, and the
  /// next constant, whose gradient may not underflow, has its turn. Under `batch` the iterations go on.
  void begin(bool has_gradient);
  /// No further constant will be tried, either. Under `batch`, where all keep pace, the iterations go on.
  void give_up(AttackStatus why);
  Effort& effort() { return effort_; }
  const Effort& effort() const { return effort_; }

 private:
  bool stands_still(double watched);
  void next_constant();
  void begin_step();

  const CwOptions& options_;
  Index row_;
  double constant_, low_ = 0, high_;
  Index step_ = 0, iteration_ = 0;
  bool succeeded_ = false, stands_ = false;  // with this constant
  double watched_before_ = 0, best_distance_;
  Effort effort_;
};

}  // namespace weir
