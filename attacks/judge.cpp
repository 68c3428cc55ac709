#include "attacks/judge.h"

#include <cmath>

#include "attacks/lockstep.h"
#include "attacks/reading.h"

namespace weir {
namespace {

constexpr int grey_levels = 255;  // steps from black to white

Ruling verdict_on(std::span<const double> logits, const Victims& victims, Index i) {
  Ruling verdict{.answer = predicted_class(logits)};
  if (verdict.answer == no_class) return verdict;
  const auto row = static_cast<std::size_t>(i);
  verdict.success = victims.fooled_by(verdict.answer, i);
  verdict.confidence = confidence_of(logits, victims.targeted() ? victims.targets[row] : verdict.answer);
  verdict.margin =
      victims.targeted() ? lead_of(logits, victims.targets[row]) : -lead_of(logits, victims.labels[row]);
  return verdict;
}

void judge_rounded(Evaluator& judge, const Victims& victims, const Tensor& images,
                   std::vector<Ruling>& verdicts) {
  std::vector<Index> successes;
  for (Index i = 0; i < victims.count(); ++i)
    if (verdicts[static_cast<std::size_t>(i)].success) successes.push_back(i);
  if (successes.empty()) return;
  const Tensor pictures = rounded_to_8_bits(keep_rows(images, successes), victims.pixels);
  for_each_row(judge.logits(pictures), [&](Index k, std::span<const double> logits) {
    const Index i = successes[static_cast<std::size_t>(k)];
    Ruling& verdict = verdicts[static_cast<std::size_t>(i)];
    verdict.rounded_answer = predicted_class(logits);
    verdict.survives_rounding = victims.fooled_by(verdict.rounded_answer, i);
  });
}

}  // namespace

std::vector<Ruling> judge_alone(Evaluator& judge, const Victims& victims, const Tensor& images) {
  const Tensor there = images.to(judge.device());
  std::vector<Ruling> verdicts;
  for (Index i = 0; i < victims.count(); ++i)
    verdicts.push_back(verdict_on(judge.logits(there.batch_slice(i, 1)).to_host_double(), victims, i));
  judge_rounded(judge, victims, there, verdicts);
  return verdicts;
}

Tensor rounded_to_8_bits(const Tensor& x, Range pixels) {
  const double levels_per_unit = grey_levels / (static_cast<double>(pixels.high) - pixels.low);
  std::vector<double> values = x.to_host_double();
  for (double& value : values) {
    const double level = std::nearbyint((value - pixels.low) * levels_per_unit);
    // In float, as images are read from files: the same bits as the data's own for an untouched pixel.
    value = static_cast<float>(level) / static_cast<float>(levels_per_unit) + pixels.low;
  }
  return Tensor::from_host(std::span<const double>(values), x.shape(), x.device()).as(x.dtype());
}

}  // namespace weir
