#include "models/unit_statistics.h"

#include <algorithm>
#include <cmath>

#include "autograd/functions.h"
#include "models/evaluate.h"
#include "models/weights.h"

namespace weir {
namespace {

/// Sums over the images of one piece, and then over all.
struct UnitSums {
  UnitScores zeros, effect, inputs;
  Index images = 0;

  void add(const UnitSums& other) {
    add(zeros, other.zeros);
    add(effect, other.effect);
    add(inputs, other.inputs);
    images += other.images;
  }

 private:
  static void add(UnitScores& to, const UnitScores& from) {
    to.resize(std::max(to.size(), from.size()));
    for (std::size_t layer = 0; layer < from.size(); ++layer) {
      to[layer].resize(from[layer].size());
      for (std::size_t i = 0; i < from[layer].size(); ++i) to[layer][i] += from[layer][i];
    }
  }
};

const Entry& activation_of(const Tape& tape, const PrunableLayer& layer) {
  const Entry* entry = tape.last_in_scope(layer.name, "relu");
  if (entry == nullptr)
    fail({.code = "E0231",
          .message = fmt::format("{} has no ReLU, and so no zeros to count", layer.name),
          .help = "only ReLU networks are pruned"});
  return *entry;
}

/// What the layer that is called `reader` reads.
const Tensor& input_of(const Tape& tape, const std::string& reader) {
  const Entry* entry = tape.last_in_scope(reader, reader.starts_with("conv") ? "conv2d" : "linear");
  ensures(entry != nullptr, "a layer that reads another is on the tape");
  return tape.entries()[static_cast<std::size_t>(entry->inputs.front())].value;
}

/// Calls f(unit, values of this unit in one image) for each image of x [N, units, ...].
template <class F>
void for_each_unit(const Tensor& x, const F& f) {
  const std::vector<float> values = x.in(Layout::plain).to_host();
  const auto units = static_cast<std::size_t>(x.shape()[1]),
             positions = static_cast<std::size_t>(x.shape().row_volume()) / units;
  for (std::size_t i = 0; i * positions < values.size(); ++i)
    f(i % units, std::span(values).subspan(i * positions, positions));
}

std::vector<double> zeros_in(const Tensor& activation) {
  std::vector<double> share(static_cast<std::size_t>(activation.shape()[1]));
  for_each_unit(activation, [&](std::size_t unit, std::span<const float> values) {
    share[unit] += static_cast<double>(std::ranges::count(values, 0.0f)) / static_cast<double>(values.size());
  });
  return share;
}

std::vector<double> means_in(const Tensor& input) {
  std::vector<double> mean(static_cast<std::size_t>(input.shape()[1]));
  for_each_unit(input, [&](std::size_t unit, std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value);
    mean[unit] += sum / static_cast<double>(values.size());
  });
  return mean;
}

std::vector<double> effect_of(const Tensor& activation, const Tensor& gradient) {
  std::vector<double> effect(static_cast<std::size_t>(activation.shape()[1]));
  const std::vector<float> slopes = gradient.in(Layout::plain).to_host();
  std::size_t next = 0;
  for_each_unit(activation, [&](std::size_t unit, std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(slopes[next++]);
    effect[unit] += std::abs(sum);
  });
  return effect;
}

UnitSums sums_of(const Piece& piece, const std::vector<PrunableLayer>& layers, const Labels& labels,
                 Measure measure) {
  UnitSums sums{.zeros = {}, .effect = {}, .inputs = {}, .images = piece.rows.count};
  Gradients gradients;
  if (measure == Measure::gradients_too)
    gradients = piece.tape.backward(
        cross_entropy(piece.output, labels.slice(piece.rows.first, piece.rows.count)), Keep::everything);
  for (const PrunableLayer& layer : layers) {
    const Entry& activation = activation_of(piece.tape, layer);
    sums.zeros.push_back(zeros_in(activation.value));
    sums.inputs.push_back(means_in(input_of(piece.tape, layer.reader)));
    if (measure == Measure::activations) continue;
    const Tensor* gradient = gradients.find(activation.path);
    sums.effect.push_back(gradient != nullptr ? effect_of(activation.value, *gradient)
                                              : std::vector<double>(static_cast<std::size_t>(layer.width)));
  }
  return sums;
}

UnitScores divided(UnitScores sums, Index count) {
  for (std::vector<double>& layer : sums)
    for (double& value : layer) value /= static_cast<double>(count);
  return sums;
}

}  // namespace

UnitStatistics unit_statistics(const Architecture& architecture, const Sequential& network,
                               const ImageSet& images, Measure measure) {
  constexpr Index rows_at_a_time = 256;  // bounds memory: all values of all layers are kept
  expects(images.count() > 0, "there are no images to measure units on ({})", images.source);
  const std::vector<PrunableLayer> layers = prunable_layers(architecture);
  const bool gradients = measure == Measure::gradients_too;
  const TapeOptions options{
      .mode = Mode::evaluate, .record = gradients ? Record::for_input : Record::values, .fuse = false};
  Evaluator evaluator(network, device_of(network));
  UnitSums total;
  for (Index first = 0; first < images.count(); first += rows_at_a_time) {
    const RowRange rows{first, std::min(rows_at_a_time, images.count() - first)};
    const Labels labels =
        Labels::from_host(std::span(images.labels)
                              .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows.count)),
                          evaluator.device());
    std::vector<UnitSums> pieces(static_cast<std::size_t>(pieces_on(evaluator.device(), rows.count)));
    evaluator.visit(image_tensor(images, rows, evaluator.device()), options, [&](Piece& piece) {
      pieces[static_cast<std::size_t>(piece.number)] = sums_of(piece, layers, labels, measure);
    });
    for (const UnitSums& piece : pieces) total.add(piece);  // in piece order: addition rounds
  }
  return {.zeros = divided(std::move(total.zeros), total.images),
          .effect = divided(std::move(total.effect), total.images),
          .means = divided(std::move(total.inputs), total.images)};
}

}  // namespace weir
