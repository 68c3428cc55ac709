#include "study/experiment.h"

#include <chrono>

#include "attacks/registry.h"
#include "infoflow/tracer.h"
#include "models/registry.h"
#include "study/attack_words.h"
#include "study/resampling.h"
#include "tensor/check.h"

namespace weir {
namespace {

// Streams of random numbers, one a purpose; a comparison of paths uses four from its own on.
constexpr std::uint32_t stream_of_attacked = 1, stream_of_normal = 2, stream_of_noise = 8,
                        stream_of_first_attack = 100;

/// Runs the stages one after the other, tells the listener, keeps the times.
class Stages {
 public:
  Stages(const StudyProgress& progress, std::vector<StageTime>& times, Index total)
      : progress_(progress), times_(times), total_(total) {}

  template <class Body>
  void run(const std::string& stage, const Body& body) {
    if (progress_) progress_(stage, done_, total_);
    const auto start = std::chrono::steady_clock::now();
    body();
    times_.push_back(
        {stage, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
    if (progress_) progress_(stage, ++done_, total_);
  }

 private:
  const StudyProgress& progress_;
  std::vector<StageTime>& times_;
  Index total_;
  Index done_ = 0;
};

DrawnImages on_device(ImageSet set, Device& device) {
  const Shape shape{set.count(), image_channels, image_side, image_side};
  DrawnImages drawn{.set = std::move(set), .images = {}, .labels = {}};
  drawn.images = Tensor::from_host(to_floats(drawn.set.pixels), shape, device);
  drawn.labels = Labels::from_host(drawn.set.labels, device);
  return drawn;
}

DrawnImages draw(const ImageSet& all, Index count, const ResampleOptions& options, Device& device) {
  expects(count <= all.count(), "the study draws {} images, {} holds {}", count, all.source, all.count());
  return on_device(subset(all, draw_distinct(all.count(), count, options)), device);
}

/// Rows of a tensor, in the order given.
Tensor rows_of(const Tensor& images, std::span<const Index> rows) {
  std::vector<Tensor> chosen;
  for (const Index row : rows) chosen.push_back(images.batch_slice(row, 1));
  return concatenate(chosen);
}

AttackRun attack_images(Evaluator& evaluator, const DrawnImages& images, const Paper& paper,
                        const std::string& name) {
  AttackRun run{.name = name, .title = words_of_attack(name).title, .colour = name};
  const std::unique_ptr<Attack> attack = make_attack(name, primary_reading(paper, name));
  run.settings = attack->settings();
  run.outcome = (*attack)(
      evaluator, {.images = images.images, .truth = images.labels, .ids = images.set.original_indices});
  run.summary = summarise(run.outcome);
  for (Index row = 0; row < images.count(); ++row)
    if (run.outcome.records[static_cast<std::size_t>(row)].status == AttackStatus::success)
      run.successes.push_back(row);
  return run;
}

std::vector<Index> correct_rows(const AttackRun& run) {
  std::vector<Index> rows;
  for (std::size_t row = 0; row < run.outcome.records.size(); ++row)
    if (run.outcome.records[row].counts()) rows.push_back(static_cast<Index>(row));
  return rows;
}

/// The paths of one row a population already has; clean_rows says which image each of its paths belongs to.
std::vector<Path> paths_of(const Population& clean, std::span<const Index> clean_rows,
                           std::span<const Index> wanted) {
  std::vector<Path> paths;
  std::size_t place = 0;
  for (const Index row : wanted) {  // both ascending
    while (clean_rows[place] != row) ++place;
    paths.push_back(clean.paths[place]);
  }
  return paths;
}

void compare(AttackRun& run, const Experiment& experiment, std::uint32_t stream) {
  const CompareOptions options{
      .seed = experiment.seed, .replicates = experiment.preset.replicates, .stream = stream};
  const Population& normal = experiment.normal_paths;
  run.input = compare_paths(normal, run.adversarial, run.clean, Side::input, options);
  run.output = compare_paths(normal, run.adversarial, run.clean, Side::output, options);
  run.output_minus_input = output_minus_input(normal, run.adversarial, options);
}

[[noreturn]] void fail_nothing_correct(const Experiment& experiment) {
  fail(
      {.kind = ErrorKind::damaged,
       .code = "E0434",
       .message = fmt::format("these weights of `{}` classify none of the {} images to be attacked correctly",
                              experiment.model.architecture.model, experiment.attacked.count()),
       .note = "only inputs that a network gets right are attacked",
       .help = "`weir eval` says how good they are"});
}

}  // namespace

bool Experiment::of_the_papers_network() const {
  return without_dropout(model.architecture).layers == without_dropout(good_init()).layers;
}

OptionTexts primary_reading(const Paper& paper, std::string_view attack) {
  const auto text = [&](std::string_view key) { return fmt::format("{}", paper.setting(attack, key)); };
  if (attack == "fgsm") return {{"eps", text("epsilon")}};
  if (attack == "igsm")
    return {{"eps", text("epsilon")}, {"step", text("alpha")}, {"iterations", text("iterations")}};
  return {};
}

Experiment run_experiment(const ExperimentOptions& options, const Paper& paper, Device& device,
                          const StudyProgress& progress) {
  Experiment experiment{
      .preset = options.preset, .seed = options.seed, .model = load_network(options.weights, device)};
  Preset& preset = experiment.preset;
  experiment.layers = layer_table(experiment.model.architecture);
  Evaluator evaluator(*experiment.model.network, device);
  Evaluator crafting(*experiment.model.network, device, options.numerics);
  Stages stages(progress, experiment.times, 4 + 2 * static_cast<Index>(preset.attacks.size()));

  stages.run("classify the test images", [&] {
    const ImageSet test = load_images(options.data, Split::test),
                   train = load_images(options.data, Split::train);
    preset = on_data(preset, train.count(), test.count());
    experiment.attacked =
        draw(test, preset.attacked_images, {.seed = options.seed, .stream = stream_of_attacked}, device);
    experiment.normal =
        draw(train, preset.normal_images, {.seed = options.seed, .stream = stream_of_normal}, device);
    experiment.accuracy = evaluate(evaluator, test, preset.accuracy_images);
  });
  for (const std::string& name : preset.attacks)
    stages.run("attack with " + words_of_attack(name).title,
               [&] { experiment.runs.push_back(attack_images(crafting, experiment.attacked, paper, name)); });

  const std::vector<Index> correct = correct_rows(experiment.runs.at(0));
  if (correct.empty()) fail_nothing_correct(experiment);
  stages.run("trace normal images", [&] {
    experiment.normal_paths =
        population_of("normal", "normal", information_paths(evaluator, experiment.normal.images));
  });
  stages.run("trace the attacked images, before", [&] {
    experiment.clean_paths = population_of(
        "clean", "clean", information_paths(evaluator, rows_of(experiment.attacked.images, correct)));
  });
  for (AttackRun& run : experiment.runs)
    stages.run("trace " + run.title, [&] {
      if (!run.comparable()) return;
      run.adversarial = population_of(
          run.title, run.colour, information_paths(evaluator, rows_of(run.outcome.images, run.successes)));
      run.clean = population_of(run.title + ", clean", "clean",
                                paths_of(experiment.clean_paths, correct, run.successes));
    });

  stages.run("compare paths", [&] {
    const CompareOptions noise{
        .seed = options.seed, .replicates = preset.replicates, .stream = stream_of_noise};
    experiment.input_noise = noise_floor(experiment.normal_paths, Side::input, noise);
    experiment.output_noise = noise_floor(experiment.normal_paths, Side::output, noise);
    std::uint32_t stream = stream_of_first_attack;
    for (AttackRun& run : experiment.runs) {
      if (run.comparable()) compare(run, experiment, stream);
      stream += 10;
    }
  });
  return experiment;
}

}  // namespace weir
