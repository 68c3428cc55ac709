#include "attacks/objective.h"

#include <fmt/format.h>

#include "attacks/lockstep.h"
#include "attacks/reading.h"
#include "tensor/ops/channels.h"

namespace weir {

Objective::Objective(const Victims& victims, const ObjectiveOptions& options)
    : loss_(options.loss),
      classes_(victims.classes),
      fusion_(victims.fusion),
      cross_entropy_{label_weights(victims, options.label), victims.targeted(), options.scale} {
  for (std::size_t i = 0; i < victims.labels.size(); ++i)
    rivals_.push_back({victims.labels[i], victims.targeted() ? victims.targets[i] : no_class});
  expect_classes(victims.targeted());
}

void Objective::expect_classes(bool targeted) const {
  const Index needed = classes_needed(margin(), targeted);
  if (loss_ == Loss::cross_entropy || classes_ >= needed) return;
  fail({.code = "E0227",
        .message = fmt::format("the loss `{}` needs {} classes, the network has {}",
                               name_of(loss_names, loss_), needed, classes_),
        .help = "`margin` and `ce` need two"});
}

void Objective::aim_at(std::span<const std::int32_t> classes) {
  ensures(classes.size() == rivals_.size(), "a class for each row");
  expect_classes(true);
  for (std::size_t i = 0; i < classes.size(); ++i) rivals_[i].target = classes[i];
}

SeedRule Objective::seeds() const {
  return fused_seeds(
      loss_ == Loss::cross_entropy ? cross_entropy_seeds(cross_entropy_) : margin_seeds(margin(), rivals_),
      classes_, fusion_);
}

std::vector<double> Objective::values(const Tensor& logits) const {
  const Index members = logits.shape()[1] / classes_;
  if (members == 1) return values_of_one(logits);
  if (fusion_ != Fusion::losses) return values_of_one(fused_logits(logits, classes_, fusion_));
  std::vector<double> means(static_cast<std::size_t>(logits.rows()));
  for (Index m = 0; m < members; ++m) {
    const std::vector<double> own = values_of_one(channel_slice(logits, m * classes_, classes_));
    for (std::size_t i = 0; i < means.size(); ++i) means[i] += own[i] / static_cast<double>(members);
  }
  return means;
}

std::vector<double> Objective::values_of_one(const Tensor& logits) const {
  if (loss_ == Loss::cross_entropy) return objective_values(cross_entropy_, logits);
  std::vector<double> values;
  for_each_row(logits, [&](Index row, std::span<const double> z) {
    values.push_back(margin_value(margin(), z, rivals_[static_cast<std::size_t>(row)]));
  });
  return values;
}

void Objective::keep(std::span<const Index> rows) {
  keep_rows_of({&cross_entropy_.labels}, rows);
  keep_entries(rivals_, rows);
}

}  // namespace weir
