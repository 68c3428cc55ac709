#include "study/study.h"

#include <chrono>
#include <optional>

#include "data/atomic_file.h"
#include "data/file_lock.h"
#include "data/home.h"
#include "study/figures.h"
#include "study/manifest.h"
#include "study/report.h"
#include "study/tables.h"
#include "tensor/check.h"
#include "tensor/vendor.h"
#include "tensor/workers.h"

namespace weir {
namespace {

/// Writes into the run's folder and remembers what it wrote.
class Output {
 public:
  explicit Output(std::filesystem::path folder) : folder_(std::move(folder)) {
    expect_writable_directory(folder_);
    lock_.emplace(folder_);
    for (const char* part : {"tables", "figures"}) expect_writable_directory(folder_ / part);
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

std::vector<HashedFile> inputs_of(const StudyOptions& options, const std::filesystem::path& weights) {
  std::vector<HashedFile> inputs = {hashed({}, weights.string())};
  for (const Split split : {Split::train, Split::test})
    for (const auto& file : image_files(options.data, split)) inputs.push_back(hashed({}, file.string()));
  return inputs;
}

Manifest opened(const StudyOptions& options, const std::filesystem::path& weights, Device& device) {
  return {.command = "study",
          .arguments = options.arguments,
          .seed = options.seed,
          .threads = thread_budget(),
          .device = std::string(device.name()),
          .numerics = std::string(to_string(options.numerics)),
          .libraries = {{"kernels", device.vendor().description()}},
          .host = options.host,
          .settings = {{"preset", options.preset}},
          .data = options.data,
          .inputs = inputs_of(options, weights),
          .started = utc_now()};
}

std::string csv_of_images(const DrawnImages& images, std::string_view role) {
  std::string csv;
  for (Index row = 0; row < images.count(); ++row)
    csv += fmt::format("{},{},{}\n", role, images.set.original_indices[static_cast<std::size_t>(row)],
                       images.set.labels[static_cast<std::size_t>(row)]);
  return csv;
}

/// Which images were drawn, by their positions in the official splits.
std::string csv_of_seeds(const Experiment& experiment) {
  return "role,original_index,label\n" + csv_of_images(experiment.attacked, "attacked_test") +
         csv_of_images(experiment.normal, "normal_train");
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

void write_figures(Output& output, const Experiment& experiment, StudyResults& results) {
  if (!results.images.rows.empty()) {
    output.write("figures/fig1.svg", to_svg(results.images));
    output.write("figures/fig1.csv", to_csv(results.images));
  }
  output.write("figures/fig2.svg", results.network.svg);
  output.write("figures/fig2.csv", csv_of_layers(experiment.layers));
  results.missing_plots = draw(results.paths, output.folder() / "figures");
  output.note("figures/fig4.csv");
  output.note("figures/fig4.gp");
  if (!results.missing_plots.empty()) return;
  output.note("figures/fig4.svg");
  for (const Panel& panel : results.paths.panels) output.note("figures/" + file_name(results.paths, panel));
}

}  // namespace

StudySummary run_study(const StudyOptions& options, Device& device, const StudyProgress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const Paper paper = Paper::read(find_resource("study/paper.json"));
  const Preset preset = read_preset(find_resource("study/presets.json"), options.preset);
  const std::filesystem::path weights =
      options.weights.empty() ? find_resource("models/pretrained/good-init.safetensors") : options.weights;
  Output output(options.out);
  Manifest manifest = opened(options, weights, device);
  write_file_atomically(output.folder() / "manifest.json", to_json(manifest));

  const Experiment experiment = run_experiment({.preset = preset,
                                                .seed = options.seed,
                                                .data = options.data,
                                                .weights = weights,
                                                .numerics = options.numerics},
                                               paper, device, progress);
  for (const AttackRun& run : experiment.runs)
    for (const Setting& setting : run.settings)
      manifest.settings.push_back({run.name + "." + setting.name, setting.value});

  StudyResults results{.tables = all_tables(experiment, paper),
                       .images = figure_of_images(experiment),
                       .network = draw_network(experiment.layers),
                       .paths = figure_of_paths(experiment),
                       .missing_plots = {},
                       .findings = findings_of(experiment, paper)};
  for (const Table& table : results.tables) output.write("tables/" + table.id + ".csv", to_csv(table));
  output.write("seeds.csv", csv_of_seeds(experiment));
  write_figures(output, experiment, results);
  output.write("findings.json", findings_json(experiment, results.findings));
  output.write("report.html", report_page(experiment, paper, results, manifest, output.folder() / "figures"));

  manifest.outputs = output.hashes();
  manifest.finished = utc_now();
  manifest.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_file_atomically(output.folder() / "manifest.json", to_json(manifest));

  StudySummary summary{.report = output.folder() / "report.html",
                       .findings = results.findings,
                       .attacks = {},
                       .seconds = manifest.seconds,
                       .missing_plots = results.missing_plots,
                       .reduced = experiment.preset.remark};
  for (const AttackRun& run : experiment.runs) summary.attacks.push_back(run.summary);
  return summary;
}

}  // namespace weir
