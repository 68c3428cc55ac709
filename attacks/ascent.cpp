#include "attacks/ascent.h"

#include <limits>

namespace weir {

Ascent::Ascent(Evaluator& evaluator, const Victims& victims, const ObjectiveOptions& objective,
               AttackObserver observer)
    : evaluator_(evaluator), observer_(std::move(observer)), rows_(victims), objective_(victims, objective) {}

Ascent::Look Ascent::look(const Tensor& x) {
  const Answer answer = evaluator_.query(x, objective_.seeds());
  Look look{.logits = answer.logits, .gradient = answer.gradients.reshaped(x.shape())};
  rows_.note(look.logits, look.gradient);
  if (observer_)
    observer_({looks_, rows_.task_rows(), x, look.gradient, look.logits, objective_.values(look.logits)});
  ++looks_;
  return look;
}

std::vector<double> Ascent::glance(const Tensor& x) {
  const Tensor logits = evaluator_.logits(x);
  rows_.note(logits);
  return objective_.values(logits);
}

std::vector<Index> Ascent::retire(const Tensor& images, const std::vector<bool>& done) {
  std::vector<Index> kept = rows_.retire(images, done);
  objective_.keep(kept);
  return kept;
}

std::vector<bool> Ascent::fooled() const {
  std::vector<bool> result;
  for (Index i = 0; i < rows_.count(); ++i) result.push_back(rows_.fooled(i));
  return result;
}

BestAttempt::BestAttempt(const Tensor& images)
    : images_(images),
      objective_(static_cast<std::size_t>(images.rows()), -std::numeric_limits<double>::infinity()) {}

void BestAttempt::offer(const Tensor& images, std::span<const double> objective) {
  std::vector<bool> better;
  for (std::size_t i = 0; i < objective.size(); ++i) {
    better.push_back(objective[i] > objective_[i]);
    if (better[i]) objective_[i] = objective[i];
  }
  overwrite_rows(images_, images, better);
}

void BestAttempt::keep(std::span<const Index> rows) {
  keep_rows_of({&images_}, rows);
  keep_entries(objective_, rows);
}

}  // namespace weir
