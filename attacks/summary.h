/// What many records say together. The denominator of every rate is the inputs that the model classified
/// correctly, and distances are means over successes only: failures never enter as zeros.
#pragma once

#include <array>
#include <span>

#include "attacks/attack.h"

namespace weir {

struct Rate {
  Index hits = 0;
  Index trials = 0;
  double value = 0;          // 0 without trials
  double low = 0, high = 1;  // Wilson's 95 % score interval
};

/// Wilson 1927, "Probable inference, the law of succession, and statistical inference".
Rate rate_of(Index hits, Index trials);

/// Linear between order statistics (type 7 of Hyndman & Fan 1996), `share` in [0, 1]; `sorted` is not empty.
double quantile_of_sorted(std::span<const double> sorted, double share);

/// One number an image, over the successes; all are NaN when there are none.
struct Spread {
  Index count = 0;
  double mean = 0, lower_quartile = 0, median = 0, upper_quartile = 0;
  /// Failures count as infinite, so that attacks of different strength compare fairly.
  double median_with_failures = 0;
};

struct AttackSummary {
  Index images = 0;
  Rate clean_accuracy;                  // correct of all images
  Rate success;                         // successes of the correct ones
  Rate robust_accuracy;                 // correct and not fooled, of all images
  Rate survives_rounding;               // of the successes, as 8-bit pictures
  Rate zero_gradients;                  // inputs whose first gradient was all zero, of the correct ones
  Index fragile = 0;                    // success in the crafting batch that the image alone does not show
  Index skipped = 0;                    // misclassified from the start
  std::array<Index, 6> by_status = {};  // indexed by AttackStatus
  Spread l0_features, l0_tolerant, l0_pixels, l1, l2, linf;
  Spread relative_l0, relative_l1, relative_l2, relative_linf;
  Spread confidence, iterations;
  Cost crafting, judging;

  Index count_of(AttackStatus status) const { return by_status[static_cast<std::size_t>(status)]; }
};

AttackSummary summarise(const Outcome& outcome);
AttackSummary summarise(std::span<const AttackRecord> records);

}  // namespace weir
