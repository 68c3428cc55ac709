#include "study/measurer.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "attacks/reading.h"
#include "data/hash.h"
#include "generated/places.h"
#include "infoflow/tracer.h"
#include "tensor/check.h"
#include "tensor/device.h"
#include "tensor/vendor.h"

namespace weir {
namespace {

/// Counts up when the study computes a cell of any kind differently.
constexpr int cell_format = 1;
constexpr int attack_cell_format = 2;  // since a race of targets that none won is a failure

template <class Value>
std::string fingerprint_of(std::span<const Value> values) {
  return xxh3_128_hex(std::as_bytes(values));
}

std::string fingerprint_of(const Tensor& images) {
  const std::vector<float> values = images.to_host();
  return fingerprint_of(std::span<const float>(values));
}

std::string in_words(const Attack& attack) {
  std::string words(attack.name());
  for (const Setting& setting : attack.settings())
    words += fmt::format(" {}={}", setting.name, setting.value);
  return words;
}

/// What is computed at a time, and lost when the machine stops.
template <class Body>
void for_each_chunk(const Device& device, Index count, const Body& body) {
  const Index each = rows_at_a_time_on(device);
  for (Index first = 0; first < count; first += each) body(RowRange{first, std::min(each, count - first)});
}

std::vector<Index> rows_in(RowRange range) {
  std::vector<Index> rows(static_cast<std::size_t>(range.count));
  std::iota(rows.begin(), rows.end(), range.first);
  return rows;
}

Answers answers_of(const Tensor& logits) {
  Answers answers;
  for_each_row(logits, [&](Index, std::span<const double> row) {
    const std::int32_t answer = predicted_class(row);
    answers.classes.push_back(answer);
    answers.confidences.push_back(answer == no_class ? 0.0 : confidence_of(row, answer));
  });
  return answers;
}

}  // namespace

Measurer::Measurer(CellStore& store, Device& device, Options options)
    : store_(store), device_(device), options_(std::move(options)) {}

template <class Cell, class Compute>
Cell Measurer::obtain(const CellKey& key, const Compute& compute) {
  if (auto found = store_.find(key, &Cell::decoded)) return *std::move(found);
  if (options_.only_from_cells)
    fail({.kind = ErrorKind::missing,
          .code = "E0306",
          .message = fmt::format("{} has no cell {}", store_.folder().native(), key.file()),
          .note = "the study of this folder was not finished, or its images, weights or program changed",
          .help = "`weir study` with the same words goes on where it was"});
  advance(0);
  const Cell cell = compute();
  store_.keep(key, cell.encoded());
  advance(1);
  return cell;
}

void Measurer::advance(double share) const {
  if (options_.should_stop && options_.should_stop()) throw StudyStopped{};
  if (options_.advanced) options_.advanced(share);
}

CellKey Measurer::key(std::string kind, const AskedNetwork& network, std::string_view inputs) const {
  const int format = kind == "attack" ? attack_cell_format : cell_format;
  CellKey key(std::move(kind), format);
  key.follows_from("weir", WEIR_VERSION)
      .follows_from("device", device_.name())
      .follows_from("kernels", device_.vendor().description())
      .follows_from("network", network.fingerprint)
      .follows_from("images", inputs);
  return key;
}

AttackObserver Measurer::observer() const {
  return [this](const AttackStep&) {
    if (options_.should_stop && options_.should_stop()) throw StudyStopped{};
  };
}

AccuracyCell Measurer::accuracy(const AskedNetwork& network, const ImageSet& images, Index limit) {
  const Index count = limit > 0 ? std::min(limit, images.count()) : images.count();
  const std::span<const std::uint8_t> pixels(images.pixels.data(),
                                             static_cast<std::size_t>(count * image_volume));
  const std::span<const std::int32_t> labels(images.labels.data(), static_cast<std::size_t>(count));
  CellKey cell = key("accuracy", network, fingerprint_of(pixels));
  cell.follows_from("labels", fingerprint_of(labels));
  return obtain<AccuracyCell>(cell, [&] {
    Evaluator evaluator(*network.module, device_);
    AccuracyCell result{.evaluation = evaluate(evaluator, images, count)};
    for_each_chunk(device_, count, [&](RowRange rows) {
      const Answers answers = answers_of(evaluator.logits(image_tensor(images, rows, device_)));
      for (Index row = 0; row < rows.count; ++row)
        result.right.push_back(answers.classes[static_cast<std::size_t>(row)] ==
                               labels[static_cast<std::size_t>(rows.first + row)]);
    });
    return result;
  });
}

Answers Measurer::answers(const AskedNetwork& network, const Tensor& images) {
  return obtain<Answers>(key("answers", network, fingerprint_of(images)), [&] {
    Evaluator evaluator(*network.module, device_);
    return answers_of(evaluator.logits(images));
  });
}

AttackCell Measurer::attack_chunk(const AskedNetwork& network, const Attack& attack,
                                  const DrawnImages& images) {
  CellKey cell = key("attack", network, fingerprint_of(images.images));
  cell.follows_from("labels", fingerprint_of(std::span<const std::int32_t>(images.set.labels)))
      .follows_from("ids", fingerprint_of(std::span<const Index>(images.set.original_indices)))
      .follows_from("attack", in_words(attack))
      .follows_from("seed", fmt::format("{}", options_.seed))
      .follows_from("numerics", to_string(options_.crafting));
  return obtain<AttackCell>(cell, [&] {
    Evaluator crafting(*network.module, device_, options_.crafting);
    const Outcome outcome = attack(crafting,
                                   {.images = images.images,
                                    .truth = images.labels,
                                    .rng = {.seed = options_.seed},
                                    .ids = images.set.original_indices},
                                   observer());
    return AttackCell{outcome.records, outcome.images.to_host(), outcome.crafting, outcome.judging};
  });
}

AttackCell Measurer::attack(const AskedNetwork& network, const Attack& attack, const DrawnImages& images) {
  AttackCell whole;
  for_each_chunk(device_, images.count(), [&](RowRange range) {
    const AttackCell part = attack_chunk(network, attack, subset(images, rows_in(range), device_));
    whole.records.insert(whole.records.end(), part.records.begin(), part.records.end());
    whole.images.insert(whole.images.end(), part.images.begin(), part.images.end());
    whole.crafting += part.crafting;
    whole.judging += part.judging;
  });
  return whole;
}

std::vector<Path> Measurer::paths(const AskedNetwork& network, const Tensor& images) {
  std::vector<Path> whole;
  for_each_chunk(device_, images.rows(), [&](RowRange range) {
    const Tensor chunk = images.batch_slice(range.first, range.count);
    PathsCell part = obtain<PathsCell>(key("paths", network, fingerprint_of(chunk)), [&] {
      Evaluator evaluator(*network.module, device_);
      return PathsCell{information_paths(evaluator, chunk)};
    });
    std::ranges::move(part.paths, std::back_inserter(whole));
  });
  return whole;
}

TrajectoryCell Measurer::trajectory(const AskedNetwork& network, const Attack& attack,
                                    const DrawnImages& image, std::int32_t target) {
  CellKey cell = key("trajectory", network, fingerprint_of(image.images));
  cell.follows_from("id", fmt::format("{}", image.set.original_indices.at(0)))
      .follows_from("attack", in_words(attack))
      .follows_from("target", fmt::format("{}", target))
      .follows_from("seed", fmt::format("{}", options_.seed))
      .follows_from("numerics", to_string(options_.crafting));
  return obtain<TrajectoryCell>(cell, [&] {
    Evaluator crafting(*network.module, device_, options_.crafting), exact(*network.module, device_);
    std::vector<float> on_the_way;
    const std::vector<std::int32_t> aim{target};
    const Outcome outcome = attack(crafting,
                                   {.images = image.images,
                                    .truth = image.labels,
                                    .targets = Labels::from_host(aim, device_),
                                    .rng = {.seed = options_.seed},
                                    .ids = image.set.original_indices},
                                   [&](const AttackStep& step) {
                                     const std::vector<float> now = step.images.to_host();
                                     on_the_way.insert(on_the_way.end(), now.begin(), now.end());
                                   });
    const std::vector<float> last = outcome.images.to_host();
    const auto size = static_cast<std::ptrdiff_t>(last.size());
    if (std::ssize(on_the_way) < size || !std::equal(last.begin(), last.end(), on_the_way.end() - size))
      on_the_way.insert(on_the_way.end(), last.begin(), last.end());
    const Shape shape{std::ssize(on_the_way) / image_volume, image_channels, image_side, image_side};
    const Tensor images = Tensor::from_host(std::span<const float>(on_the_way), shape, device_);
    return TrajectoryCell{information_paths(exact, images), on_the_way, outcome.records.front()};
  });
}

Tensor rows_of(const Tensor& images, std::span<const Index> rows) {
  std::vector<Tensor> chosen;
  for (const Index row : rows) chosen.push_back(images.batch_slice(row, 1));
  return concatenate(chosen);
}

DrawnImages on_device(ImageSet set, Device& device) {
  const Shape shape{set.count(), image_channels, image_side, image_side};
  DrawnImages drawn{.set = std::move(set), .images = {}, .labels = {}};
  drawn.images = Tensor::from_host(to_floats(drawn.set.pixels), shape, device);
  drawn.labels = Labels::from_host(drawn.set.labels, device);
  return drawn;
}

DrawnImages subset(const DrawnImages& images, std::span<const Index> rows, Device& device) {
  return on_device(subset(images.set, rows), device);
}

}  // namespace weir
