#include "apps/attacked_networks.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/command.h"
#include "apps/run_folder.h"
#include "models/zoo.h"

namespace weir {
namespace {

std::vector<std::string> fusion_names() {
  std::vector<std::string> names;
  for (const auto& fusion : fusions) names.emplace_back(fusion.name);
  return names;
}

Fusion fusion_named(const std::string& name) {
  const auto* const found = std::ranges::find(fusions, name, &NamedValue<Fusion>::name);
  return found == fusions.end() ? Fusion::probabilities : found->value;
}

Index classes_of(const OpenedNetwork& opened) {
  return layer_table(opened.stored.architecture).back().output.volume();
}

void expect_same_classes(const OpenedNetwork& judge, const OpenedNetwork& other) {
  if (classes_of(judge) != classes_of(other))
    fail({.code = "E0228",
          .message = fmt::format("{} has {} classes, {} has {}: they cannot be attacked together", judge.path,
                                 classes_of(judge), other.path, classes_of(other))});
}

}  // namespace

Command& takes_attacked_networks(Command& command, AttackedWords& words, bool takes_ensembles) {
  takes_network(command, words.judged);
  if (!takes_ensembles) return command;
  return command
      .option("--also", "WEIGHTS,...", "more networks to craft on; verdicts are those of the first",
              texts_of_list_into(words.also))
      .option("--fusion", "NAME",
              fmt::format("of their losses: {} (default {})", fmt::join(fusion_names(), ", "),
                          fusion_names().front()),
              name_into(words.fusion, fusion_names()));
}

AttackedNetworks::AttackedNetworks(const AttackedWords& words, RunFolder& folder, Device& device)
    : fusion_(fusion_named(words.fusion)) {
  if (words.also.empty() && !words.fusion.empty())
    fail({.code = "E0004",
          .message = "`--fusion` needs `--also`",
          .help = "name the other networks: `--also W2.safetensors,W3.safetensors`"});
  std::vector<NetworkWords> all{words.judged};
  for (const std::string& weights : words.also) all.push_back({.weights = weights, .model = {}});
  std::vector<const Module*> members;
  for (const NetworkWords& one : all) {
    folder.reads(find_weights(one.weights));
    opened_.push_back(open_network(one, device));
    members.push_back(&opened_.back().network());
    expect_same_classes(opened_.front(), opened_.back());
  }
  if (several()) ensemble_ = std::make_unique<Ensemble>(members);
}

std::vector<std::string> AttackedNetworks::paths() const {
  std::vector<std::string> paths;
  for (const OpenedNetwork& opened : opened_) paths.push_back(opened.path);
  return paths;
}

std::string AttackedNetworks::words() const {
  std::vector<std::string> each;
  for (const OpenedNetwork& opened : opened_) each.push_back(described(opened));
  if (!several()) return each.front();
  return fmt::format("{} (fused {}, judged by the first)", fmt::join(each, " + "), fusion_in_words());
}

std::string AttackedNetworks::fusion_in_words() const {
  return several() ? std::string(name_of(fusions, fusion_)) : std::string();
}

std::vector<Fact> AttackedNetworks::facts() const {
  if (!several()) return {};
  return {{"crafted_on", fmt::format("{}", fmt::join(paths(), ", "))},
          {"fusion", fusion_in_words()},
          {"judged_by", judged().path}};
}

}  // namespace weir
