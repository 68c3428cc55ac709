#include "study/study.h"

#include <chrono>
#include <optional>

#include "data/atomic_file.h"
#include "data/file_lock.h"
#include "data/home.h"
#include "study/figures.h"
#include "study/manifest.h"
#include "study/records.h"
#include "study/report.h"
#include "study/tables.h"
#include "study/verification.h"
#include "tensor/check.h"
#include "tensor/vendor.h"
#include "tensor/workers.h"

namespace weir {
namespace {

constexpr const char* folders[] = {"tables", "figures", "records"};

/// Writes into the run's folder and remembers what it wrote.
class Output {
 public:
  explicit Output(std::filesystem::path folder) : folder_(std::move(folder)) {
    expect_writable_directory(folder_);
    lock_.emplace(folder_);
    for (const char* part : folders) expect_writable_directory(folder_ / part);
  }
  void write(const std::string& file, std::string_view text) {
    write_file_atomically(folder_ / file, text);
    note(file);
  }
  /// A file that somebody else wrote here.
  void note(const std::string& file) { files_.push_back(file); }
  std::vector<HashedFile> hashes() const {
    std::vector<HashedFile> result;
    for (const std::string& file : files_) result.push_back(hashed(folder_, file));
    return result;
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::optional<FileLock> lock_;
  std::vector<std::string> files_;
};

ExperimentOptions experiment_options(const StudyOptions& options) {
  return {.preset = options.preset,
          .seed = options.seed,
          .data = options.data,
          .weights = options.weights,
          .others = options.others,
          .numerics = options.numerics,
          .cells = options.out / "cache",
          .only_from_cells = options.only_from_cells,
          .should_stop = options.should_stop,
          .listener = options.listener};
}

/// Weights of all roles that have some, then the files of the images.
std::vector<HashedFile> inputs_of(const StudyOptions& options) {
  std::vector<HashedFile> inputs;
  for (const Role& role : roles())
    if (const RoleWeights weights = weights_of(role, experiment_options(options)); weights.missing.empty())
      inputs.push_back(hashed({}, weights.file.string()));
  for (const Split split : {Split::train, Split::test})
    for (const auto& file : image_files(options.data, split)) inputs.push_back(hashed({}, file.string()));
  return inputs;
}

/// What `weir report` needs to make the page again.
std::vector<Fact> settings_of(const StudyOptions& options) {
  std::vector<Fact> settings = {{"preset", options.preset.name},
                                {"attacked_images", fmt::format("{}", options.preset.attacked_images)}};
  if (!options.weights.empty()) settings.push_back({"weights", options.weights.string()});
  for (const auto& [role, file] : options.others) settings.push_back({"weights." + role, file.string()});
  return settings;
}

Manifest opened(const StudyOptions& options, Device& device) {
  return {.command = "study",
          .arguments = options.arguments,
          .seed = options.seed,
          .threads = thread_budget(),
          .device = std::string(device.name()),
          .numerics = std::string(to_string(options.numerics)),
          .libraries = {{"kernels", device.vendor().description()}},
          .host = options.host,
          .settings = settings_of(options),
          .data = options.data,
          .inputs = inputs_of(options),
          .started = utc_now()};
}

std::string csv_of_layers(const std::vector<LayerRow>& layers) {
  std::string csv = "layer,output,parameters,multiply_adds\n";
  for (const LayerRow& layer : layers) {
    std::vector<Index> extents;
    for (int axis = 0; axis < layer.output.rank(); ++axis) extents.push_back(layer.output[axis]);
    csv += fmt::format("{},{},{},{}\n", layer.name, fmt::join(extents, "x"), layer.parameters,
                       layer.multiply_adds);
  }
  return csv;
}

void write_grid(Output& output, const ImageGrid& grid, const std::string& name) {
  if (grid.rows.empty()) return;
  output.write(fmt::format("figures/{}.svg", name), to_svg(grid));
  output.write(fmt::format("figures/{}.csv", name), to_csv(grid));
}

void write_curves(Output& output, const Figure& figure, StudyResults& results) {
  const std::string missing = draw(figure, output.folder() / "figures");
  for (const char* suffix : {"csv", "gp"})
    output.note(fmt::format("figures/fig{}.{}", figure.number, suffix));
  if (!missing.empty()) results.missing_plots[figure.number] = missing;
  if (!missing.empty() || figure.panels.empty()) return;
  output.note(fmt::format("figures/fig{}.svg", figure.number));
  for (const Panel& panel : figure.panels) output.note("figures/" + file_name(figure, panel));
}

StudyResults results_of(const Analysis& analysis) {
  return {.tables = all_tables(analysis),
          .images = figure_of_images(analysis),
          .network = draw_network(analysis.experiment.original().layers),
          .on_the_way = figure_of_trajectory_images(analysis),
          .figures = all_figures(analysis),
          .missing_plots = {},
          .findings = findings_of(analysis)};
}

void write_all(Output& output, const Analysis& analysis, StudyResults& results,
               const std::function<bool()>& should_stop) {
  for (const Table& table : results.tables) output.write("tables/" + table.id + ".csv", to_csv(table));
  for (const auto& [file, text] : record_files(analysis.experiment)) output.write("records/" + file, text);
  output.write("seeds.csv", csv_of_seeds(analysis.experiment));
  write_grid(output, results.images, "fig1");
  output.write("figures/fig2.svg", results.network.svg);
  output.write("figures/fig2.csv", csv_of_layers(analysis.experiment.original().layers));
  write_grid(output, results.on_the_way, "fig3-images");
  for (const Figure& figure : results.figures) {
    if (should_stop && should_stop()) throw StudyStopped{};
    write_curves(output, figure, results);
  }
  output.write("findings.json", findings_json(analysis, results.findings));
  output.write("q4.json", defence_json(analysis));
}

/// One line for each network and attack that is not there.
std::vector<std::string> absences(const Experiment& experiment) {
  std::vector<std::string> lines;
  for (const StudiedNetwork& network : experiment.networks)
    if (!network.there()) lines.push_back(fmt::format("no {}: {}", network.key(), network.missing));
  for (const AttackRun& run : experiment.runs) {
    const bool attack_missing = !run.there() && (run.planned.target == ensemble_target ||
                                                 experiment.network(run.planned.target).there());
    if (attack_missing)
      lines.push_back(fmt::format("no {} for {}: {}", run.reading.title, run.planned.target, run.missing));
  }
  return lines;
}

/// Everything behind the measuring: reads the experiment, writes the folder.
StudySummary publish(const StudyOptions& options, const Paper& paper, const Experiment& experiment,
                     Manifest& manifest, Output& output) {
  for (const AttackRun& run : experiment.runs)
    for (const Setting& setting : run.settings)
      manifest.settings.push_back(
          {fmt::format("{}.{}.{}", run.planned.target, run.planned.attack, setting.name), setting.value});
  const Analysis analysis = analyse(experiment, paper);
  StudyResults results = results_of(analysis);
  write_all(output, analysis, results, options.should_stop);
  output.write("report.html", report_page(analysis, results, manifest, options, output.folder() / "figures"));
  StudySummary summary{
      .finished = true,
      .report = output.folder() / "report.html",
      .findings = results.findings,
      .missing = absences(experiment),
      .missing_plots = results.missing_plots.empty() ? "" : results.missing_plots.begin()->second,
      .reduced = experiment.preset.remark};
  for (const std::string& attack : experiment.preset.attacks)
    if (const AttackRun& run = experiment.run("original", attack); run.there())
      summary.attacks.push_back(run.summary);
  return summary;
}

void write_manifest(const Output& output, const Manifest& manifest) {
  write_file_atomically(output.folder() / "manifest.json", to_json(manifest));
}

}  // namespace

StudySummary run_study(const StudyOptions& options, Device& device, const StudyProgress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const Paper paper = Paper::read(find_resource("study/paper.json"));
  Output output(options.out);
  // A page that is made again says who measured; until it is there, the manifest stays what it was.
  Manifest manifest = options.only_from_cells ? manifest_in(options.out) : opened(options, device);
  if (!options.only_from_cells) write_manifest(output, manifest);
  StudySummary summary;
  try {
    std::set<std::string> cells;
    const Experiment experiment = run_experiment(experiment_options(options), paper, device, cells, progress);
    summary = publish(options, paper, experiment, manifest, output);
    for (const std::string& cell : cells) output.note("cache/" + cell);
  } catch (const StudyStopped&) {
    return summary;
  }
  manifest.outputs = output.hashes();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (manifest.finished.empty()) {
    manifest.finished = utc_now();
    manifest.seconds = summary.seconds;
  }
  write_manifest(output, manifest);
  return summary;
}

}  // namespace weir
