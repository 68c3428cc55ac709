#include "attacks/cw_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attacks/reading.h"

namespace weir {
namespace {

// Numbers of cleverhans 2.0.
constexpr double unbounded = 1e10;      // the constant that none has needed yet
constexpr double surely_bounded = 1e9;  // a bound below this has been found
constexpr double enough_progress = 0.9999;
constexpr Index looks_at_progress = 10;  // in each step
constexpr Index steps_of_a_long_search = 10;
constexpr double first_bound_of_a_batch = 1e6;

}  // namespace

CwMargin margin_of(std::span<const double> z, const CwGoal& goal) {
  std::int32_t rival = goal.label == 0 ? 1 : 0;
  for (std::int32_t k = rival; k < static_cast<std::int32_t>(z.size()); ++k)
    if (k != goal.label && z[static_cast<std::size_t>(k)] > z[static_cast<std::size_t>(rival)]) rival = k;
  CwMargin margin{.sinking = goal.targeted ? rival : goal.label,
                  .rising = goal.targeted ? goal.label : rival};
  margin.gap = predicted_class(z) == no_class ? std::numeric_limits<double>::quiet_NaN()
                                              : z[static_cast<std::size_t>(margin.sinking)] -
                                                    z[static_cast<std::size_t>(margin.rising)] + goal.kappa;
  margin.reached = margin.gap < 0 || (margin.gap == 0 && margin.rising < margin.sinking);
  return margin;
}

CwSearch::CwSearch(const CwOptions& options, Index row)
    : options_(options),
      row_(row),
      constant_(options.initial_constant),
      high_(unbounded),
      best_distance_(std::numeric_limits<double>::infinity()) {
  begin_step();
}

void CwSearch::begin_step() {
  iteration_ = 0;
  succeeded_ = stands_ = false;
  // In cleverhans a large first loss ends the step before it has begun. Only the coupled form repeats that.
  watched_before_ =
      options_.abort == CwAbort::batch ? first_bound_of_a_batch : std::numeric_limits<double>::infinity();
}

bool CwSearch::stands_still(double watched) {
  const Index between_looks = std::max<Index>(options_.iterations / looks_at_progress, 1);
  if (options_.abort == CwAbort::never || iteration_ % between_looks != 0) return false;
  if (watched > enough_progress * watched_before_) return true;
  watched_before_ = watched;
  return false;
}

void CwSearch::next_constant() {
  (succeeded_ ? high_ : low_) = succeeded_ ? std::min(high_, constant_) : std::max(low_, constant_);
  if (high_ < surely_bounded)
    constant_ = (low_ + high_) / 2;
  else if (!succeeded_)
    constant_ *= 10;
  ++step_;
  // A long search ends where it is most likely to succeed.
  if (options_.binary_steps >= steps_of_a_long_search && step_ + 1 == options_.binary_steps)
    constant_ = high_;
  begin_step();
}

void CwSearch::begin(bool has_gradient) {
  stands_ = !has_gradient && options_.abort != CwAbort::batch;
  if (!has_gradient)
    effort_.failure = AttackStatus::fail_zero_gradient;
  else if (effort_.failure == AttackStatus::fail_zero_gradient)
    effort_.failure = AttackStatus::fail_budget;
}

void CwSearch::give_up(AttackStatus why) {
  effort_.failure = why;
  if (options_.abort != CwAbort::batch) step_ = options_.binary_steps;
}

SlotStep CwSearch::note(const CwMargin& margin, double distance, double watched) {
  ++effort_.forwards;
  ++effort_.backwards;
  SlotStep step{.row = row_, .move = SlotMove::restart, .next = row_};
  if (done()) return step;
  if (stands_ || stands_still(watched)) {
    next_constant();
    return step;
  }
  step.keep = margin.reached && distance < best_distance_;
  if (step.keep) best_distance_ = distance;
  if (margin.reached) succeeded_ = effort_.claims_success = true;
  if (margin.reached && effort_.first_success < 0) effort_.first_success = effort_.iterations;
  if (++iteration_ == options_.iterations) {  // where a last step would lead nobody would see
    next_constant();
    return step;
  }
  ++effort_.iterations;
  const auto t = static_cast<double>(iteration_);
  const double mean_scale = 1 / (1 - std::pow(0.9, t)), square_scale = 1 / std::sqrt(1 - std::pow(0.999, t));
  const bool corrected_root = options_.adam == CwAdam::torch;
  step.move = SlotMove::descend;
  step.rate = options_.learning_rate * mean_scale / (corrected_root ? 1 : square_scale);
  step.square_scale = corrected_root ? square_scale : 1;
  return step;
}

}  // namespace weir
