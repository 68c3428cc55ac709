#include "attacks/cw.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

#include "attacks/cw_batch.h"

namespace weir {
namespace {

constexpr std::array<NamedValue<CwAbort>, 3> aborts = {
    {{"row", CwAbort::row}, {"batch", CwAbort::batch}, {"never", CwAbort::never}}};
constexpr std::array<NamedValue<CwAdam>, 2> adams = {{{"tf", CwAdam::tf}, {"torch", CwAdam::torch}}};

}  // namespace

Cw::Cw(const CwOptions& options) : options_(options) {
  const auto positive = [](std::string_view name, double value) {
    expects(value > 0 && std::isfinite(value), "{} must be more than 0, found {}", name, value);
  };
  expects(options.kappa >= 0 && std::isfinite(options.kappa), "kappa must be 0 or more, found {}",
          options.kappa);
  positive("learning-rate", options.learning_rate);
  positive("initial-constant", options.initial_constant);
  expects(options.binary_steps >= 1, "binary-steps must be 1 or more, found {}", options.binary_steps);
  expects(options.iterations >= 1, "iterations must be 1 or more, found {}", options.iterations);
  expects(options.batch >= 1, "batch must be 1 or more, found {}", options.batch);
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

std::unique_ptr<Attack> Cw::make(OptionReader& options) {
  const CwOptions defaults;
  return std::make_unique<Cw>(CwOptions{
      .kappa =
          options.real("kappa", defaults.kappa, "the lead in logits that counts as success", zero_or_more),
      .learning_rate =
          options.real("learning-rate", defaults.learning_rate, "of Adam, in tanh space", more_than_zero),
      .initial_constant = options.real("initial-constant", defaults.initial_constant,
                                       "the first weight of the logits against the distance", more_than_zero),
      .binary_steps = options.count("binary-steps", defaults.binary_steps, "how many constants are tried"),
      .iterations = options.count("iterations", defaults.iterations, "steps of Adam for each constant"),
      .abort = options.choice("abort", defaults.abort, aborts,
                              "whose loss must fall, or the next constant is tried"),
      .adam = options.choice("adam", defaults.adam, adams, "where Adam's epsilon stands"),
      .batch = options.count("batch", defaults.batch, "images worked on at once"),
  });
}

std::vector<Setting> Cw::settings() const {
  return {{"kappa", fmt::format("{}", options_.kappa)},
          {"learning-rate", fmt::format("{}", options_.learning_rate)},
          {"initial-constant", fmt::format("{}", options_.initial_constant)},
          {"binary-steps", fmt::format("{}", options_.binary_steps)},
          {"iterations", fmt::format("{}", options_.iterations)},
          {"abort", std::string(name_of(aborts, options_.abort))},
          {"adam", std::string(name_of(adams, options_.adam))},
          {"batch", fmt::format("{}", options_.batch)}};
}

}  // namespace weir
