#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "attacks/summary.h"
#include "data/json_dump.h"
#include "data/wording.h"
#include "models/evaluate.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct EvalOptions {
  NetworkWords network;
  std::string split = "test";
  Index limit = 0;
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
      100 * found.accuracy(), with_commas(static_cast<std::uint64_t>(found.correct)),
      with_commas(static_cast<std::uint64_t>(found.count)), 100 * interval.low, 100 * interval.high,
      found.loss, 100 * found.mean_confidence, 100 * found.calibration_error);
}

ExitStatus run_eval(const EvalOptions& options, Session& session) {
  Device& device = session.device();
  const OpenedNetwork opened = open_network(options.network, device);
  const Split split = options.split == "test" ? Split::test : Split::train;
  const ImageSet images = load_images(session.shared().data, split);
  const Index count = options.limit > 0 ? std::min(options.limit, images.count()) : images.count();
  session.say(fmt::format("{} on {} ({})", described(opened), described(images), device.name()));
  if (session.shared().dry_run) return ExitStatus::done;

  Evaluator evaluator(opened.network(), device, session.numerics(Numerics::exact));
  const Tensor logits = logits_of(evaluator, images, count, session);
  const Evaluation found = evaluate(logits, std::span(images.labels).first(static_cast<std::size_t>(count)));
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
      .shares({Shared::data, Shared::device, Shared::numerics, Shared::threads, Shared::dry_run})
      .runs([options](Session& session) { return run_eval(*options, session); });
}

}  // namespace weir
