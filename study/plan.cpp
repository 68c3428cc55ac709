#include "study/plan.h"

#include <algorithm>

namespace weir {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::ranges::find(list, word) != list.end();
}

/// Q2 on the original alone; what is also done across networks is measured on all it is compared with.
void plan_original(const Preset& preset, std::vector<PlannedRun>& runs) {
  for (const std::string& attack : preset.attacks) {
    PlannedRun run{.target = "original", .attack = attack, .traced_on = {"original"}};
    if (contains(preset.across, attack))
      run.traced_on = {"original", "compressed", "other-seed", "deep-conv", "vgg-like"};
    runs.push_back(std::move(run));
  }
}

}  // namespace

const std::vector<std::string>& networks_of_transfer() {
  static const std::vector<std::string> keys = {"original", "deep-conv", "vgg-like"};
  return keys;
}

std::vector<PlannedRun> planned_runs(const Preset& preset) {
  std::vector<PlannedRun> runs;
  plan_original(preset, runs);
  for (const std::string& attack : preset.alternatives)
    runs.push_back({.target = "original", .attack = attack, .traced_on = {}});
  const auto across = [&](const std::string& target, const std::vector<std::string>& traced_on) {
    for (const std::string& attack : preset.across)
      runs.push_back({.target = target, .attack = attack, .traced_on = traced_on});
  };
  across("compressed", {"compressed", "original"});
  across("other-seed", {"other-seed", "original"});
  across("deep-conv", networks_of_transfer());
  across("vgg-like", networks_of_transfer());
  if (preset.across.empty()) return runs;
  for (const char* attack : {"defended-jsma", "adaptive-jsma"})
    runs.push_back(
        {.target = "distilled", .attack = attack, .traced_on = {"distilled"}, .rows = TracedRows::attacked});
  runs.push_back({.target = "original", .attack = "alone", .traced_on = {"original"}});
  runs.push_back({.target = ensemble_target, .attack = "ensemble", .traced_on = networks_of_transfer()});
  return runs;
}

}  // namespace weir
