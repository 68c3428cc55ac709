#include "attacks/cw.h"

#include <array>

#include "attacks/cw_batch.h"

namespace weir {
namespace {

constexpr std::array<NamedValue<CwAbort>, 3> aborts = {
    {{"row", CwAbort::row}, {"batch", CwAbort::batch}, {"never", CwAbort::never}}};
constexpr std::array<NamedValue<CwAdam>, 2> adams = {{{"tf", CwAdam::tf}, {"torch", CwAdam::torch}}};

}  // namespace

void CwOptions::list(OptionVisitor& visit) {
  visit.real("kappa", kappa, "the lead in logits that counts as success", zero_or_more);
  visit.real("learning-rate", learning_rate, "of Adam, in tanh space", more_than_zero);
  visit.real("initial-constant", initial_constant, "the first weight of the logits against the distance",
             more_than_zero);
  visit.count("binary-steps", binary_steps, "how many constants are tried");
  visit.count("iterations", iterations, "steps of Adam for each constant");
  visit.choice("abort", abort, aborts, "whose loss must fall, or the next constant is tried");
  visit.choice("adam", adam, adams, "where Adam's epsilon stands");
  visit.count("batch", batch, "images worked on at once");
}

Crafted Cw::perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver& observer) const {
  CwBatch batch(options_, victims);
  for (Index number = 0; batch.any(); ++number) {
    const Answer answer = evaluator.query(batch.images(), batch.seeds());
    const Tensor gradient = answer.gradients.reshaped(batch.images().shape());
    if (observer) batch.watch(observer, number, answer.logits, gradient);
    batch.advance(answer.logits, gradient);
  }
  return batch.finish();
}

}  // namespace weir
