#include <algorithm>
#include <numeric>

#include "apps/attack_options.h"
#include "apps/attack_report.h"
#include "apps/attacked_networks.h"
#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/masking_report.h"
#include "apps/run_folder.h"
#include "apps/session.h"
#include "apps/targets.h"
#include "attacks/lockstep.h"
#include "attacks/registry.h"
#include "attacks/summary.h"
#include "data/npy.h"
#include "data/shuffle.h"
#include "models/zoo.h"
#include "tensor/random.h"

namespace weir {
namespace {

struct AttackOptions {
  AttackedWords networks;
  std::string images, labels;
  std::string target;  // empty: any class but the label
  Index count = 0;     // 0: not said
  bool diagnose = false;
  OptionTexts texts;  // the attack's own, by name
};

/// What will be attacked.
struct Seeds {
  Tensor images;
  std::vector<std::int32_t> labels;
  std::vector<Index> ids;
  std::vector<std::int32_t> targets = {};  // empty: untargeted
  std::string source;                      // where they come from
  std::string words;
  Fusion fusion = {};  // of the networks they are crafted on
};

Seeds seeds_from_files(const AttackOptions& options, Device& device) {
  Pictures pictures = open_pictures(std::span(&options.images, 1), device);
  std::vector<std::int32_t> labels = open_labels(options.labels, pictures.images.rows());
  std::vector<Index> ids(labels.size());
  std::iota(ids.begin(), ids.end(), Index{0});
  const std::string words = fmt::format("{} images of {}", ids.size(), options.images);
  return {.images = std::move(pictures.images),
          .labels = std::move(labels),
          .ids = std::move(ids),
          .source = options.images,
          .words = words};
}

Seeds seeds_from_test_set(const AttackOptions& options, Session& session) {
  const ImageSet images = load_images(session.shared().data, Split::test);
  constexpr Index otherwise = 200;
  const Index count = std::min(options.count > 0 ? options.count : otherwise, images.count());
  const ImageSet chosen =
      subset(images, sample_without_replacement(count, images.count(), {.seed = session.shared().seed}));
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return {.images = batch_of(chosen, rows, session.device()),
          .labels = chosen.labels,
          .ids = chosen.original_indices,
          .source = images.source,
          .words = fmt::format("{} of {}", count, described(images))};
}

/// The same images with their targets. What already is of the class that is aimed at is left out.
Seeds aimed(Seeds seeds, const std::string& target) {
  const std::vector<std::int32_t> targets = targets_of(target, seeds.labels);
  std::vector<Index> kept;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (targets[i] != seeds.labels[i]) kept.push_back(static_cast<Index>(i));
  Seeds result{.images = keep_rows(seeds.images, kept),
               .labels = {},
               .ids = {},
               .source = seeds.source,
               .words = seeds.words};
  for (const Index i : kept) {
    const auto row = static_cast<std::size_t>(i);
    result.labels.push_back(seeds.labels[row]);
    result.ids.push_back(seeds.ids[row]);
    result.targets.push_back(targets[row]);
  }
  if (kept.empty())
    fail({.code = "E0224",
          .message = fmt::format("every image is of the class that is aimed at, {}", target),
          .help = "aim at another class"});
  const std::size_t left_out = targets.size() - kept.size();
  result.words += fmt::format(", aimed at {}", target);
  if (left_out > 0) result.words += fmt::format(", {} of that class left out", left_out);
  return result;
}

void expect_one_source(const AttackOptions& options) {
  if (!options.images.empty() && options.count > 0)
    fail({.code = "E0006",
          .message = "`--count` draws from the test set, `--images` names a file: both cannot be",
          .help = "leave out `--count`: all images of the file are attacked"});
  if (options.images.empty() == options.labels.empty()) return;
  fail({.code = "E0004",
        .message = fmt::format("`{}` needs `{}`", options.images.empty() ? "--labels" : "--images",
                               options.images.empty() ? "--images" : "--labels"),
        .help = "write `--images X.npy --labels Y.npy`, or neither for images of the test set"});
}

AttackTask task_of(const Seeds& seeds, RowRange rows, Session& session) {
  const auto at = static_cast<std::size_t>(rows.first), n = static_cast<std::size_t>(rows.count);
  AttackTask task{.images = seeds.images.batch_slice(rows.first, rows.count),
                  .truth = Labels::from_host(std::span(seeds.labels).subspan(at, n), session.device()),
                  .rng = {.seed = session.shared().seed},
                  .ids = {seeds.ids.begin() + rows.first, seeds.ids.begin() + rows.first + rows.count},
                  .fusion = seeds.fusion};
  if (!seeds.targets.empty())
    task.targets = Labels::from_host(std::span(seeds.targets).subspan(at, n), session.device());
  return task;
}

/// The cut serves the progress bar. It is the same for any number of threads: under `exact` a row's result
/// depends on nothing but the row and its id, under `fast` its last bits may depend on the batch.
Outcome craft(const Attack& attack, const Seeds& seeds, Evaluator& evaluator, Session& session) {
  constexpr Index rows_at_a_time = 8 * piece_rows;
  const auto progress = session.progress(std::string(attack.name()), seeds.images.rows(), "images");
  Outcome whole;
  std::vector<Tensor> parts;
  for (Index first = 0; first < seeds.images.rows(); first += rows_at_a_time) {
    progress->at(first);
    const Index count = std::min(rows_at_a_time, seeds.images.rows() - first);
    const Outcome part = attack(evaluator, task_of(seeds, {first, count}, session));
    parts.push_back(part.images);
    whole.records.insert(whole.records.end(), part.records.begin(), part.records.end());
    for (const auto& [sum, more] :
         {std::pair{&whole.crafting, &part.crafting}, std::pair{&whole.judging, &part.judging}}) {
      sum->seconds += more->seconds;
      sum->forwards += more->forwards;
      sum->backwards += more->backwards;
    }
  }
  whole.images = concatenate(parts);
  return whole;
}

/// Of the same images, at the attack's own eps where that is one of l-infinity.
MaskingDiagnosis diagnose(const Attack& attack, const Seeds& seeds, Evaluator& evaluator, Session& session) {
  session.say("looking for masked gradients");
  MaskingOptions options;
  if (const auto ball = attack.ball(); ball && ball->norm == PixelNorm::linf) options.eps = ball->radius;
  return diagnose_masking(evaluator, task_of(seeds, {0, seeds.images.rows()}, session), options);
}

NpyArray<float> as_npy(const Tensor& images) {
  const Shape& shape = images.shape();
  return {{shape[0], shape[1], shape[2], shape[3]}, images.to_host()};
}

void note_inputs(RunFolder& folder, const AttackOptions& options, const Session& session) {
  if (options.images.empty()) {
    for (const auto& file : image_files(session.shared().data, Split::test)) folder.reads(file.native());
  } else {
    folder.reads(options.images);
    folder.reads(options.labels);
  }
  if (options.target.ends_with(".npy")) folder.reads(options.target);
}

ExitStatus run_attack(const std::string& name, const AttackOptions& options, Session& session) {
  expect_one_source(options);
  const std::unique_ptr<Attack> attack = make_attack(name, options.texts, {.prefix = "--"});
  RunFolder folder(session);
  const AttackedNetworks networks(options.networks, folder, session.device());
  note_inputs(folder, options, session);
  Seeds seeds = options.images.empty() ? seeds_from_test_set(options, session)
                                       : seeds_from_files(options, session.device());
  if (!options.target.empty()) seeds = aimed(std::move(seeds), options.target);
  seeds.fusion = networks.fusion();
  session.say(fmt::format("{} ({}) on {}, {} ({})", name, in_words(*attack), networks.words(), seeds.words,
                          session.device().name()));
  if (session.shared().dry_run) return ExitStatus::done;

  const Numerics numerics = session.numerics(Numerics::fast);
  Evaluator evaluator(networks.module(), session.device(), numerics);
  const Outcome outcome = craft(*attack, seeds, evaluator, session);
  const AttackSummary summary = summarise(outcome);
  const auto diagnosis =
      options.diagnose ? std::optional(diagnose(*attack, seeds, evaluator, session)) : std::nullopt;
  std::vector<Fact> facts = {
      {"attack", name}, {"images", seeds.words}, {"numerics", std::string(to_string(numerics))}};
  for (const Setting& setting : attack->settings()) facts.push_back({setting.name, setting.value});
  for (const Fact& fact : networks.facts()) facts.push_back(fact);
  const std::string json = summary_json({.attack = name,
                                         .settings = attack->settings(),
                                         .weights = networks.judged().path,
                                         .crafted_on = networks.paths(),
                                         .fusion = networks.fusion_in_words(),
                                         .images = seeds.words,
                                         .device = std::string(session.device().name())},
                                        summary, diagnosis);
  folder.write("original.npy", as_npy(seeds.images));
  folder.write("adversarial.npy", as_npy(outcome.images));
  folder.write("labels.npy",
               NpyArray<std::int64_t>{{seeds.images.rows()}, {seeds.labels.begin(), seeds.labels.end()}});
  folder.write("records.csv", to_csv(outcome.records));
  folder.write("summary.json", json);
  folder.seal(seeds.source, facts);
  session.result(session.shared().json ? json : summary_text(summary));
  if (const std::string warnings = masking_warnings(summary.zero_gradients, diagnosis); !warnings.empty())
    session.say(warnings.substr(0, warnings.size() - 1));
  session.say("written to " + folder.path().native());
  return ExitStatus::done;
}

void add_one(Command& parent, const std::string& name) {
  const auto options = std::make_shared<AttackOptions>();
  Command& command = parent.child(
      {.name = name,
       .summary = std::string(attack_summary(name)),
       .examples = {fmt::format("weir attack {} good-init --count 1000 --data cifar", name),
                    fmt::format("weir attack {} good-init --images x.npy --labels y.npy", name)}});
  takes_attacked_networks(command, options->networks, make_attack(name)->takes_ensembles());
  takes_attack_options(command, name, options->texts);
  command
      .option("--count", "N", "images drawn from the test set (default 200)",
              integer_into(options->count, {.low = 1}))
      .option("--images", "FILE", "these instead: .npy, float32 [N,3,32,32], values in [-1,1]",
              text_into(options->images))
      .option("--labels", "FILE", "theirs: .npy, int64 [N]", text_into(options->labels))
      .option("--target", "CLASS", "aim at a class (name or number), at `next`, or at those of a .npy file",
              text_into(options->target))
      .flag("--diagnose", "look for masked gradients, too: a few more attacks on the same images",
            options->diagnose)
      .writes_to("weir-out/attack")
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
           "adversarial.npy, labels.npy, records.csv, summary.json and manifest.json."});
  for (const std::string& name : attack_names()) add_one(attack, name);
}

}  // namespace weir
