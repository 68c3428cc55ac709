/// The loss that an attack climbs, of one network or of several: cotangents for the evaluator, values for
/// whoever compares.
#pragma once

#include <array>
#include <vector>

#include "attacks/attack.h"
#include "attacks/margins.h"
#include "attacks/seeds.h"

namespace weir {

enum class Loss { cross_entropy, margin, dlr };

constexpr std::array<NamedValue<Loss>, 3> loss_names = {
    {{"ce", Loss::cross_entropy}, {"margin", Loss::margin}, {"dlr", Loss::dlr}}};

struct ObjectiveOptions {
  Loss loss = Loss::cross_entropy;
  LabelSource label = LabelSource::prediction;  // of the cross-entropy; margins are those of the label
  SeedScale scale = SeedScale::faithful;        // of the cross-entropy; nothing in a margin underflows
};

/// One loss a row. Where the victims have targets, climbing leads towards them.
class Objective {
 public:
  /// Throws Error (usage) E0227 for a network of too few classes.
  Objective(const Victims& victims, const ObjectiveOptions& options);

  /// Margins lead towards these classes, one a row, though any wrong answer will do. Throws like the
  /// constructor.
  void aim_at(std::span<const std::int32_t> classes);
  /// For a query about all rows that there are now; of an ensemble, of the fused loss.
  SeedRule seeds() const;
  /// logits [n, classes], or [n, members * classes]
  std::vector<double> values(const Tensor& logits) const;
  /// Of the rows, only these stay.
  void keep(std::span<const Index> rows);

 private:
  Margin margin() const { return loss_ == Loss::dlr ? Margin::dlr : Margin::cw; }
  void expect_classes(bool targeted) const;
  std::vector<double> values_of_one(const Tensor& logits) const;

  Loss loss_;
  Index classes_;
  Fusion fusion_;
  CrossEntropy cross_entropy_;
  std::vector<Rivals> rivals_;
};

}  // namespace weir
