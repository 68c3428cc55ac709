#include "attacks/lockstep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attacks/reading.h"
#include "attacks/row_scan.h"

namespace weir {
namespace {

struct RowCopy {
  Index from = 0;
  Index to = 0;
  Index count = 1;
};

/// Neighbours that stay neighbours travel together.
std::vector<RowCopy> joined(const std::vector<RowCopy>& single) {
  std::vector<RowCopy> runs;
  for (const RowCopy& copy : single)
    if (!runs.empty() && runs.back().from + runs.back().count == copy.from &&
        runs.back().to + runs.back().count == copy.to)
      runs.back().count += copy.count;
    else
      runs.push_back(copy);
  return runs;
}

/// Rows of `from` into rows of `to`; both plain and on one device.
void copy_rows(const Tensor& from, Tensor& to, const std::vector<RowCopy>& copies) {
  with_real(from.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Index width = from.shape().row_volume();
    const Real* source = from.read<Real>();
    Real* target = to.update<Real>();
    for (const RowCopy& run : joined(copies))
      to.device().memory().copy(target + run.to * width, source + run.from * width,
                                static_cast<std::size_t>(run.count * width) * sizeof(Real));
  });
}

}  // namespace

Tensor keep_rows(const Tensor& x, std::span<const Index> kept) {
  const auto count = static_cast<Index>(kept.size());
  Tensor result = Tensor::uninitialised(x.shape().with_rows(count), x.device(), x.dtype());
  std::vector<RowCopy> copies;
  for (Index i = 0; i < count; ++i) copies.push_back({.from = kept[static_cast<std::size_t>(i)], .to = i});
  copy_rows(x, result, copies);
  return result;
}

void keep_rows_of(std::initializer_list<Tensor*> state, std::span<const Index> kept) {
  for (Tensor* each : state)
    if (each->rows() > static_cast<Index>(kept.size())) *each = keep_rows(*each, kept);
}

void overwrite_rows(Tensor& into, const Tensor& from, const std::vector<bool>& which) {
  std::vector<RowCopy> copies;
  for (std::size_t i = 0; i < which.size(); ++i)
    if (which[i]) copies.push_back({.from = static_cast<Index>(i), .to = static_cast<Index>(i)});
  if (!copies.empty()) copy_rows(from, into, copies);
}

Lockstep::Lockstep(const Victims& victims)
    : victims_(victims),
      active_(static_cast<std::size_t>(victims.count())),
      task_rows_(victims.rows),
      efforts_(active_.size()),
      fooled_(active_.size()),
      stuck_(active_.size()),
      result_(Tensor::like(victims.images)) {
  std::iota(active_.begin(), active_.end(), Index{0});
}

void Lockstep::note(const Tensor& logits, const Tensor& gradient) {
  stuck_.assign(active_.size(), false);
  read_gradient(gradient);
  read_logits(logits);
}

void Lockstep::note(const Tensor& logits) {
  stuck_.assign(active_.size(), false);
  read_logits(logits);
}

std::vector<Rng> Lockstep::rngs(std::uint64_t child) const {
  std::vector<Rng> result;
  for (const Index victim : active_)
    result.push_back(victims_.rngs[static_cast<std::size_t>(victim)].split(child));
  return result;
}

void Lockstep::forget_failures() {
  for (Index i = 0; i < count(); ++i) effort(i).failure = AttackStatus::fail_budget;
}

void Lockstep::read_gradient(const Tensor& gradient) {
  const std::vector<double> peaks = row_peaks(gradient);
  const bool at_the_clean_image = effort(0).backwards == 0;
  const std::vector<double> shares = at_the_clean_image ? zero_shares(gradient) : std::vector<double>{};
  for (Index i = 0; i < count(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    Effort& spent = effort(i);
    ++spent.backwards;
    if (at_the_clean_image) spent.zero_gradient_share = shares[row];
    if (!std::isnan(peaks[row]) && peaks[row] > 0) continue;
    stuck_[row] = true;
    spent.failure = peaks[row] == 0 ? AttackStatus::fail_zero_gradient : AttackStatus::fail_nan;
  }
}

void Lockstep::read_logits(const Tensor& logits) {
  const auto classes = static_cast<std::size_t>(victims_.classes);
  for_each_row(logits, [&](Index i, std::span<const double> z) {
    const auto row = static_cast<std::size_t>(i);
    Effort& spent = effort(i);
    ++spent.forwards;
    fooled_[row] = true;
    for (std::size_t first = 0; first < z.size(); first += classes) {
      const std::int32_t answer = predicted_class(z.subspan(first, classes));
      if (answer == no_class) {
        stuck_[row] = true;
        spent.failure = AttackStatus::fail_nan;
      }
      const bool fooled = victims_.fooled_by(answer, victim(i));
      if (first == 0) spent.claims_success = fooled;  // the first network is the judge
      fooled_[row] = fooled_[row] && fooled;
    }
    if (spent.claims_success && spent.first_success < 0) spent.first_success = spent.iterations;
  });
}

void Lockstep::count_step() {
  for (Index i = 0; i < count(); ++i) {
    ++effort(i).iterations;
    effort(i).claims_success = false;  // nobody has looked at the new image yet
  }
}

std::vector<Index> Lockstep::retire(const Tensor& images, const std::vector<bool>& done) {
  deliver(images, done);
  std::vector<Index> kept;
  for (Index i = 0; i < count(); ++i)
    if (!done[static_cast<std::size_t>(i)]) kept.push_back(i);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto old = static_cast<std::size_t>(kept[i]);
    active_[i] = active_[old];
    task_rows_[i] = task_rows_[old];
    fooled_[i] = static_cast<bool>(fooled_[old]);
    stuck_[i] = static_cast<bool>(stuck_[old]);
  }
  active_.resize(kept.size());
  task_rows_.resize(kept.size());
  fooled_.resize(kept.size());
  stuck_.resize(kept.size());
  return kept;
}

void Lockstep::deliver(const Tensor& images, const std::vector<bool>& done) {
  std::vector<RowCopy> copies;
  for (Index i = 0; i < count(); ++i)
    if (done[static_cast<std::size_t>(i)]) copies.push_back({.from = i, .to = victim(i)});
  if (!copies.empty()) copy_rows(images, result_, copies);
}

Crafted Lockstep::finish(const Tensor& images) {
  if (any()) retire(images, std::vector<bool>(active_.size(), true));
  return {.images = std::move(result_), .efforts = std::move(efforts_)};
}

}  // namespace weir
