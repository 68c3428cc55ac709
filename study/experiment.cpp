#include "study/experiment.h"

#include <algorithm>

#include "attacks/registry.h"
#include "data/gzip.h"
#include "data/hash.h"
#include "models/zoo.h"
#include "study/resampling.h"
#include "study/study_steps.h"
#include "tensor/check.h"

namespace weir {
namespace {

// Streams of random numbers, one a purpose.
constexpr std::uint32_t stream_of_attacked = 1, stream_of_normal = 2;
constexpr Index official_test_images = 10000;

DrawnImages draw(const ImageSet& all, Index count, const ResampleOptions& options, Device& device) {
  if (count > all.count())
    fail({.code = "E0206",
          .message = fmt::format("the study draws {} images, {} holds {}", count, all.source, all.count()),
          .help = "fewer `--seeds`, or `--data` with all of CIFAR-10"});
  return on_device(subset(all, draw_distinct(all.count(), count, options)), device);
}

StudiedNetwork open(const Role& role, const ExperimentOptions& options, Device& device) {
  StudiedNetwork network{.role = &role};
  const RoleWeights weights = weights_of(role, options);
  network.missing = weights.missing;
  if (!network.there()) return network;
  network.weights = weights.file;
  network.fingerprint = xxh3_128_hex(read_inflated_file(weights.file));
  network.stored = load_network(weights.file, device);
  network.layers = layer_table(network.stored.architecture);
  return network;
}

/// The attack, or why there is none: its name, an option or the network may be missing.
std::unique_ptr<Attack> made(AttackRun& run, const Experiment& experiment) {
  if (run.planned.target == ensemble_target) {
    for (const std::string& member : networks_of_transfer())
      if (!experiment.network(member).there()) run.missing = experiment.network(member).missing;
  } else {
    run.missing = experiment.network(run.planned.target).missing;
  }
  if (!run.there()) return nullptr;
  try {
    return make_attack(run.reading.attack, run.reading.options);
  } catch (const Error& refused) {
    run.missing = refused.diagnosis().message;
    return nullptr;
  }
}

std::vector<AttackRun> opened_runs(const Experiment& experiment, const Paper& paper) {
  std::vector<AttackRun> runs;
  for (const PlannedRun& planned : planned_runs(experiment.preset)) {
    runs.push_back({.planned = planned, .reading = reading_of(paper, experiment.preset, planned.attack)});
    if (const auto attack = made(runs.back(), experiment)) runs.back().settings = attack->settings();
  }
  return runs;
}

}  // namespace

std::string StudiedNetwork::title() const {
  return !there() || fits_role() ? std::string(role->title) : stored.architecture.model;
}

std::vector<Path> AttackRun::paths(std::string_view network, std::span<const Index> rows) const {
  const auto measured = on.find(network);
  if (measured == on.end() || measured->second.paths.empty()) return {};
  std::vector<Path> paths;
  for (const Index row : rows) {
    const auto place = std::ranges::lower_bound(traced, row) - traced.begin();
    paths.push_back(measured->second.paths.at(static_cast<std::size_t>(place)));
  }
  return paths;
}

const StudiedNetwork& Experiment::network(std::string_view role) const {
  const auto found = std::ranges::find(networks, role, &StudiedNetwork::key);
  ensures(found != networks.end(), "a role without a network");
  return *found;
}

const AttackRun& Experiment::run(std::string_view target, std::string_view attack) const {
  const auto found = std::ranges::find_if(runs, [&](const AttackRun& run) {
    return run.planned.target == target && run.planned.attack == attack;
  });
  ensures(found != runs.end(), "a run that was not planned");
  return *found;
}

RoleWeights weights_of(const Role& role, const ExperimentOptions& options) {
  const auto named = options.others.find(role.key);
  if (named != options.others.end()) return {.file = named->second};
  const bool own_original = !options.weights.empty();
  if (own_original && role.key == "original") return {.file = options.weights};
  if (own_original)
    return {.missing = fmt::format("no network was given as {} beside {}", role.key,
                                   options.weights.filename().native())};
  if (const auto file = pretrained_file(std::string(role.weights))) return {.file = *file};
  const auto entry = std::ranges::find(zoo(), role.weights, &ZooEntry::name);
  const std::string how = entry == zoo().end() ? "" : fmt::format("; `{}` makes them", entry->made_by);
  return {.missing = fmt::format("the weights `{}` do not come with this build{}", role.weights, how)};
}

Experiment run_experiment(const ExperimentOptions& options, const Paper& paper, Device& device,
                          std::set<std::string>& used_cells, const StudyProgress& progress) {
  const ImageSet test = load_images(options.data, Split::test),
                 train = load_images(options.data, Split::train);
  Experiment experiment{.preset = on_data(options.preset, train.count(), test.count()), .seed = options.seed};
  const Preset& preset = experiment.preset;
  experiment.full_test_set = test.count() == official_test_images && preset.accuracy_images == 0;
  experiment.attacked =
      draw(test, preset.attacked_images, {.seed = options.seed, .stream = stream_of_attacked}, device);
  experiment.normal =
      draw(train, preset.normal_images, {.seed = options.seed, .stream = stream_of_normal}, device);
  for (const Role& role : roles()) experiment.networks.push_back(open(role, options, device));
  if (!experiment.original().there())
    fail({.kind = ErrorKind::missing,
          .code = "E0307",
          .message = "the study has no original network: " + experiment.original().missing,
          .help = "name one with `--weights FILE`"});
  experiment.runs = opened_runs(experiment, paper);

  CellStore store(options.cells, options.listener);
  StudySteps steps(experiment, {.test = test, .store = store, .device = device, .options = options});
  steps.run(progress);
  used_cells = store.used();
  return experiment;
}

}  // namespace weir
