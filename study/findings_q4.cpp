// Q4: defensive distillation against an attack that knows of it.
#include "study/findings.h"
#include "study/tables.h"
#include "tensor/check.h"

namespace weir {
namespace {

/// The paper's rate lies in our interval, nearly, or not. A network that is not the paper's is not compared.
Status agrees(const Analysis& analysis, const Defence::One& one, const char* row) {
  const Printed* printed =
      printed_for(analysis, analysis.experiment.network("distilled"), "text", row, "success_rate");
  const Comparison cell = rate_cell(one.run->summary.success, printed);
  if (!cell.ours || printed == nullptr) return Status::not_measured;
  switch (judge(*printed, *cell.ours)) {
    case Verdict::agrees:
      return Status::holds;
    case Verdict::differs:
      return Status::fails;
    case Verdict::near:
    case Verdict::unjudged:
      break;
  }
  return Status::undecided;
}

std::string in_words(const char* name, const Rate& rate) {
  return fmt::format("{}: {} of {} ({:.3f}, {:.3f} – {:.3f})", name, rate.hits, rate.trials, rate.value,
                     rate.low, rate.high);
}

}  // namespace

Tested adaptive_breaks_distillation(const Analysis& analysis) {
  const Defence& defence = analysis.defence;
  if (defence.regular.run == nullptr) return {.ours = defence.missing};
  std::vector<Status> each{agrees(analysis, defence.regular, "distilled/jsma"),
                           agrees(analysis, defence.adaptive, "distilled/adaptive-jsma")};
  const bool compared = each[0] != Status::not_measured && each[1] != Status::not_measured;
  return {compared ? combined(each) : Status::not_measured,
          in_words("regular", defence.regular.run->summary.success) + "; " +
              in_words("adaptive", defence.adaptive.run->summary.success)};
}

Tested adaptive_moves_paths(const Analysis& analysis) {
  const Defence& defence = analysis.defence;
  if (!defence.there()) return {.ours = defence.missing};
  const double margin = analysis.noise_on(analysis.experiment.network("distilled")).output.margin;
  const Measured& regular = defence.regular.output;
  const Status within = !regular.interval                  ? Status::not_measured
                        : regular.interval->high <= margin ? Status::holds
                        : regular.interval->low > margin   ? Status::fails
                                                           : Status::undecided;
  return {combined({positive(defence.adaptive_minus_regular), within}),
          fmt::format("OIP distance: adaptive {}, regular {}; difference {}; noise margin {:.4f}",
                      weir::in_words(defence.adaptive.output), weir::in_words(regular),
                      weir::in_words(defence.adaptive_minus_regular), margin)};
}

}  // namespace weir
