#include "models/compress.h"

#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "apps/stop_signal.h"
#include "apps/training_run.h"
#include "data/json_dump.h"
#include "data/wording.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct CompressOptions {
  NetworkWords network;
  std::string recipe = "compress", criterion = "apoz";
  CompressionPlan plan;
  Index epochs = 0;
  bool control = false;
  TrainingWords words;
};

PruneCriterion criterion_named(const std::string& name) {
  for (const PruneCriterion criterion : {PruneCriterion::l1, PruneCriterion::taylor, PruneCriterion::random})
    if (to_string(criterion) == name) return criterion;
  return PruneCriterion::apoz;
}

CompressionEvents compression_events(Session& session, const StopSignal& stop) {
  return {
      .training = training_events(session, stop), .on_round = [&session](const RoundReport& report) {
        session.say(fmt::format("round {}/{}: {} parameters, widths {}, held out {:.2f} % before training",
                                report.round, report.rounds, with_commas(report.parameters),
                                fmt::join(report.widths, ","), 100 * report.pruned_accuracy));
      }};
}

void tell(const CompressionOutcome& outcome, const CompressOptions& options, Session& session) {
  const std::string& out = session.shared().out;
  const Index parameters = parameters_of(outcome.architecture);
  Json document = {{"finished", outcome.finished},
                   {"rounds", outcome.rounds},
                   {"out", out},
                   {"parameters", parameters},
                   {"widths", widths(outcome.architecture)}};
  std::string text = fmt::format("{}: round {} of {}, {} parameters", out, outcome.rounds,
                                 options.plan.rounds, with_commas(parameters));
  if (outcome.test) {
    document["test_accuracy"] = outcome.test->accuracy();
    text += ", " + accuracy_text(outcome.test);
  }
  if (!outcome.finished) text += ", stopped early; the same command with --resume goes on";
  session.result(session.shared().json ? dumped(document) + "\n" : text + "\n");
}

ExitStatus run_compress(const CompressOptions& options, Session& session) {
  const TrainingStart start = options.words.start();
  const OpenedNetwork opened = open_network(options.network, session.device());
  expect_no_input(session.shared().out, std::span(&opened.path, 1));
  CompressionPlan plan = options.plan;
  plan.criterion = criterion_named(options.criterion);
  plan.kind = options.control ? CompressionKind::control : CompressionKind::prune;
  Recipe recipe = with_shared(read_recipe(options.recipe), session);
  if (options.epochs > 0) recipe.epochs = options.epochs;
  const ImageSet train = load_images(session.shared().data, Split::train);
  const ImageSet test = load_images(session.shared().data, Split::test);
  announce(
      session, recipe,
      fmt::format("{} to {} in {} rounds by {}, recipe {}, on {} ({})", described(opened),
                  options.control ? "the same, a control" : with_commas(plan.max_parameters), plan.rounds,
                  options.criterion, recipe.name, described(train), session.device().name()));
  if (session.shared().dry_run) return ExitStatus::done;

  const CompressionJob job{.original = opened.stored,
                           .plan = plan,
                           .recipe = recipe,
                           .out = session.shared().out,
                           .train = train,
                           .test = &test,
                           .device = session.device(),
                           .start = start,
                           .checkpoint_seconds = 60,
                           .type = options.words.type()};
  const StopSignal stop;
  const CompressionOutcome outcome = compress(job, compression_events(session, stop));
  if (outcome.finished) write_making(session, recipe);
  tell(outcome, options, session);
  return status_after(outcome.finished, stop);
}

}  // namespace

void add_compress(Command& weir) {
  const auto options = std::make_shared<CompressOptions>();
  CompressionPlan& plan = options->plan;
  Command& command = weir.child(
      {.name = "compress",
       .summary = "removes the units that do least and trains what is left; goes on where it was",
       .examples =
           {"weir compress good-init --max-parameters 890411 --data cifar --out compressed.safetensors",
            "weir compress good-init --max-parameters 890411 --control --data cifar --out c.safetensors"},
       .details =
           "Network Trimming (Hu et al. 2016). Units are chosen on training images that all rounds but "
           "the last leave out; the test images are measured at the end. FILE.rounds/ holds what is "
           "unfinished."});
  takes_network(command, options->network)
      .needed_option("--max-parameters", "N", "trained parameters that may be left",
                     integer_into(plan.max_parameters, {.low = 1}))
      .option("--criterion", "NAME", "apoz (default: zeros behind the ReLU), l1, taylor or random",
              name_into(options->criterion, {"apoz", "l1", "taylor", "random"}))
      .flag("--control", "the same training, and nothing removed", options->control)
      .option("--recipe", "NAME", "of the training after the last round (default compress)",
              text_into(options->recipe))
      .option("--epochs", "N", "instead of the recipe's", integer_into(options->epochs, {.low = 1}))
      .option("--rounds", "N", fmt::format("default {}", plan.rounds), integer_into(plan.rounds, {.low = 1}))
      .option("--round-epochs", "N", fmt::format("after the other rounds (default {})", plan.round_epochs),
              integer_into(plan.round_epochs, {.low = 1}))
      .option("--total-share", "X",
              fmt::format("of a layer's units that may go (default {})", plan.limits.total_share),
              positive_into(plan.limits.total_share))
      .writes_to("weir-out/compress/weights.safetensors");
  trains(command, options->words).runs([options](Session& session) {
    return run_compress(*options, session);
  });
}

}  // namespace weir
