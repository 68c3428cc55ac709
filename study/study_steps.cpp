#include "study/study_steps.h"

#include <algorithm>
#include <cmath>

#include "attacks/registry.h"
#include "data/shuffle.h"
#include "tensor/check.h"
#include "tensor/random.h"

namespace weir {
namespace {

constexpr double forward_share = 0.35;  // of an image-gradient's time
constexpr double tracing_passes = 12;   // a path takes about as long as so many image-gradients

[[noreturn]] void fail_nothing_correct(const Experiment& experiment) {
  fail(
      {.kind = ErrorKind::damaged,
       .code = "E0434",
       .message = fmt::format("these weights of `{}` classify none of the {} images to be attacked correctly",
                              experiment.original().stored.architecture.model, experiment.attacked.count()),
       .note = "only inputs that a network gets right are attacked",
       .help = "`weir eval` says how good they are"});
}

double number_of(const AttackRun& run, std::string_view setting, double otherwise) {
  for (const Setting& one : run.settings)
    if (one.name == setting && !one.value.empty() && std::isdigit(static_cast<unsigned char>(one.value[0])))
      return std::stod(one.value);
  return otherwise;
}

/// Image-gradients that an attack takes for one image, roughly: only for the time that remains.
double gradients_of(const AttackRun& run) {
  const std::string& attack = run.reading.attack;
  if (attack == "jsma") return 60 * number_of(run, "candidates", 9);
  if (attack == "deepfool") return 40;
  if (attack == "cw") return 0.6 * number_of(run, "binary-steps", 5) * number_of(run, "iterations", 1000);
  return number_of(run, "iterations", 1);
}

std::vector<Index> rows_where(const AttackRun& run, const std::function<bool(const AttackRecord&)>& holds) {
  std::vector<Index> rows;
  for (std::size_t row = 0; row < run.cell.records.size(); ++row)
    if (holds(run.cell.records[row])) rows.push_back(static_cast<Index>(row));
  return rows;
}

Population clean_population(const Experiment& experiment, const StudiedNetwork& network) {
  std::vector<Path> right;
  for (Index row = 0; row < experiment.attacked.count(); ++row) {
    const auto at = static_cast<std::size_t>(row);
    if (network.clean_answers.classes[at] == experiment.attacked.set.labels[at])
      right.push_back(network.clean_paths[at]);
  }
  return right.empty() ? Population{} : population_of("clean", "clean", std::move(right));
}

}  // namespace

StudySteps::StudySteps(Experiment& experiment, const Means& means)
    : experiment_(experiment),
      means_(means),
      measurer_(means.store, means.device,
                {.seed = means.options.seed,
                 .crafting = means.options.numerics,
                 .should_stop = means.options.should_stop,
                 .advanced =
                     [this](double share) {
                       if (progress_ != nullptr && *progress_)
                         (*progress_)(stage_, static_cast<Index>(done_ + share * 0.5 * current_),
                                      static_cast<Index>(total_));
                     },
                 .only_from_cells = means.options.only_from_cells}) {
  for (StudiedNetwork& network : experiment_.networks)
    if (network.there()) plan_network(network);
  for (AttackRun& run : experiment_.runs)
    if (run.there()) plan_run(run);
  plan_trajectories();
}

double StudySteps::relative_size(const StudiedNetwork& network) const {
  const auto size = [](const StudiedNetwork& one) {
    return static_cast<double>(totals(one.layers).multiply_adds);
  };
  return size(network) / std::max(1.0, size(experiment_.original()));
}

void StudySteps::plan_network(StudiedNetwork& network) {
  const double size = relative_size(network);
  const Index tested =
      experiment_.preset.accuracy_images > 0 ? experiment_.preset.accuracy_images : means_.test.count();
  const std::string name = network.title();
  steps_.push_back(
      {"accuracy of " + name, forward_share * size * static_cast<double>(tested), [this, &network] {
         network.accuracy =
             measurer_.accuracy(network.asked(), means_.test, experiment_.preset.accuracy_images);
         network.clean_answers = measurer_.answers(network.asked(), experiment_.attacked.images);
       }});
  const auto traced = static_cast<double>(experiment_.normal.count() + experiment_.attacked.count());
  steps_.push_back({"paths of unchanged images on " + name, tracing_passes * size * traced, [this, &network] {
                      network.normal = population_of(
                          "normal", "normal", measurer_.paths(network.asked(), experiment_.normal.images));
                      network.clean_paths = measurer_.paths(network.asked(), experiment_.attacked.images);
                      network.clean = clean_population(experiment_, network);
                      if (network.key() == "original" && network.clean.count() == 0)
                        fail_nothing_correct(experiment_);
                    }});
}

double StudySteps::passes_of(const AttackRun& run) const {
  double size = 0;
  if (run.planned.target == ensemble_target)
    for (const std::string& member : networks_of_transfer())
      size += relative_size(experiment_.network(member));
  else
    size = relative_size(experiment_.network(run.planned.target));
  return size * gradients_of(run) * static_cast<double>(experiment_.attacked.count());
}

void StudySteps::plan_run(AttackRun& run) {
  const std::string target = run.planned.target == ensemble_target
                                 ? "three networks together"
                                 : experiment_.network(run.planned.target).title();
  steps_.push_back({run.reading.title + " on " + target, passes_of(run), [this, &run] { attack(run); }});
  for (const StudiedNetwork& network : experiment_.networks)
    if (network.there()) plan_measuring(run, network);
}

void StudySteps::plan_measuring(AttackRun& run, const StudiedNetwork& network) {
  const auto& traced_on = run.planned.traced_on;
  const bool traced = std::ranges::find(traced_on, network.key()) != traced_on.end();
  const double a_image = 2 * forward_share + (traced ? 0.6 * tracing_passes : 0);
  steps_.push_back({fmt::format("inputs of {} for {}, shown to {}", run.reading.title, run.planned.target,
                                network.title()),
                    relative_size(network) * a_image * static_cast<double>(experiment_.attacked.count()),
                    [this, &run, &network] { measure(run, network); }});
}

AttackCell StudySteps::attack_together(const Attack& attack) {
  std::vector<const Module*> members;
  std::string fingerprint = "together";
  for (const std::string& member : networks_of_transfer()) {
    members.push_back(experiment_.network(member).stored.network.get());
    fingerprint += " " + experiment_.network(member).fingerprint;
  }
  const Ensemble ensemble(members);
  return measurer_.attack({&ensemble, fingerprint}, attack, experiment_.attacked);
}

void StudySteps::attack(AttackRun& run) {
  const auto attack = make_attack(run.reading.attack, run.reading.options);
  run.cell =
      run.planned.target == ensemble_target
          ? attack_together(*attack)
          : measurer_.attack(experiment_.network(run.planned.target).asked(), *attack, experiment_.attacked);
  run.summary = summarise(run.cell.records);
  run.summary.crafting = run.cell.crafting;
  run.summary.judging = run.cell.judging;
  run.successes =
      rows_where(run, [](const AttackRecord& one) { return one.status == AttackStatus::success; });
  run.traced = run.planned.rows == TracedRows::successes
                   ? run.successes
                   : rows_where(run, [](const AttackRecord& one) { return one.counts(); });
}

Tensor StudySteps::equal_noise(const AttackRun& run) const {
  const auto size = static_cast<std::size_t>(image_volume);
  std::vector<float> originals, changed;
  std::vector<Index> ids;
  const std::vector<float> before = experiment_.attacked.images.to_host();
  for (const Index row : run.successes) {
    const auto first = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * size);
    const auto last = first + static_cast<std::ptrdiff_t>(size);
    originals.insert(originals.end(), before.begin() + first, before.begin() + last);
    changed.insert(changed.end(), run.cell.images.begin() + first, run.cell.images.begin() + last);
    ids.push_back(run.record(row).id);
  }
  const std::vector<float> noisy = noise_of_equal_norm(originals, changed, ids, experiment_.seed);
  return Tensor::from_host(std::span<const float>(noisy),
                           {std::ssize(ids), image_channels, image_side, image_side}, means_.device);
}

