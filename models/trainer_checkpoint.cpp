// A trainer's state as a safetensors file and back; the format is private to Weir, and exact to the bit.
#include <nlohmann/json.hpp>

#include "models/trainer.h"
#include "models/weights.h"

namespace weir {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail_checkpoint(const std::string& source, const std::string& found) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0421",
        .message = fmt::format("checkpoint {} {}", source, found)});
}

Json json_of(const TrainingProgress& progress) {
  return {{"epoch", progress.epoch},     {"batch", progress.batch},   {"loss_sum", progress.loss_sum},
          {"correct", progress.correct}, {"images", progress.images}, {"seconds", progress.seconds}};
}

TrainingProgress progress_from(const Json& json) {
  return {.epoch = json.at("epoch").get<Index>(),
          .batch = json.at("batch").get<Index>(),
          .loss_sum = json.at("loss_sum").get<double>(),
          .correct = json.at("correct").get<Index>(),
          .images = json.at("images").get<Index>(),
          .seconds = json.at("seconds").get<double>()};
}

}  // namespace

SafetensorsFile Trainer::checkpoint() {
  SafetensorsFile file;
  for (const auto& [name, value] : stored_values())
    file.tensors.push_back(stored(name, extents_of(value->value.shape()), value->value.to_host()));
  file.metadata["recipe"] = to_json(recipe_);
  file.metadata["progress"] = json_of(progress_).dump();
  file.metadata["last_epoch"] = json_of(last_epoch_).dump();
  file.metadata["average_updates"] = std::to_string(average_ ? average_->updates() : 0);
  return file;
}

void Trainer::restore(const SafetensorsFile& checkpoint, const std::string& source) {
  const std::vector<std::pair<std::string, Parameter*>> values = stored_values();
  for (const auto& [name, value] : values) {
    const StoredTensor* tensor = checkpoint.find(name);
    if (tensor == nullptr || tensor->shape != extents_of(value->value.shape()))
      fail_checkpoint(source, fmt::format("lacks `{}` {}", name, to_string(value->value.shape())));
  }
  TrainingProgress progress, last_epoch;
  try {
    progress = progress_from(Json::parse(checkpoint.metadata.at("progress")));
    last_epoch = progress_from(Json::parse(checkpoint.metadata.at("last_epoch")));
    if (average_)
      average_->restore_updates(Json::parse(checkpoint.metadata.at("average_updates")).get<Index>());
  } catch (const std::exception& error) {
    fail_checkpoint(source, "does not say where it stands");
  }
  const Index batches = progress.epoch == recipe_.epochs ? 1 : steps_an_epoch();
  if (progress.epoch < 0 || progress.epoch > recipe_.epochs || progress.batch < 0 ||
      progress.batch >= batches)
    fail_checkpoint(source, fmt::format("stands at batch {} of epoch {}; there are {} epochs of {}",
                                        progress.batch, progress.epoch, recipe_.epochs, steps_an_epoch()));
  progress_ = progress;
  last_epoch_ = last_epoch;
  for (const auto& [name, value] : values) {
    const std::vector<float> floats = checkpoint.find(name)->floats();
    value->value =
        Tensor::from_host(std::span<const float>(floats), value->value.shape(), value->value.device());
  }
}

}  // namespace weir
