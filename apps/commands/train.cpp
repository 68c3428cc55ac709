#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "apps/stop_signal.h"
#include "apps/training_run.h"
#include "attacks/summary.h"
#include "data/json_dump.h"
#include "data/wording.h"
#include "models/architecture_json.h"
#include "models/recipe.h"
#include "models/train_model.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct TrainOptions {
  std::string model, recipe;
  Index epochs = 0, stop_after = 0;
  TrainingWords words;
};

/// The recipe that was asked for, or the first of ours that is named after this model.
Recipe recipe_for(const TrainOptions& options) {
  if (!options.recipe.empty()) return read_recipe(options.recipe);
  for (const std::string& name : recipe_names())
    if (name.starts_with(options.model)) return read_recipe(name);
  fail({.code = "E0214",
        .message = fmt::format("no recipe of Weir trains `{}`", options.model),
        .help = "write one and name it with `--recipe FILE`"});
}

void tell(const TrainingOutcome& outcome, const std::string& out, Session& session) {
  Json document = {{"finished", outcome.finished}, {"epochs", outcome.epochs}, {"out", out}};
  std::string text = fmt::format("{}: {} epochs", out, outcome.epochs);
  if (outcome.test) {
    const Rate interval = rate_of(outcome.test->correct, outcome.test->count);
    document["test_accuracy"] = outcome.test->accuracy();
    document["test_accuracy_interval_95"] = {interval.low, interval.high};
    text += ", " + accuracy_text(outcome.test);
  }
  if (outcome.held_out) {
    document["held_out_accuracy"] = outcome.held_out->accuracy();
    text += fmt::format(", held out {:.2f} %", 100 * outcome.held_out->accuracy());
  }
  if (!outcome.finished) text += ", stopped early; the same command with --resume goes on";
  session.result(session.shared().json ? dumped(document) + "\n" : text + "\n");
}

ExitStatus run_train(const TrainOptions& options, Session& session) {
  const TrainingStart start = options.words.start();
  const Architecture architecture = architecture_from(options.model);
  Recipe recipe = with_shared(recipe_for(options), session);
  if (options.epochs > 0) recipe.epochs = options.epochs;
  const ImageSet train = load_images(session.shared().data, Split::train);
  const ImageSet test = load_images(session.shared().data, Split::test);
  announce(session, recipe,
           fmt::format("{} by recipe {}, {} epochs, seed {}, on {} ({})", options.model, recipe.name,
                       recipe.epochs, recipe.seed, described(train), session.device().name()));
  if (session.shared().dry_run) return ExitStatus::done;

  const TrainingJob job{.recipe = recipe,
                        .architecture = architecture,
                        .out = session.shared().out,
                        .train = train,
                        .test = &test,
                        .device = session.device(),
                        .start = start,
                        .stop_after = options.stop_after,
                        .type = options.words.type()};
  const StopSignal stop;
  const TrainingOutcome outcome = train_model(job, training_events(session, stop));
  if (outcome.finished) write_making(session, recipe);
  tell(outcome, session.shared().out, session);
  return status_after(outcome.finished, stop);
}

}  // namespace

void add_train(Command& weir) {
  const auto options = std::make_shared<TrainOptions>();
  Command& command = weir.child(
      {.name = "train",
       .summary = "trains a network; stopped or killed, it goes on where it was",
       .examples = {"weir train good-init --data cifar --out good-init.safetensors",
                    "weir train good-init --data cifar --out good-init.safetensors --resume"},
       .details =
           "Beside the weights: FILE.log.jsonl, a line an epoch; a card; until it is finished "
           "FILE.checkpoints/, "
           "with the log. A resumed run ends with the same bytes as one that was never stopped. Without "
           "--seed and --numerics, the recipe's count."});
  command.positional("MODEL", "good-init, deep-conv, vgg-like, or a model.json", text_into(options->model))
      .option("--recipe", "NAME",
              fmt::format("{}, or a file ending in .json", fmt::join(recipe_names(), ", ")),
              text_into(options->recipe))
      .option("--epochs", "N", "instead of the recipe's", integer_into(options->epochs, {.low = 1}))
      .option("--stop-after", "N", "epochs of this call; --resume goes on",
              integer_into(options->stop_after, {.low = 1}))
      .writes_to("weir-out/train/weights.safetensors");
  trains(command, options->words).runs([options](Session& session) { return run_train(*options, session); });
}

}  // namespace weir
