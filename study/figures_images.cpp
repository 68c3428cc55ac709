// Figures of pictures: the same images under every attack, and one image on its way.
#include <algorithm>

#include "data/cifar.h"
#include "study/figures.h"
#include "tensor/check.h"

namespace weir {
namespace {

std::vector<const AttackRun*> runs_shown(const Analysis& analysis) {
  std::vector<const AttackRun*> runs;
  for (const AttackDistance& one : analysis.distances)
    if (one.run->there()) runs.push_back(one.run);
  return runs;
}

std::vector<Index> fooled_by_all(const Analysis& analysis) {
  const std::vector<const AttackRun*> runs = runs_shown(analysis);
  const Index pictures = analysis.experiment.preset.pictures;
  std::vector<Index> rows;
  for (Index row = 0; row < analysis.experiment.attacked.count() && !runs.empty(); ++row)
    if (std::ssize(rows) < pictures && std::ranges::all_of(runs, [&](const AttackRun* run) {
          return std::ranges::binary_search(run->successes, row);
        }))
      rows.push_back(row);
  return rows;
}

std::vector<float> pixels_of(std::span<const float> images, Index row) {
  const auto part = images.subspan(static_cast<std::size_t>(row * image_volume), image_volume);
  return {part.begin(), part.end()};
}

std::string caption(std::int32_t label, double confidence) {
  return fmt::format("{} {:.2f}", class_names.at(static_cast<std::size_t>(label)), confidence);
}

GridRow originals(const AttackRun& run, std::span<const float> images, std::span<const Index> rows) {
  GridRow row{.name = "Original"};
  for (const Index image : rows)
    row.cells.push_back(
        {.pixels = pixels_of(images, image),
         .caption = caption(run.record(image).clean_class, run.record(image).clean_confidence)});
  return row;
}

GridRow adversarials(const AttackRun& run, std::span<const Index> rows) {
  GridRow row{.name = run.reading.title};
  for (const Index image : rows)
    row.cells.push_back(
        {.pixels = pixels_of(run.cell.images, image),
         .caption = caption(run.record(image).adversarial_class, run.record(image).adversarial_confidence)});
  return row;
}

GridRow differences(const AttackRun& run, std::span<const float> images, std::span<const Index> rows) {
  GridRow row{.name = run.reading.title, .remark = fmt::format("difference × {:.0f}", difference_gain)};
  for (const Index image : rows)
    row.cells.push_back({.pixels = amplified_difference(pixels_of(run.cell.images, image),
                                                        pixels_of(images, image), difference_gain),
                         .caption = fmt::format("l2 {:.4f}", run.record(image).distortion.relative_l2)});
  return row;
}

}  // namespace

ImageGrid figure_of_images(const Analysis& analysis) {
  const std::vector<Index> rows = fooled_by_all(analysis);
  if (rows.empty()) return {};
  const std::vector<float> images = analysis.experiment.attacked.images.to_host();
  const std::vector<const AttackRun*> runs = runs_shown(analysis);
  ImageGrid grid{.extent = image_side, .rows = {originals(*runs.front(), images, rows)}};
  for (const AttackRun* run : runs) grid.rows.push_back(adversarials(*run, rows));
  for (const AttackRun* run : runs) grid.rows.push_back(differences(*run, images, rows));
  return grid;
}

ImageGrid figure_of_trajectory_images(const Analysis& analysis) {
  constexpr Index columns = 8;
  if (analysis.experiment.trajectories.empty()) return {};
  const TrajectoryCell& one = analysis.experiment.trajectories.front();
  const Index last = std::ssize(one.paths) - 1, shown = std::min(columns, last + 1);
  GridRow images{.name = "Image"}, added{.name = "Added", .remark = "difference × 3"};
  for (Index column = 0; column < shown; ++column) {
    const Index step = shown > 1 ? column * last / (shown - 1) : 0;
    const std::vector<float> now = pixels_of(one.images, step), start = pixels_of(one.images, 0);
    images.cells.push_back({.pixels = now, .caption = fmt::format("step {}", step)});
    added.cells.push_back({.pixels = amplified_difference(now, start, 3.0f), .caption = ""});
  }
  return {.extent = image_side, .rows = {images, added}};
}

}  // namespace weir
