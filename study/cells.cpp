#include "study/cells.h"

#include <array>

#include "data/cifar.h"
#include "study/cell_store.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Integers = std::vector<std::int64_t>;
using Numbers = std::vector<double>;

Index count_of(const std::vector<float>& images) { return static_cast<Index>(images.size()) / image_volume; }

// Fields of a record, in the order in which a cell has them.
constexpr Index integer_fields = 16, number_fields = 11;

void append(Integers& integers, Numbers& numbers, const AttackRecord& r) {
  const Distortion& d = r.distortion;
  for (const std::int64_t field :
       {std::int64_t{r.id}, std::int64_t{r.label}, std::int64_t{r.clean_class}, std::int64_t{r.target},
        std::int64_t{static_cast<int>(r.status)}, std::int64_t{r.adversarial_class},
        std::int64_t{r.iterations}, std::int64_t{r.first_success}, std::int64_t{r.forwards},
        std::int64_t{r.backwards}, std::int64_t{r.rounded_class}, std::int64_t{r.survives_rounding},
        std::int64_t{r.fragile}, std::int64_t{d.l0_features}, std::int64_t{d.l0_tolerant},
        std::int64_t{d.l0_pixels}})
    integers.push_back(field);
  for (const double field :
       {r.clean_confidence, r.adversarial_confidence, r.margin, r.zero_gradient_share, d.l1, d.l2, d.linf,
        d.relative_l0, d.relative_l1, d.relative_l2, d.relative_linf})
    numbers.push_back(field);
}

AttackRecord record_of(std::span<const std::int64_t> i, std::span<const double> x) {
  const auto small = [&](std::size_t at) { return static_cast<std::int32_t>(i[at]); };
  AttackRecord r{.id = i[0], .label = small(1), .clean_class = small(2), .clean_confidence = x[0]};
  r.target = small(3);
  r.status = static_cast<AttackStatus>(i[4]);
  r.adversarial_class = small(5);
  r.iterations = i[6];
  r.first_success = i[7];
  r.forwards = i[8];
  r.backwards = i[9];
  r.rounded_class = small(10);
  r.survives_rounding = i[11] != 0;
  r.fragile = i[12] != 0;
  r.adversarial_confidence = x[1];
  r.margin = x[2];
  r.zero_gradient_share = x[3];
  r.distortion = {.l0_features = i[13],
                  .l0_tolerant = i[14],
                  .l0_pixels = i[15],
                  .l1 = x[4],
                  .l2 = x[5],
                  .linf = x[6],
                  .relative_l0 = x[7],
                  .relative_l1 = x[8],
                  .relative_l2 = x[9],
                  .relative_linf = x[10]};
  return r;
}

void put_records(SafetensorsFile& cell, std::span<const AttackRecord> records) {
  Integers integers;
  Numbers numbers;
  for (const AttackRecord& record : records) append(integers, numbers, record);
  const Index n = std::ssize(records);
  put(cell, "record_integers", {n, integer_fields}, integers);
  put(cell, "record_numbers", {n, number_fields}, numbers);
}

std::vector<AttackRecord> records_of(const SafetensorsFile& cell) {
  const Integers integers = integers_of(cell, "record_integers", {-1, integer_fields});
  const Index n = static_cast<Index>(integers.size()) / integer_fields;
  const Numbers numbers = doubles_of(cell, "record_numbers", {n, number_fields});
  std::vector<AttackRecord> records;
  for (Index row = 0; row < n; ++row)
    records.push_back(
        record_of(std::span(integers).subspan(static_cast<std::size_t>(row * integer_fields), integer_fields),
                  std::span(numbers).subspan(static_cast<std::size_t>(row * number_fields), number_fields)));
  return records;
}

void put_images(SafetensorsFile& cell, const std::vector<float>& images) {
  put(cell, "images", {count_of(images), image_channels, image_side, image_side},
      std::span<const float>(images));
}

std::vector<float> images_of(const SafetensorsFile& cell, Index count) {
  return floats_of(cell, "images", {count, image_channels, image_side, image_side});
}

void put_cost(SafetensorsFile& cell, std::string name, const Cost& cost) {
  const Numbers values{cost.seconds, static_cast<double>(cost.forwards), static_cast<double>(cost.backwards)};
  put(cell, std::move(name), {3}, values);
}

Cost cost_of(const SafetensorsFile& cell, std::string_view name) {
  const Numbers values = doubles_of(cell, name, {3});
  return {values[0], static_cast<Index>(values[1]), static_cast<Index>(values[2])};
}

/// What a layer's report holds besides its name and size.
constexpr std::array<double LayerReport::*, 4> report_columns = {
    &LayerReport::constant_fraction, &LayerReport::occupied_buckets, &LayerReport::compared_constant_fraction,
    &LayerReport::compared_occupied_buckets};
constexpr std::array<const char*, 4> report_names = {
    "constant_fraction", "occupied_buckets", "compared_constant_fraction", "compared_occupied_buckets"};