void StudySteps::measure(AttackRun& run, const StudiedNetwork& network) {
  const Tensor images = Tensor::from_host(std::span<const float>(run.cell.images),
                                          experiment_.attacked.images.shape(), means_.device);
  RunOnNetwork& on = run.on[std::string(network.key())];
  on.answers = measurer_.answers(network.asked(), images);
  if (!run.successes.empty()) on.noise_answers = measurer_.answers(network.asked(), equal_noise(run));
  const auto& traced_on = run.planned.traced_on;
  if (run.traced.empty() || std::ranges::find(traced_on, network.key()) == traced_on.end()) return;
  on.paths = measurer_.paths(network.asked(), rows_of(images, run.traced));
}

void StudySteps::plan_trajectories() {
  const auto planned = std::ranges::find_if(experiment_.runs, [](const AttackRun& run) {
    return run.planned.target == "original" && run.planned.attack == "jsma";
  });
  if (planned == experiment_.runs.end() || experiment_.preset.trajectories == 0) {
    experiment_.missing_trajectories = "this preset follows no image through JSMA";
    return;
  }
  experiment_.missing_trajectories = planned->missing;
  if (!planned->there()) return;
  constexpr double steps_of_jsma = 80;
  for (Index image = 0; image < experiment_.preset.trajectories; ++image)
    steps_.push_back(
        {"trajectories of JSMA", (2 * tracing_passes + 1) * steps_of_jsma, [this, image] { follow(image); }});
}

