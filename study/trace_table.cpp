#include "study/trace_table.h"

#include <fmt/format.h>

#include "attacks/reading.h"

namespace weir {
namespace {

std::string header(std::size_t classes) {
  std::string text = "iteration,objective,predicted_class,confidence";
  for (const std::string_view what : {"logit", "probability"})
    for (std::size_t k = 0; k < classes; ++k) text += fmt::format(",{}_{}", what, k);
  return text + ",l0_features,l2,linf,iip_distance,oip_distance,chosen_first,chosen_second\n";
}

std::string feature_text(Index feature) { return feature < 0 ? "" : fmt::format("{}", feature); }

std::string line(Index iteration, const TraceStep& step) {
  const std::int32_t answer = predicted_class(step.logits);
  std::string text =
      fmt::format("{},{},{},{}", iteration, step.objective ? fmt::format("{}", *step.objective) : "", answer,
                  confidence_of(step.logits, answer));
  for (const double logit : step.logits) text += fmt::format(",{}", logit);
  for (const double probability : probabilities(step)) text += fmt::format(",{}", probability);
  return text + fmt::format(",{},{},{},{},{},{},{}\n", step.moved.l0_features, step.moved.l2, step.moved.linf,
                            step.drift.iip, step.drift.oip, feature_text(step.chosen.first),
                            feature_text(step.chosen.second));
}

}  // namespace

std::vector<double> probabilities(const TraceStep& step) {
  std::vector<double> result;
  for (std::size_t k = 0; k < step.logits.size(); ++k)
    result.push_back(confidence_of(step.logits, static_cast<std::int32_t>(k)));
  return result;
}

std::string to_csv(const Trace& trace) {
  std::string csv = header(trace.first().logits.size());
  for (std::size_t i = 0; i < trace.steps.size(); ++i)
    csv += line(trace.taken(static_cast<Index>(i)), trace.steps[i]);
  return csv;
}

std::string paths_csv(const Trace& trace) {
  std::string csv = "iteration,k,layer,iip,oip\n";
  for (std::size_t i = 0; i < trace.steps.size(); ++i)
    for (std::size_t k = 0; k < trace.layers.size(); ++k)
      csv += fmt::format("{},{},{},{},{}\n", trace.taken(static_cast<Index>(i)), k + 1, trace.layers[k].name,
                         trace.steps[i].iip[k], trace.steps[i].oip[k]);
  return csv;
}

}  // namespace weir