void put_column(SafetensorsFile& cell, const char* name, const std::vector<Path>& paths,
                const std::function<double(const Path&, std::size_t)>& value) {
  const std::size_t layers = paths.empty() ? 0 : paths.front().layers.size();
  Numbers values;
  for (const Path& path : paths)
    for (std::size_t k = 0; k < layers; ++k) values.push_back(value(path, k));
  put(cell, name, {std::ssize(paths), static_cast<Index>(layers)}, values);
}

void put_paths(SafetensorsFile& cell, const std::vector<Path>& paths) {
  put_column(cell, "iip", paths, [](const Path& path, std::size_t k) { return path.iip[k]; });
  put_column(cell, "oip", paths, [](const Path& path, std::size_t k) { return path.oip[k]; });
  for (std::size_t i = 0; i < report_columns.size(); ++i)
    put_column(cell, report_names[i], paths, [member = report_columns[i]](const Path& path, std::size_t k) {
      return path.layers[k].*member;
    });
  Integers sizes;
  if (!paths.empty())
    for (const LayerReport& layer : paths.front().layers)
      sizes.insert(sizes.end(), {layer.channels, layer.size.height, layer.size.width});
  put(cell, "layers", {static_cast<Index>(sizes.size() / 3), 3}, sizes);
}

std::vector<Path> paths_of(const SafetensorsFile& cell) {
  const Integers sizes = integers_of(cell, "layers", {-1, 3});
  const std::size_t layers = sizes.size() / 3;
  const Numbers iip = doubles_of(cell, "iip", {-1, static_cast<Index>(layers)});
  const std::size_t n = layers == 0 ? 0 : iip.size() / layers;
  const std::vector<Index> shape{static_cast<Index>(n), static_cast<Index>(layers)};
  const Numbers oip = doubles_of(cell, "oip", shape);
  std::vector<Path> paths(n);
  for (std::size_t row = 0; row < n; ++row)
    for (std::size_t k = 0; k < layers; ++k) {
      paths[row].iip.push_back(iip[row * layers + k]);
      paths[row].oip.push_back(oip[row * layers + k]);
      paths[row].layers.push_back({.name = fmt::format("conv{}", k + 1),
                                   .channels = sizes[3 * k],
                                   .size = {sizes[3 * k + 1], sizes[3 * k + 2]}});
    }
  for (std::size_t i = 0; i < report_columns.size(); ++i) {
    const Numbers values = doubles_of(cell, report_names[i], shape);
    for (std::size_t row = 0; row < n; ++row)
      for (std::size_t k = 0; k < layers; ++k)
        paths[row].layers[k].*report_columns[i] = values[row * layers + k];
  }
  return paths;
}

}  // namespace

SafetensorsFile AccuracyCell::encoded() const {
  SafetensorsFile cell;
  const Numbers numbers{evaluation.loss, evaluation.mean_confidence, evaluation.calibration_error};
  put(cell, "means", {3}, numbers);
  put(cell, "right", {std::ssize(right)}, right);
  return cell;
}

AccuracyCell AccuracyCell::decoded(const SafetensorsFile& file) {
  AccuracyCell cell{.right = integers_of(file, "right", {-1})};
  const Numbers means = doubles_of(file, "means", {3});
  for (const std::int64_t one : cell.right) cell.evaluation.correct += one;
  cell.evaluation.count = std::ssize(cell.right);
  cell.evaluation.loss = means[0];
  cell.evaluation.mean_confidence = means[1];
  cell.evaluation.calibration_error = means[2];
  return cell;
}

SafetensorsFile Answers::encoded() const {
  SafetensorsFile cell;
  put(cell, "classes", {count()}, classes);
  put(cell, "confidences", {count()}, confidences);
  return cell;
}

Answers Answers::decoded(const SafetensorsFile& cell) {
  Answers answers{.classes = integers_of(cell, "classes", {-1})};
  answers.confidences = doubles_of(cell, "confidences", {answers.count()});
  return answers;
}

SafetensorsFile AttackCell::encoded() const {
  SafetensorsFile cell;
  put_records(cell, records);
  put_images(cell, images);
  put_cost(cell, "crafting", crafting);
  put_cost(cell, "judging", judging);
  return cell;
}

AttackCell AttackCell::decoded(const SafetensorsFile& file) {
  AttackCell cell{.records = records_of(file)};
  cell.images = images_of(file, std::ssize(cell.records));
  cell.crafting = cost_of(file, "crafting");
  cell.judging = cost_of(file, "judging");
  return cell;
}

SafetensorsFile PathsCell::encoded() const {
  SafetensorsFile cell;
  put_paths(cell, paths);
  return cell;
}

PathsCell PathsCell::decoded(const SafetensorsFile& file) { return {.paths = paths_of(file)}; }

SafetensorsFile TrajectoryCell::encoded() const {
  SafetensorsFile cell;
  put_paths(cell, paths);
  put_images(cell, images);
  put_records(cell, std::span(&record, 1));
  return cell;
}

TrajectoryCell TrajectoryCell::decoded(const SafetensorsFile& file) {
  TrajectoryCell cell{.paths = paths_of(file)};
  cell.images = images_of(file, std::ssize(cell.paths));
  const std::vector<AttackRecord> records = records_of(file);
  expects(records.size() == 1, "a trajectory has one record, found {}", records.size());
  cell.record = records.front();
  return cell;
}

}  // namespace weir
