#include "models/distill.h"

#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "apps/stop_signal.h"
#include "apps/training_run.h"
#include "data/json_dump.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct DistillOptions {
  NetworkWords network;
  std::string recipe = "distill", start = "fresh", head;
  double temperature = 40;
  Index epochs = 0, stop_after = 0;
  TrainingWords words;
};

Recipe recipe_for(const DistillOptions& options, const Session& session) {
  Recipe recipe = with_shared(read_recipe(options.recipe), session);
  recipe.temperature = options.temperature;
  if (!options.head.empty()) recipe.head = options.head == "naive" ? Head::naive : Head::reparametrised;
  if (options.epochs > 0) recipe.epochs = options.epochs;
  return recipe;
}

/// What defensive distillation promises, measured of the file.
Saturation measured(const std::string& out, const ImageSet& test, Device& device) {
  const StoredNetwork stored = load_network(out, device);
  Evaluator evaluator(*stored.network, device);
  return saturation_of(evaluator.logits(image_tensor(test, {0, test.count()}, device)));
}

void tell(const TrainingOutcome& outcome, const std::optional<Saturation>& found, Session& session) {
  const std::string& out = session.shared().out;
  Json document = {{"finished", outcome.finished}, {"epochs", outcome.epochs}, {"out", out}};
  std::string text = fmt::format("{}: {} epochs", out, outcome.epochs);
  if (outcome.test) {
    document["test_accuracy"] = outcome.test->accuracy();
    text += ", " + accuracy_text(outcome.test);
  }
  if (found) {
    document["median_logit_gap"] = found->median_gap;
    document["certain_share"] = found->certain_share;
    text += fmt::format(
        "\nmedian gap between the two largest logits {:.1f}; probability 1 in float32 for {:.1f} % of "
        "the test images",
        found->median_gap, 100 * found->certain_share);
  }
  if (!outcome.finished) text += ", stopped early; the same command with --resume goes on";
  session.result(session.shared().json ? dumped(document) + "\n" : text + "\n");
}

ExitStatus run_distill(const DistillOptions& options, Session& session) {
  const TrainingStart start = options.words.start();
  const OpenedNetwork opened = open_network(options.network, session.device());
  expect_no_input(session.shared().out, std::span(&opened.path, 1));
  const Recipe recipe = recipe_for(options, session);
  const ImageSet train = load_images(session.shared().data, Split::train);
  const ImageSet test = load_images(session.shared().data, Split::test);
  announce(
      session, recipe,
      fmt::format(
          "teacher {}, trained at temperature {}; student at {}, {} start, recipe {}, {} epochs, on {} ({})",
          described(opened), trained_temperature(opened.stored.metadata), recipe.temperature, options.start,
          recipe.name, recipe.epochs, described(train), session.device().name()));
  if (session.shared().dry_run) return ExitStatus::done;

  const DistillationJob job{.teacher = opened.stored,
                            .recipe = recipe,
                            .student = options.start == "fresh" ? StudentStart::fresh : StudentStart::teacher,
                            .out = session.shared().out,
                            .train = train,
                            .test = &test,
                            .device = session.device(),
                            .start = start,
                            .stop_after = options.stop_after,
                            .checkpoint_seconds = 60,
                            .type = options.words.type()};
  const StopSignal stop;
  const TrainingOutcome outcome = distill(job, training_events(session, stop));
  std::optional<Saturation> found;
  if (outcome.finished) {
    write_making(session, recipe);
    found = measured(session.shared().out, test, session.device());
  }
  tell(outcome, found, session);
  return status_after(outcome.finished, stop);
}

}  // namespace

void add_distill(Command& weir) {
  const auto options = std::make_shared<DistillOptions>();
  Command& command = weir.child(
      {.name = "distill",
       .summary = "defensive distillation: a student learns what its teacher says; goes on where it was",
       .examples = {"weir distill good-init --temperature 40 --data cifar --out distilled.safetensors",
                    "weir distill good-init --start teacher --epochs 10 --data cifar --out d.safetensors"},
       .details =
           "WEIGHTS is the teacher. The student is used at temperature 1, and its logits are T times those "
           "that it learned. Printed besides accuracy: the median gap between the two largest logits, "
           "and how often float32 calls the answer certain."});
  takes_network(command, options->network)
      .option("--temperature", "T", fmt::format("default {}", options->temperature),
              positive_into(options->temperature))
      .option("--start", "HOW", "fresh (default: as the recipe says) or teacher: from its weights",
              name_into(options->start, {"fresh", "teacher"}))
      .option("--head", "HOW", "reparametrised or naive, instead of the recipe's",
              name_into(options->head, {"reparametrised", "naive"}))
      .option("--recipe", "NAME", "of the student (default distill)", text_into(options->recipe))
      .option("--epochs", "N", "instead of the recipe's", integer_into(options->epochs, {.low = 1}))
      .option("--stop-after", "N", "epochs of this call; --resume goes on",
              integer_into(options->stop_after, {.low = 1}))
      .writes_to("weir-out/distill/weights.safetensors");
  trains(command, options->words).runs([options](Session& session) {
    return run_distill(*options, session);
  });
}

}  // namespace weir
