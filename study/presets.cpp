#include "study/presets.h"

#include <nlohmann/json.hpp>

#include "data/read_file.h"
#include "data/wording.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

Preset preset_of(const std::string& name, const Json& json) {
  return {.name = name,
          .settings = json.at("settings") == "as printed" ? Settings::as_printed : Settings::reduced,
          .attacked_images = json.at("attacked_images"),
          .normal_images = json.at("normal_images"),
          .accuracy_images = json.at("accuracy_images"),
          .replicates = json.at("replicates"),
          .pictures = json.at("pictures"),
          .trajectories = json.at("trajectories"),
          .attacks = json.at("attacks"),
          .across = json.at("across"),
          .alternatives = json.at("alternatives"),
          .reductions = json.value("reductions", Reductions())};
}

std::string names_of(const Json& presets) {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : presets.items()) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Preset read_preset(const std::filesystem::path& path, const std::string& name) {
  Json presets;
  try {
    presets = Json::parse(read_text_file(path)).at("presets");
    if (presets.contains(name)) return preset_of(name, presets.at(name));
  } catch (const Json::exception& problem) {
    fail({.kind = ErrorKind::damaged,
          .code = "E0441",
          .message = fmt::format("cannot read the study's presets from {}", path.string()),
          .note = problem.what(),
          .help = "restore the file from the repository"});
  }
  fail({.kind = ErrorKind::usage,
        .code = "E0207",
        .message = fmt::format("the study has no preset `{}`", name),
        .help = fmt::format("one of: {}", names_of(presets))});
}

Preset with_attacked_images(Preset preset, Index count) {
  if (count < preset.attacked_images) {
    preset.settings = Settings::reduced;
    preset.remark = fmt::format("{} images are attacked instead of {}", count, preset.attacked_images);
  }
  preset.attacked_images = count;
  return preset;
}

Preset on_data(Preset preset, Index training_images, Index test_images) {
  constexpr Index all_training_images = 50000, all_test_images = 10000;
  if (preset.settings == Settings::reduced) return preset;
  if (training_images == all_training_images && test_images == all_test_images) return preset;
  preset.settings = Settings::reduced;
  preset.remark = fmt::format("the data hold {} training and {} test images, the paper's {} and {}",
                              with_commas(training_images), with_commas(test_images),
                              with_commas(all_training_images), with_commas(all_test_images));
  return preset;
}

}  // namespace weir
