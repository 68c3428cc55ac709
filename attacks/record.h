/// What became of one input: a line of records.csv.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attacks/geometry.h"

namespace weir {

enum class AttackStatus {
  skipped_misclassified,  // wrong before anything was done: not attacked, not counted
  success,                // the judge, asked about this image alone, agrees
  fail_budget,            // all steps taken, or the attack's own success did not stand before the judge
  fail_no_pair,           // no admissible pair of features (JSMA), also where all slopes are zero
  fail_zero_gradient,     // the gradient vanished and the image could not move
  fail_nan,               // logits, gradient or pixels became NaN
};

std::string_view to_string(AttackStatus status);

constexpr std::int32_t no_class = -1;

struct AttackRecord {
  Index id = 0;
  std::int32_t label = no_class;
  std::int32_t clean_class = no_class;  // no_class: the logits contain NaN
  double clean_confidence = 0;          // softmax at temperature 1 of the clean class
  std::int32_t target = no_class;       // no_class: untargeted
  AttackStatus status = AttackStatus::fail_budget;
  std::int32_t adversarial_class = no_class;
  double adversarial_confidence = 0;  // of the target, or of the adversarial class when there is none
  Index iterations = 0;
  Distortion distortion = {};
  double margin = 0;         // logits: positive where the attack has won, see margin_of
  Index first_success = -1;  // steps after which the crafting batch first showed success; -1: never
  Index forwards = 0;        // of crafting; the judge's are not an attack's cost
  Index backwards = 0;
  double zero_gradient_share = 0;         // of the features, at the first image asked about
  std::int32_t rounded_class = no_class;  // after rounding to 8 bits; judged for successes only
  bool survives_rounding = false;
  bool fragile = false;  // the crafting batch showed success, the image alone does not

  /// In the denominator of every rate: the model was right about the clean input.
  bool counts() const { return clean_class == label && label != no_class; }
};

/// The columns in order, without a line end.
std::string csv_header();
/// Numbers as the shortest text that reads back to the same bits; no class is an empty field, yes and no are
/// 1 and 0.
std::string to_csv(const AttackRecord& record);
/// Header and one line each.
std::string to_csv(std::span<const AttackRecord> records);

}  // namespace weir
