#include "tests/study/hand_made.h"

#include <algorithm>
#include <stdexcept>

#include "generated/places.h"
#include "models/registry.h"
#include "study/tables.h"
#include "tensor/device.h"

namespace weir {
namespace {

constexpr Index attacked = 12, normals = 6;
constexpr std::int32_t truth = 3;

Preset preset_of_tests() {
  return {.name = "hand-made",
          .settings = Settings::as_printed,
          .attacked_images = attacked,
          .normal_images = normals,
          .replicates = 200,
          .pictures = 2,
          .trajectories = 1,
          .attacks = {"fgsm", "igsm", "jsma", "deepfool", "cw"},
          .across = {"fgsm", "jsma"}};
}

DrawnImages grey_images(Index count) {
  ImageSet set;
  set.pixels.assign(static_cast<std::size_t>(count * image_volume), 128);
  set.labels.assign(static_cast<std::size_t>(count), truth);
  for (Index row = 0; row < count; ++row) set.original_indices.push_back(100 + row);
  return on_device(std::move(set), Device::reference());
}

Architecture architecture_of(std::string_view role) {
  if (role == "deep-conv") return deep_conv();
  if (role == "vgg-like") return vgg_like();
  if (role != "compressed") return good_init();
  std::vector<Index> fewer = widths(good_init());
  fewer.back() = 100;
  for (std::size_t layer = 10; layer < 15; ++layer) fewer[layer] = 112;
  return with_widths(good_init(), fewer);
}

StudiedNetwork studied(const Role& role) {
  StudiedNetwork network{.role = &role};
  network.stored.architecture = architecture_of(role.key);
  network.layers = layer_table(network.stored.architecture);
  network.accuracy.right = {1, 1, 1, 0};
  network.accuracy.evaluation = {.count = 4, .correct = 3};
  network.clean_answers.classes.assign(attacked, truth);
  network.clean_answers.confidences.assign(attacked, 0.9);
  network.clean_paths.assign(attacked, level_path(1, 2));
  network.normal = population_of("normal", "normal", std::vector<Path>(normals, level_path(1, 2)));
  network.clean = population_of("clean", "clean", network.clean_paths);
  return network;
}

AttackRecord record_of(Index row, Index place) {
  AttackRecord record{.id = 100 + row, .label = truth, .clean_class = truth, .clean_confidence = 0.9};
  if (place < 0) return record;
  record.status = AttackStatus::success;
  record.adversarial_class = 5;
  record.adversarial_confidence = 0.5 + 0.05 * static_cast<double>(place);
  record.distortion.relative_l2 = 0.01 * static_cast<double>(place + 1);
  return record;
}

bool contains(const std::vector<Index>& rows, Index row) {
  return std::ranges::find(rows, row) != rows.end();
}

}  // namespace

const Paper& paper_of_tests() {
  static const Paper read = Paper::read(WEIR_SOURCE_DIR "/study/paper.json");
  return read;
}

Path level_path(double iip, double oip) {
  return {.iip = {iip, iip}, .oip = {oip, oip}, .layers = std::vector<LayerReport>(2)};
}

HandMade::HandMade() {
  experiment_.preset = preset_of_tests();
  experiment_.full_test_set = true;
  experiment_.attacked = grey_images(attacked);
  experiment_.normal = grey_images(normals);
  for (const Role& role : roles()) experiment_.networks.push_back(studied(role));
  for (const PlannedRun& planned : planned_runs(experiment_.preset)) {
    AttackRun run{.planned = planned,
                  .reading = reading_of(paper_of_tests(), experiment_.preset, planned.attack),
                  .missing = "not filled"};
    experiment_.runs.push_back(std::move(run));
  }
  experiment_.missing_trajectories = "none made";
}

void HandMade::fill(const std::string& target, const std::string& attack, const MadeRun& made) {
  AttackRun& filled = run(target, attack);
  filled.missing.clear();
  filled.successes = made.successes;
  filled.traced = made.successes;
  filled.cell.records.clear();
  for (Index row = 0; row < attacked; ++row) {
    const auto place = std::ranges::find(made.successes, row);
    filled.cell.records.push_back(
        record_of(row, place == made.successes.end() ? -1 : place - made.successes.begin()));
  }
  filled.cell.images = experiment_.attacked.images.to_host();
  filled.summary = summarise(filled.cell.records);
  for (const auto& [role, on] : made.on) {
    RunOnNetwork measured;
    for (Index row = 0; row < attacked; ++row)
      measured.answers.classes.push_back(contains(on.wrong, row) ? 5 : truth);
    measured.answers.confidences.assign(attacked, 0.7);
    for (const Index row : made.successes)
      measured.noise_answers.classes.push_back(contains(on.noise_wrong, row) ? 5 : truth);
    measured.paths.assign(made.successes.size(), level_path(on.iip, on.oip));
    filled.on[role] = std::move(measured);
  }
}

void HandMade::lose_network(const std::string& role, const std::string& why) {
  StudiedNetwork lost{.role = network(role).role, .missing = why};
  network(role) = std::move(lost);
  for (AttackRun& run : experiment_.runs) run.on.erase(role);
}

void HandMade::misclassify(const std::string& role, const std::vector<Index>& rows) {
  for (const Index row : rows) network(role).clean_answers.classes[static_cast<std::size_t>(row)] = 7;
}

StudiedNetwork& HandMade::network(const std::string& role) {
  return const_cast<StudiedNetwork&>(experiment_.network(role));
}

AttackRun& HandMade::run(const std::string& target, const std::string& attack) {
  return const_cast<AttackRun&>(experiment_.run(target, attack));
}

const TableCell& cell_of(const Table& table, const std::vector<std::string>& row, const std::string& column) {
  const auto head = std::ranges::find(table.columns, column, &Column::key);
  for (const auto& candidate : table.rows) {
    bool same = head != table.columns.end();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto* text = std::get_if<std::string>(&candidate[i]);
      same = same && text != nullptr && *text == row[i];
    }
    if (same) return candidate[static_cast<std::size_t>(head - table.columns.begin())];
  }
  throw std::runtime_error(table.id + " has no row " + row.front() + " with a column " + column);
}

const Measured& ours_in(const Table& table, const std::vector<std::string>& row, const std::string& column) {
  const auto& comparison = std::get<Comparison>(cell_of(table, row, column));
  if (!comparison.ours) throw std::runtime_error(table.id + ": not measured: " + column);
  return *comparison.ours;
}

}  // namespace weir
