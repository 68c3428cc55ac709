#include <algorithm>

#include "apps/attack_options.h"
#include "apps/attack_report.h"
#include "apps/attacked_images.h"
#include "apps/attacked_networks.h"
#include "apps/commands/commands.h"
#include "apps/masking_report.h"
#include "apps/run_folder.h"
#include "apps/session.h"
#include "apps/stop_signal.h"
#include "attacks/registry.h"
#include "attacks/summary.h"
#include "data/npy.h"
#include "data/wording.h"

namespace weir {
namespace {

struct AttackOptions {
  AttackedWords networks;
  ImagesWords images;
  bool diagnose = false;
  OptionTexts texts;  // the attack's own, by name
};

/// What every part of a run has in its hands.
struct AttackRun {
  const Attack& attack;
  const AttackedNetworks& networks;
  Evaluator& evaluator;  // of those
  Session& session;

  AttackTask task(const AttackedImages& images, RowRange rows) const {
    return images.task(rows, {.seed = session.shared().seed}, networks.fusion());
  }
};

/// What a run made of all its images, or of those that it reached.
struct Finished {
  AttackedImages images;
  Outcome outcome;
  AttackSummary summary;
  ExitStatus status = ExitStatus::done;  // that of a signal where not all were reached
};

/// Thrown out of an attack when a signal came: the batch at hand is left.
struct AttackStopped {};

/// Batch by batch, cut as a study's cells are: so much is lost at most when a signal comes, and the bar moves
/// on. Has as many records as images were finished.
Outcome craft(const AttackRun& run, const AttackedImages& images, const StopSignal& stop) {
  const Index rows_at_a_time = rows_at_a_time_on(run.evaluator.device());
  const auto progress = run.session.progress(std::string(run.attack.name()), images.count(), "images");
  const AttackObserver watch = [&stop](const AttackStep&) {
    if (stop.received() != 0) throw AttackStopped{};
  };
  Outcome whole;
  std::vector<Tensor> parts;
  for (Index first = 0; first < images.count() && stop.received() == 0; first += rows_at_a_time) {
    progress->at(first);
    const RowRange rows{first, std::min(rows_at_a_time, images.count() - first)};
    try {
      const Outcome part = run.attack(run.evaluator, run.task(images, rows), watch);
      parts.push_back(part.images);
      whole.records.insert(whole.records.end(), part.records.begin(), part.records.end());
      whole.crafting += part.crafting;
      whole.judging += part.judging;
    } catch (const AttackStopped&) {
      break;
    }
  }
  if (!parts.empty()) whole.images = concatenate(parts);
  return whole;
}

/// Of the same images, at the attack's own eps where that is one of l-infinity and not 0.
MaskingDiagnosis diagnose(const AttackRun& run, const AttackedImages& images) {
  run.session.say("looking for masked gradients");
  MaskingOptions options;
  if (const auto ball = run.attack.ball(); ball && ball->norm == PixelNorm::linf && ball->radius > 0)
    options.eps = ball->radius;
  return diagnose_masking(run.evaluator, run.task(images, {0, images.count()}), options);
}

NpyArray<float> as_npy(const Tensor& images) {
  const Shape& shape = images.shape();
  return {{shape[0], shape[1], shape[2], shape[3]}, images.to_host()};
}

std::string summary_of(const AttackRun& run, const Finished& finished,
                       const std::optional<MaskingDiagnosis>& diagnosis) {
  return summary_json({.attack = std::string(run.attack.name()),
                       .settings = run.attack.settings(),
                       .weights = run.networks.judged().path,
                       .crafted_on = run.networks.paths(),
                       .fusion = run.networks.fusion_in_words(),
                       .target = finished.images.target,
                       .left_out = finished.images.left_out,
                       .device = std::string(run.session.device().name())},
                      finished.summary, diagnosis);
}

std::vector<Fact> facts_of(const AttackRun& run, const AttackedImages& images) {
  std::vector<Fact> facts = {{"attack", std::string(run.attack.name())},
                             {"images", images.words},
                             {"numerics", std::string(to_string(run.evaluator.numerics()))}};
  for (const Setting& setting : run.attack.settings()) facts.push_back({setting.name, setting.value});
  for (const Fact& fact : run.networks.facts()) facts.push_back(fact);
  return facts;
}

void write_results(RunFolder& folder, const Finished& finished, const std::string& summary) {
  const AttackedImages& images = finished.images;
  folder.write("original.npy", as_npy(images.images));
  folder.write("adversarial.npy", as_npy(finished.outcome.images));
  folder.write("labels.npy",
               NpyArray<std::int64_t>{{images.count()}, {images.labels.begin(), images.labels.end()}});
  folder.write("records.csv", to_csv(finished.outcome.records));
  folder.write("summary.json", summary);
}

/// Into the folder and onto the screen. `diagnosis`: where one was made.
void report(const AttackRun& run, const Finished& finished, const std::optional<MaskingDiagnosis>& diagnosis,
            RunFolder& folder) {
  const AttackSummary& summary = finished.summary;
  const std::string json = summary_of(run, finished, diagnosis);
  write_results(folder, finished, json);
  folder.seal(finished.images.source, facts_of(run, finished.images), finished.status);
  run.session.result(run.session.shared().json ? json : summary_text(summary));
  if (const std::string warnings = masking_warnings(run.attack, summary.zero_gradients, diagnosis);
      !warnings.empty())
    run.session.say(warnings.substr(0, warnings.size() - 1));
  run.session.say("written to " + folder.path().native());
}

/// How many of how many, and how to go on.
std::string words_of_a_stop(Index finished, Index count) {
  if (finished == 0)
    return fmt::format(
        "stopped before the first of {} was finished: nothing is written; the same command begins again",
        count_of(count, "image"));
  return fmt::format(
      "stopped: the first {} of {} are finished and written; the same command attacks all of them again",
      finished, count_of(count, "image"));
}

ExitStatus run_attack(const std::string& name, const AttackOptions& options, Session& session) {
  const StopSignal stop;
  expect_one_source(options.images);
  const std::unique_ptr<Attack> attack = make_attack(name, options.texts, {.prefix = "--"});
  RunFolder folder(session);
  const AttackedNetworks networks(options.networks, folder, session.device());
  const AttackedImages images = open_attacked_images(options.images, folder, session);
  session.say(fmt::format("{} ({}) on {}, {} ({})", name, in_words(*attack), networks.words(), images.words,
                          session.device().name()));
  if (session.shared().dry_run) return ExitStatus::done;

  Evaluator evaluator(networks.module(), session.device(), session.numerics());
  const AttackRun run{*attack, networks, evaluator, session};
  const Outcome outcome = craft(run, images, stop);
  const auto count = static_cast<Index>(outcome.records.size());
  const bool whole = count == images.count();
  if (count > 0) {
    const Finished finished{whole ? images : images.first(count), outcome, summarise(outcome),
                            whole ? ExitStatus::done : stop.status()};
    const bool suspicious = options.diagnose || finished.summary.zero_gradients.hits > 0;
    const bool diagnosing = whole && suspicious && stop.received() == 0;
    report(run, finished, diagnosing ? std::optional(diagnose(run, images)) : std::nullopt, folder);
  }
  if (whole) return ExitStatus::done;
  session.say(words_of_a_stop(count, images.count()));
  return stop.status();
}

void add_one(Command& parent, const std::string& name) {
  const auto options = std::make_shared<AttackOptions>();
  Command& command = parent.child(
      {.name = name,
       .summary = std::string(attack_summary(name)),
       .examples = {fmt::format("weir attack {} good-init --count 1000 --data cifar", name),
                    fmt::format("weir attack {} good-init --images x.npy --labels y.npy", name)}});
  const std::unique_ptr<Attack> attack = make_attack(name);
  takes_attacked_networks(command, options->networks, attack->takes_ensembles());
  takes_attack_options(command, name, options->texts);
  takes_attacked_images(command, options->images, attack->takes_targets())
      .flag("--diagnose", "look for masked gradients even where no gradient is zero: a few more attacks",
            options->diagnose)
      .writes_to("weir-out/attack")
      .computes(Numerics::fast)
      .shares({Shared::out, Shared::data, Shared::seed, Shared::device, Shared::numerics, Shared::threads,
               Shared::dry_run})
      .runs([options, name](Session& session) { return run_attack(name, *options, session); });
}

}  // namespace

void add_attack(Command& weir) {
  Command& attack = weir.child(
      {.name = "attack",
       .summary = "adversarial inputs, each judged alone by a fresh forward pass",
       .examples = {"weir attack fgsm good-init --eps 0.025",
                    "weir attack igsm good-init --eps 8/255 --count 1000"},
       .details =
           "`weir attack NAME --help` lists the options of one. Distances: data units, or `8/255` of the "
           "pixel range (0.0627). Only correct inputs are attacked. Writes original.npy, "
           "adversarial.npy, labels.npy, records.csv, summary.json and manifest.json.",
       .children_are = "attack"});
  for (const std::string& name : attack_names()) add_one(attack, name);
}

}  // namespace weir
