#include "attacks/cw_batch.h"

#include <cmath>

#include "attacks/reading.h"
#include "attacks/row_scan.h"
#include "tensor/ops/pointwise.h"

namespace weir {

CwBatch::CwBatch(const CwOptions& options, const Victims& victims)
    : options_(options),
      victims_(victims),
      batch_(victims.count(), options.batch),
      descent_(victims.images, victims.pixels, batch_.rows()) {
  for (Index row = 0; row < victims.count(); ++row) searches_.emplace_back(options, row);
}

CwGoal CwBatch::goal_of(Index slot) const {
  const auto victim = static_cast<std::size_t>(batch_.row(slot));
  return {victims_.targeted() ? victims_.targets[victim] : victims_.labels[victim], victims_.targeted(),
          options_.kappa};
}

const CwSearch& CwBatch::search_in(Index slot) const {
  return searches_[static_cast<std::size_t>(batch_.row(slot))];
}

CwSearch& CwBatch::search_in(Index slot) { return searches_[static_cast<std::size_t>(batch_.row(slot))]; }

SeedRule CwBatch::seeds() const {
  return [this](const Tensor& logits, RowRange rows) {
    std::vector<double> seeds(static_cast<std::size_t>(logits.shape().volume()));
    for_each_row(logits, [&](Index i, std::span<const double> z) {
      const Index slot = rows.first + i;
      const CwMargin margin = margin_of(z, goal_of(slot));
      if (!(margin.gap > 0)) return;
      const auto row = seeds.begin() + i * logits.shape()[1];
      row[margin.sinking] = search_in(slot).constant();
      row[margin.rising] = -search_in(slot).constant();
    });
    return Tensor::from_host(std::span<const double>(seeds), logits.shape(), logits.device())
        .as(logits.dtype());
  };
}

std::vector<CwBatch::Reading> CwBatch::read(const Tensor& logits) const {
  const std::vector<double> distances = descent_.squared_distances();
  std::vector<Reading> readings;
  for_each_row(logits, [&](Index slot, std::span<const double> z) {
    const CwMargin margin = margin_of(z, goal_of(slot));
    const double distance = distances[static_cast<std::size_t>(slot)];
    readings.push_back({margin, distance, distance + search_in(slot).constant() * margin.f()});
  });
  return readings;
}

void CwBatch::watch(const AttackObserver& observer, Index number, const Tensor& logits,
                    const Tensor& gradient) const {
  std::vector<Index> task_rows;
  for (const Index row : batch_.rows()) task_rows.push_back(victims_.rows[static_cast<std::size_t>(row)]);
  std::vector<double> heights;
  for (const Reading& reading : read(logits)) heights.push_back(-reading.loss);
  observer({number, task_rows, images(), -1.0 * descent_.loss_gradient(gradient), logits, heights});
}

/// Images that begin with a constant: has its gradient survived in float?
void CwBatch::look_at_starts(const Tensor& gradient, const std::vector<Reading>& readings) {
  bool any = false;
  for (Index slot = 0; slot < batch_.slots(); ++slot) any |= search_in(slot).at_start();
  if (!any) return;
  const std::vector<double> peaks = row_peaks(gradient), shares = zero_shares(gradient);
  for (Index slot = 0; slot < batch_.slots(); ++slot) {
    const auto s = static_cast<std::size_t>(slot);
    CwSearch& search = search_in(slot);
    if (!search.at_start()) continue;
    if (search.effort().forwards == 0) search.effort().zero_gradient_share = shares[s];
    search.begin(peaks[s] != 0 || !(readings[s].margin.gap > 0));
    if (std::isnan(peaks[s])) search.give_up(AttackStatus::fail_nan);
  }
}

void CwBatch::advance(const Tensor& logits, const Tensor& gradient) {
  const std::vector<Reading> readings = read(logits);
  look_at_starts(gradient, readings);
  double sum = 0;
  for (const Reading& reading : readings) sum += reading.loss;
  std::vector<SlotStep> steps;
  for (Index slot = 0; slot < batch_.slots(); ++slot) {
    const Reading& reading = readings[static_cast<std::size_t>(slot)];
    steps.push_back(decide(slot, reading, options_.abort == CwAbort::batch ? sum : reading.loss));
  }
  descent_.advance(gradient, steps);
  descent_.keep(batch_.close_empty());
}

SlotStep CwBatch::decide(Index slot, const Reading& reading, double watched) {
  CwSearch& search = search_in(slot);
  if (std::isnan(reading.loss)) search.give_up(AttackStatus::fail_nan);
  SlotStep step = search.note(reading.margin, reading.distance, watched);
  if (!search.done()) return step;
  step.next = batch_.replace(slot);
  step.move = step.next < 0 ? SlotMove::rest : SlotMove::restart;
  return step;
}

Crafted CwBatch::finish() {
  Crafted crafted{.images = descent_.best(), .efforts = {}};
  for (CwSearch& search : searches_) crafted.efforts.push_back(search.effort());
  return crafted;
}

}  // namespace weir
