/// Rows that climb a loss side by side: asking, booking and telling the observer, for every attack that
/// follows a gradient.
#pragma once

#include <array>

#include "attacks/lockstep.h"
#include "attacks/objective.h"

namespace weir {

/// none: every row takes all steps. at_success: a row stops at its first iterate that fools the crafting
/// batch.
enum class EarlyStop { none, at_success };

constexpr std::array<NamedValue<EarlyStop>, 2> early_stops = {
    {{"none", EarlyStop::none}, {"success", EarlyStop::at_success}}};

/// Where an attack begins. random: anywhere in its ball.
enum class Start { random, clean };

constexpr std::array<NamedValue<Start>, 2> starts = {{{"random", Start::random}, {"clean", Start::clean}}};

class Ascent {
 public:
  /// Evaluator and victims must outlive it.
  Ascent(Evaluator& evaluator, const Victims& victims, const ObjectiveOptions& objective,
         AttackObserver observer);

  Lockstep& rows() { return rows_; }
  Objective& objective() { return objective_; }

  struct Look {
    Tensor logits;    // [n, classes]
    Tensor gradient;  // [n, C, H, W] of the objective
  };
  /// Asks about an image for each row under way.
  Look look(const Tensor& x);
  /// Without gradient; observers do not hear of it. Returns the objective.
  std::vector<double> glance(const Tensor& x);
  /// Ends rows: `images` holds their results. Returns the positions of those that go on.
  std::vector<Index> retire(const Tensor& images, const std::vector<bool>& done);
  /// Which rows the latest query showed to be fooled.
  std::vector<bool> fooled() const;

 private:
  Evaluator& evaluator_;
  AttackObserver observer_;
  Lockstep rows_;
  Objective objective_;
  Index looks_ = 0;
};

/// The best image that each row has had so far.
class BestAttempt {
 public:
  /// Before the first offer: these. [n, C, H, W]
  explicit BestAttempt(const Tensor& images);
  /// Takes a row where its objective is higher than any before.
  void offer(const Tensor& images, std::span<const double> objective);
  const Tensor& images() const { return images_; }
  void keep(std::span<const Index> rows);

 private:
  Tensor images_;
  std::vector<double> objective_;
};

}  // namespace weir
