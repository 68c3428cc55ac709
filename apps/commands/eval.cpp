#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "attacks/summary.h"
#include "data/hash.h"
#include "data/json_dump.h"
#include "data/wording.h"
#include "models/evaluate.h"
#include "study/model_card.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct EvalOptions {
  NetworkWords network;
  std::string split = "test";
  Index limit = 0;
  bool card = false;
};

Tensor logits_of(Evaluator& evaluator, const ImageSet& images, Index count, Session& session) {
  constexpr Index rows_at_a_time = 512;  // between two looks at the clock; logits do not depend on it
  const auto progress = session.progress("eval", count, "images");
  std::vector<Tensor> parts;
  for (Index first = 0; first < count; first += rows_at_a_time) {
    progress->at(first);
    const RowRange rows{first, std::min(rows_at_a_time, count - first)};
    parts.push_back(evaluator.logits(image_tensor(images, rows, evaluator.device())));
  }
  return concatenate(parts);
}

Json document(const Evaluation& found, const OpenedNetwork& opened, Session& session) {
  const Rate interval = rate_of(found.correct, found.count);
  return {{"model", opened.stored.architecture.model},
          {"weights", opened.path},
          {"data", session.shared().data},
          {"device", session.device().name()},
          {"images", found.count},
          {"correct", found.correct},
          {"accuracy", found.accuracy()},
          {"accuracy_interval_95", {interval.low, interval.high}},
          {"loss", found.loss},
          {"mean_confidence", found.mean_confidence},
          {"calibration_error", found.calibration_error}};
}

std::string report(const Evaluation& found) {
  const Rate interval = rate_of(found.correct, found.count);
  return fmt::format(
      "accuracy           {:.2f} %  ({} of {}; 95 % interval {:.2f} to {:.2f} %)\n"
      "loss               {:.4f}\n"
      "mean confidence    {:.2f} %\n"
      "calibration error  {:.2f} %\n",
      100 * found.accuracy(), with_commas(found.correct), with_commas(found.count), 100 * interval.low,
      100 * interval.high, found.loss, 100 * found.mean_confidence, 100 * found.calibration_error);
}

/// Cards hold what anybody can measure again: all test images, `exact`.
void expect_card_terms(const EvalOptions& options, const Session& session) {
  if (!options.card) return;
  if (options.split != "test" || options.limit > 0 || session.numerics() != Numerics::exact)
    fail({.code = "E0006",
          .message = "`--card` measures all test images under exact numerics",
          .help = "leave `--split`, `--limit` and `--numerics` out"});
}

/// Of the first embedded test images on every device; fewer where loops are plain.
std::map<std::string, EmbeddedCount> embedded_counts(const OpenedNetwork& opened) {
  constexpr Index few = 64;
  const ImageSet images = load_embedded(Split::test);
  std::map<std::string, EmbeddedCount> counts;
  for (const std::string_view name : Device::available()) {
    if (name == "emulated") continue;  // the device path, slower still, is no place to run a network
    Device& device = Device::named(name);
    const StoredNetwork stored = load_network(opened.path, device);
    Evaluator evaluator(*stored.network, device);
    const Evaluation found = evaluate(evaluator, images, name == "reference" ? few : 0);
    counts[std::string(name)] = {.images = found.count, .correct = found.correct};
  }
  return counts;
}

/// What weights and their log say by themselves, for those whose training left no card.
Making making_of(const std::filesystem::path& path, const Metadata& metadata) {
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  Making made;
  made.version = text("weir_version");
  made.recipe = text("recipe");
  const std::string seed = text("seed");
  std::from_chars(seed.data(), seed.data() + seed.size(), made.seed);
  read_log(path, made);
  return made;
}

void write_measurement(const Evaluation& found, const OpenedNetwork& opened, const Session& session) {
  const std::filesystem::path path = opened.path;
  const SafetensorsFile file = read_safetensors(path);
  ModelCard card = card_of(path).value_or(ModelCard{});
  if (!card.made) card.made = making_of(path, file.metadata);
  card.name = name_of_weights(path);
  card.measured = {.xxh3_128 = xxh3_128_hex_of_file(path),
                   .bytes = std::filesystem::file_size(path),
                   .stored_as = std::string(to_string(file.tensors.front().type)),
                   .parameters = count_parameters(opened.network()) + count_buffers(opened.network()),
                   .device = std::string(session.device().name()),
                   .test = found,
                   .embedded = embedded_counts(opened)};
  write_card(path, card);
  session.say(fmt::format("{} written", card_path(path).string()));
}

ExitStatus run_eval(const EvalOptions& options, Session& session) {
  expect_card_terms(options, session);
  Device& device = session.device();
  const OpenedNetwork opened = open_network(options.network, device);
  const Split split = options.split == "test" ? Split::test : Split::train;
  const ImageSet images = load_images(session.shared().data, split);
  const Index count = options.limit > 0 ? std::min(options.limit, images.count()) : images.count();
  const std::string some = count == images.count() ? "" : fmt::format("the first {} of ", with_commas(count));
  session.say(fmt::format("{} on {}{} ({})", described(opened), some, described(images), device.name()));
  if (session.shared().dry_run) return ExitStatus::done;

  Evaluator evaluator(opened.network(), device, session.numerics());
  const Tensor logits = logits_of(evaluator, images, count, session);
  const Evaluation found = evaluate(logits, std::span(images.labels).first(static_cast<std::size_t>(count)));
  if (options.card) write_measurement(found, opened, session);
  session.result(session.shared().json ? dumped(document(found, opened, session)) + "\n" : report(found));
  return ExitStatus::done;
}

}  // namespace

void add_eval(Command& weir) {
  const auto options = std::make_shared<EvalOptions>();
  Command& command = weir.child(
      {.name = "eval",
       .summary = "accuracy with its 95 % interval, loss, confidence and calibration error",
       .examples = {"weir eval good-init", "weir eval my.safetensors --data cifar --split train --json"}});
  takes_network(command, options->network)
      .option("--split", "NAME", "test (default) or train", name_into(options->split, {"test", "train"}))
      .option("--limit", "N", "the first N images only (default: all)",
              integer_into(options->limit, {.low = 1}))
      .flag("--card", "writes what is measured into the card beside the weights", options->card)
      .shares({Shared::data, Shared::device, Shared::numerics, Shared::threads, Shared::dry_run})
      .runs([options](Session& session) { return run_eval(*options, session); });
}

}  // namespace weir
