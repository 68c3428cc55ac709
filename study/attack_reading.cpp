#include "study/attack_reading.h"

#include <algorithm>
#include <array>

#include "tensor/check.h"

namespace weir {
namespace {

/// A setting of paper.json that is an option of an attack.
struct Told {
  std::string_view option, section, setting;
};

struct Row {
  std::string_view key, title, colour, attack;
  std::vector<Told> told;
  OptionTexts constant = {};  // what the paper says in words
};

const std::vector<Row>& rows() {
  const std::vector<Told> igsm = {
      {"eps", "igsm", "epsilon"}, {"step", "igsm", "alpha"}, {"iterations", "igsm", "iterations"}};
  const std::vector<Told> cw = {{"learning-rate", "cw", "learning_rate"},
                                {"initial-constant", "cw", "initial_constant"},
                                {"binary-steps", "cw", "binary_searches"},
                                {"iterations", "cw", "iterations"}};
  const std::vector<Told> against_distillation = {{"theta", "distillation", "jsma_theta"},
                                                  {"gamma", "distillation", "jsma_gamma"}};
  std::vector<Told> adaptive = against_distillation;
  adaptive.push_back({"temperature", "distillation", "temperature"});
  static const std::vector<Row> table = {
      {"fgsm", "FGSM", "fgsm", "fgsm", {{"eps", "fgsm", "epsilon"}}},
      {"igsm", "IGSM", "igsm", "igsm", igsm},
      {"igsm-early-stop",
       "IGSM, early stop",
       "igsm",
       "igsm",
       igsm,
       {{"early-stop", "success"}, {"iterations", "5"}}},
      {"jsma", "JSMA", "jsma", "jsma", {{"theta", "jsma", "theta"}, {"gamma", "jsma", "gamma"}}},
      {"deepfool",
       "DeepFool",
       "deepfool",
       "deepfool",
       {{"steps", "deepfool", "steps"}, {"candidates", "deepfool", "candidates"}}},
      {"cw", "C&W", "cw", "cw", cw},
      {"cw-constant",
       "C&W, c = 0.25",
       "cw",
       "cw",
       {},
       {{"initial-constant", "0.25"}, {"binary-steps", "1"}, {"learning-rate", "0.005"}}},
      {"defended-jsma", "Regular JSMA", "igsm", "jsma", against_distillation},
      {"adaptive-jsma", "Adaptive JSMA", "fgsm", "jsma", adaptive},
      {"alone", "PGD", "deepfool", "pgd", igsm, {{"start", "clean"}, {"early-stop", "none"}}},
      {"ensemble", "PGD", "jsma", "pgd", igsm, {{"start", "clean"}, {"early-stop", "none"}}},
  };
  return table;
}

}  // namespace

AttackReading reading_of(const Paper& paper, const Preset& preset, std::string_view key) {
  const auto found = std::ranges::find(rows(), key, &Row::key);
  expects(found != rows().end(), "the study has no attack `{}`", key);
  AttackReading reading{.key = std::string(found->key),
                        .title = std::string(found->title),
                        .colour = std::string(found->colour),
                        .attack = std::string(found->attack),
                        .options = found->constant};
  for (const Told& told : found->told)  // what the row says itself stays
    reading.options.try_emplace(std::string(told.option),
                                fmt::format("{}", paper.setting(told.section, told.setting)));
  const auto reduced = preset.reductions.find(reading.attack);
  if (reduced != preset.reductions.end())
    for (const auto& [option, value] : reduced->second) reading.options[option] = value;
  return reading;
}

}  // namespace weir
