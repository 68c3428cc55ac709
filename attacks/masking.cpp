#include "attacks/masking.h"

#include <algorithm>
#include <fmt/format.h>

#include "attacks/fgsm.h"
#include "attacks/noise.h"
#include "attacks/pgd.h"
#include "attacks/reading.h"

namespace weir {
namespace {

/// What becomes of a clean image's gradient when its cotangents underflow.
struct Underflow {
  Index vanished = 0, inputs = 0;
  Index changed_signs = 0, components = 0;

  void absorb(std::span<const double> faithful, std::span<const double> scaled) {
    const auto is_zero = [](double g) { return g == 0; };
    const bool lost = std::ranges::all_of(faithful, is_zero);
    ++inputs;
    vanished += lost && !std::ranges::all_of(scaled, is_zero);
    if (lost) return;
    components += static_cast<Index>(faithful.size());
    for (std::size_t k = 0; k < faithful.size(); ++k)
      changed_signs += (faithful[k] > 0) != (scaled[k] > 0) || (faithful[k] < 0) != (scaled[k] < 0);
  }
};

/// An attack that looks at the gradients of the clean images, and leaves them where they are.
class GradientProbe : public Attack {
 public:
  explicit GradientProbe(Underflow& found) : found_(found) {}
  std::string_view name() const override { return "gradient-probe"; }
  std::vector<Setting> settings() const override { return {}; }
  bool takes_ensembles() const override { return true; }

 private:
  Crafted perturb(Evaluator& evaluator, const Victims& victims, const AttackObserver&) const override {
    const SeedRule faithful = Objective(victims, {}).seeds();
    const SeedRule scaled = Objective(victims, {.scale = SeedScale::scaled}).seeds();
    const SeedRule both = [&](const Tensor& logits, RowRange rows) {
      return concatenate(std::vector{faithful(logits, rows), scaled(logits, rows)});
    };
    const Tensor gradients = evaluator.query(victims.images, both, 2).gradients;  // [2, n, C, H, W]
    const auto of_seed = [&](Index k) {
      return gradients.batch_slice(k, 1).reshaped(victims.images.shape());
    };
    const Tensor with_underflow = of_seed(0), without = of_seed(1);
    for_each_row(with_underflow, [&](Index i, std::span<const double> faithful_row) {
      found_.absorb(faithful_row, without.batch_slice(i, 1).to_host_double());
    });
    return Lockstep(victims).finish(victims.images);
  }
  Underflow& found_;
};

/// PGD's first and last loss of each input.
class LossWatch {
 public:
  explicit LossWatch(Index inputs) : first_(static_cast<std::size_t>(inputs)), last_(first_) {}

  void operator()(const AttackStep& step) {
    for (std::size_t i = 0; i < step.rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(step.rows[i]);
      if (step.number == 0) first_[row] = step.objective[i];
      last_[row] = step.objective[i];
    }
  }
  Rate not_rising(std::span<const AttackRecord> records) const {
    Index standing = 0, attacked = 0;
    for (std::size_t row = 0; row < records.size(); ++row) {
      if (!records[row].counts()) continue;
      ++attacked;
      standing += !(last_[row] > first_[row]);
    }
    return rate_of(standing, attacked);
  }

 private:
  std::vector<double> first_, last_;
};

Rate success_of(const Outcome& outcome) { return summarise(outcome).success; }

}  // namespace

MaskingDiagnosis diagnose_masking(Evaluator& evaluator, const AttackTask& task,
                                  const MaskingOptions& options) {
  expects(options.eps > 0, "masking is looked for at an eps above 0, found {}", options.eps);
  MaskingDiagnosis found;
  found.options = options;
  Underflow underflow;
  GradientProbe{underflow}(evaluator, task);
  found.vanished = rate_of(underflow.vanished, underflow.inputs);
  if (underflow.components > 0)
    found.sign_disagreement =
        static_cast<double>(underflow.changed_signs) / static_cast<double>(underflow.components);

  PgdOptions pgd{
      .eps = options.eps,
      .step = options.eps / 4,
      .iterations = options.iterations,
      .start = Start::clean,
  };
  LossWatch losses(task.images.rows());
  const Outcome many = Pgd(pgd)(evaluator, task, [&](const AttackStep& step) { losses(step); });
  found.many_steps = success_of(many);
  found.not_rising = losses.not_rising(many.records);
  pgd.loss = Loss::margin;
  found.on_logits = success_of(Pgd(pgd)(evaluator, task));
  found.one_step = success_of(Fgsm({.eps = options.eps})(evaluator, task));
  found.noise = success_of(Noise({.eps = options.eps})(evaluator, task));
  return found;
}

std::vector<std::string> signs_of_masking(const MaskingDiagnosis& d) {
  constexpr double few = 0.05;  // of inputs or signs: what healthy networks show now and then
  // A rate is above another, or above few, where its interval is.
  std::vector<std::string> signs;
  const auto note = [&](bool suspicious, std::string sentence) {
    if (suspicious) signs.push_back(std::move(sentence));
  };
  const auto share = [](const Rate& rate) { return fmt::format("{} of {} inputs", rate.hits, rate.trials); };
  note(d.vanished.hits > 0,
       fmt::format("the gradient of {} is zero only because float arithmetic underflows", share(d.vanished)));
  note(d.sign_disagreement > few,
       fmt::format("underflow changes {:.1f} % of the gradients' signs", 100 * d.sign_disagreement));
  note(d.one_step.low > d.many_steps.high,
       fmt::format("one step fools {}, {} steps only {}", share(d.one_step), d.options.iterations,
                   d.many_steps.hits));
  note(d.on_logits.low > d.many_steps.high,
       fmt::format("climbing the logits' margin fools {}, climbing the cross-entropy {}", share(d.on_logits),
                   d.many_steps.hits));
  note(d.noise.low > d.many_steps.high, fmt::format("random signs fool {}, {} steps along the gradient {}",
                                                    share(d.noise), d.options.iterations, d.many_steps.hits));
  note(d.not_rising.low > few, fmt::format("the loss of {} is no higher after {} steps than before",
                                           share(d.not_rising), d.options.iterations));
  return signs;
}

}  // namespace weir
