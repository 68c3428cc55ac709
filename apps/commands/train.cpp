#include <csignal>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "apps/stop_signal.h"
#include "apps/terminal.h"
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
  bool resume = false, over = false;
};

/// The recipe that was asked for, or the first of ours for this model.
Recipe recipe_for(const TrainOptions& options) {
  if (!options.recipe.empty()) return read_recipe(options.recipe);
  for (const std::string& name : recipe_names())
    if (Recipe recipe = read_recipe(name); recipe.model == options.model) return recipe;
  fail({.code = "E0214",
        .message = fmt::format("no recipe of Weir trains `{}`", options.model),
        .help = "write one and name it with `--recipe FILE`"});
}

TrainingEvents events(Session& session, const StopSignal& stop) {
  return {
      .on_step =
          [&session, bar = std::shared_ptr<Progress>()](const StepReport& report) mutable {
            if (!bar) bar = session.progress("train", report.steps, "steps");
            bar->at(report.step, fmt::format("epoch {}, loss {:.3f}, accuracy {:.1f} %", report.epoch,
                                             report.loss, 100 * report.accuracy));
          },
      .on_epoch =
          [&session](const EpochReport& report) {
            session.say(fmt::format(
                "epoch {}/{}: loss {:.4f}, train {:.2f} %{}, {}", report.epoch, report.epochs, report.loss,
                100 * report.train_accuracy,
                report.test_accuracy ? fmt::format(", test {:.2f} %", 100 * *report.test_accuracy) : "",
                duration_in_words(report.seconds)));
          },
      .on_warning =
          [](const Diagnosis& diagnosis) { write_message(shown(diagnosis, wants_colour(Stream::error))); },
      .should_stop = [&stop] { return stop.received() != 0; }};
}

void tell(const TrainingOutcome& outcome, const std::string& out, Session& session) {
  Json document = {{"finished", outcome.finished}, {"epochs", outcome.epochs}, {"out", out}};
  std::string text = fmt::format("{}: {} epochs", out, outcome.epochs);
  if (outcome.test) {
    const Rate interval = rate_of(outcome.test->correct, outcome.test->count);
    document["test_accuracy"] = outcome.test->accuracy();
    document["test_accuracy_interval_95"] = {interval.low, interval.high};
    text += fmt::format(", test accuracy {:.2f} % (95 % interval {:.2f} to {:.2f} %)",
                        100 * outcome.test->accuracy(), 100 * interval.low, 100 * interval.high);
  }
  if (!outcome.finished) text += ", stopped early; the same command with --resume goes on";
  session.result(session.shared().json ? dumped(document) + "\n" : text + "\n");
}

ExitStatus run_train(const TrainOptions& options, Session& session) {
  const Architecture architecture = architecture_from(options.model);
  Recipe recipe = recipe_for(options);
  if (session.shared().seed_typed) recipe.seed = session.shared().seed;
  if (options.epochs > 0) recipe.epochs = options.epochs;
  recipe.numerics = session.numerics(recipe.numerics);
  const ImageSet train = load_images(session.shared().data, Split::train);
  const ImageSet test = load_images(session.shared().data, Split::test);
  session.say(fmt::format("{} by recipe {}, {} epochs, seed {}, on {} ({})", options.model, recipe.name,
                          recipe.epochs, recipe.seed, described(train), session.device().name()));
  if (session.shared().dry_run) return ExitStatus::done;

  const TrainingJob job{.recipe = recipe,
                        .architecture = architecture,
                        .out = session.shared().out,
                        .train = train,
                        .test = &test,
                        .device = session.device(),
                        .start = options.resume ? TrainingStart::resume
                                 : options.over ? TrainingStart::over
                                                : TrainingStart::fresh,
                        .stop_after = options.stop_after};
  const StopSignal stop;
  const TrainingOutcome outcome = train_model(job, events(session, stop));
  tell(outcome, session.shared().out, session);
  return outcome.finished || stop.received() == 0 ? ExitStatus::done : stop.status();
}

}  // namespace

void add_train(Command& weir) {
  const auto options = std::make_shared<TrainOptions>();
  weir.child({.name = "train",
              .summary = "trains a network; stopped or killed, it goes on where it was",
              .examples = {"weir train good-init --data cifar --out good-init.safetensors",
                           "weir train good-init --data cifar --out good-init.safetensors --resume"},
              .details =
                  "Beside the weights: FILE.log.jsonl, a line an epoch; FILE.checkpoints/ until it is "
                  "finished. A resumed run ends with the same bytes as one that was never stopped. Without "
                  "--seed and --numerics, the recipe's count."})
      .positional("MODEL", "good-init, deep-conv, vgg-like, or a model.json", text_into(options->model))
      .option("--recipe", "NAME",
              fmt::format("{}, or a file ending in .json", fmt::join(recipe_names(), ", ")),
              text_into(options->recipe))
      .option("--epochs", "N", "instead of the recipe's", integer_into(options->epochs, {.low = 1}))
      .option("--stop-after", "N", "epochs of this call; --resume goes on",
              integer_into(options->stop_after, {.low = 1}))
      .flag("--resume", "go on where the last checkpoint stands", options->resume)
      .flag("--fresh", "throw away what an earlier run began", options->over)
      .writes_to("weir-out/train/weights.safetensors")
      .shares({Shared::out, Shared::data, Shared::seed, Shared::device, Shared::numerics, Shared::threads,
               Shared::dry_run})
      .runs([options](Session& session) { return run_train(*options, session); });
}

}  // namespace weir