/// The `image`-th success, along the way that won its race; and a way of the same changes in random places.
void StudySteps::follow(Index image) {
  const AttackRun& run = experiment_.run("original", "jsma");
  if (image >= std::ssize(run.successes)) return;
  const Index row = run.successes[static_cast<std::size_t>(image)];
  OptionTexts options = run.reading.options;
  const auto attack = make_attack(run.reading.attack, options);
  const AttackRecord& record = run.record(row);
  const AskedNetwork network = experiment_.original().asked();
  const TrajectoryCell way =
      measurer_.trajectory(network, *attack, subset(experiment_.attacked, std::span(&row, 1), means_.device),
                           record.adversarial_class);
  const std::vector<float> scattered = in_random_places(
      way.images, experiment_.attacked.set.original_indices[static_cast<std::size_t>(row)], experiment_.seed);
  const Shape shape{std::ssize(way.paths), image_channels, image_side, image_side};
  experiment_.scattered.push_back(
      measurer_.paths(network, Tensor::from_host(std::span<const float>(scattered), shape, means_.device)));
  experiment_.trajectories.push_back(way);
}

void StudySteps::run(const StudyProgress& progress) {
  progress_ = &progress;
  for (const Step& step : steps_) total_ += step.passes;
  for (const Step& step : steps_) {
    stage_ = step.stage;
    current_ = step.passes;
    step.body();
    done_ += step.passes;
  }
  progress_ = nullptr;
}

std::vector<float> noise_of_equal_norm(std::span<const float> originals, std::span<const float> changed,
                                       std::span<const Index> ids, std::uint64_t seed) {
  constexpr std::uint64_t noise_domain = 0x4E4F495345;
  constexpr auto size = static_cast<std::size_t>(image_volume);
  std::vector<float> noisy(originals.begin(), originals.end());
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const Rng rng = Rng{.seed = seed}.split(noise_domain).split(static_cast<std::uint64_t>(ids[row]));
    std::vector<double> noise(size);
    double wanted = 0, drawn = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const double change = static_cast<double>(changed[row * size + i]) - originals[row * size + i];
      wanted += change * change;
      noise[i] = random_normal(rng, i);
      drawn += noise[i] * noise[i];
    }
    const double scale = std::sqrt(wanted / drawn);
    for (std::size_t i = 0; i < size; ++i) {
      float& pixel = noisy[row * size + i];
      pixel = std::clamp(pixel + static_cast<float>(scale * noise[i]), -1.0f, 1.0f);
    }
  }
  return noisy;
}

std::vector<float> in_random_places(std::span<const float> on_the_way, Index id, std::uint64_t seed) {
  constexpr std::uint64_t places_domain = 0x504C41434553;
  constexpr auto size = static_cast<std::size_t>(image_volume);
  const std::vector<Index> place_of =
      shuffled(image_volume, Rng{.seed = seed}.split(places_domain).split(static_cast<std::uint64_t>(id)));
  std::vector<float> scattered(on_the_way.size());
  for (std::size_t first = 0; first < on_the_way.size(); first += size)
    for (std::size_t i = 0; i < size; ++i) {
      const auto place = static_cast<std::size_t>(place_of[i]);
      const float change = on_the_way[first + i] - on_the_way[i];
      scattered[first + place] = std::clamp(on_the_way[place] + change, -1.0f, 1.0f);
    }
  return scattered;
}

}  // namespace weir
