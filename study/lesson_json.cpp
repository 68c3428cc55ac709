#include "study/lesson_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "data/cifar.h"
#include "data/json_dump.h"
#include "data/stored_type.h"
#include "study/attack_words.h"
#include "study/data_uri.h"
#include "study/trace_words.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

/// Enough for a curve, and shorter than what a double holds.
double rounded(double value, double unit = 1e-4) { return std::round(value / unit) * unit; }

std::vector<double> rounded(const std::vector<double>& values) {
  std::vector<double> result;
  for (const double value : values) result.push_back(rounded(value));
  return result;
}

/// Signed bytes, 127 for the largest magnitude that is shown in full.
std::string as_bytes(const std::vector<double>& values, double most) {
  std::vector<std::byte> bytes;
  for (const double value : values) {
    const double share = most > 0 ? std::clamp(value / most, -1.0, 1.0) : 0;
    bytes.push_back(static_cast<std::byte>(static_cast<std::int8_t>(std::lround(127 * share))));
  }
  return base64(bytes);
}

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

/// Summed over the channels; the strongest pixels are shown in full colour, as on trace pages.
std::string gradient_bytes(const std::vector<float>& gradient) {
  if (gradient.empty()) return {};
  std::vector<double> slopes(image_side * image_side, 0);
  for (std::size_t i = 0; i < gradient.size(); ++i) slopes[i % slopes.size()] += gradient[i];
  std::vector<double> sizes;
  for (const double slope : slopes) sizes.push_back(std::abs(slope));
  std::ranges::sort(sizes);
  constexpr double saturated = 0.98;
  return as_bytes(slopes, sizes[static_cast<std::size_t>(saturated * static_cast<double>(sizes.size() - 1))]);
}

Json step_json(const TraceStep& step, const Trace& trace) {
  std::vector<double> added;
  for (std::size_t i = 0; i < step.image.size(); ++i)
    added.push_back(static_cast<double>(step.image[i]) - trace.first().image[i]);
  return {{"most", largest(added)},
          {"added", as_bytes(added, largest(added))},
          {"gradient", gradient_bytes(step.gradient)},
          {"logits", rounded(step.logits)},
          {"l0", step.moved.l0_features},
          {"l2", rounded(step.moved.l2)},
          {"linf", rounded(step.moved.linf)},
          {"iip", rounded(step.iip)},
          {"oip", rounded(step.oip)}};
}

Json plane_json(const LossPlane& plane) {
  Json steps = Json::array();
  for (const auto& [right, up] : plane.steps) steps.push_back({rounded(right), rounded(up)});
  return {{"side", plane.side}, {"from", plane.from},          {"to", plane.to},
          {"steps", steps},     {"loss", rounded(plane.loss)}, {"answers", plane.answers}};
}

Json attack_json(const AttackStory& story) {
  Json steps = Json::array(), names = Json::array();
  for (const Index i : story.told) {
    steps.push_back(step_json(story.trace.steps[static_cast<std::size_t>(i)], story.trace));
    names.push_back(step_word(i, story.trace));
  }
  return {{"name", story.attack},
          {"title", words_of_attack(story.attack).title},
          {"success", story.trace.record.status == AttackStatus::success},
          {"names", names},
          {"steps", steps},
          {"plane", plane_json(story.plane)}};
}

std::string as_bytes(const std::vector<std::uint8_t>& pixels) {
  return base64(std::as_bytes(std::span(pixels)));
}

Json image_json(const ImageStory& image) {
  Json attacks = Json::array();
  for (const AttackStory& story : image.attacks) attacks.push_back(attack_json(story));
  return {{"id", image.id},
          {"label", image.label},
          {"pixels", as_bytes(image.pixels)},
          {"logits", image.small_logits},
          {"gradient", base64(encode_floats(StoredType::f32, image.small_gradient))},
          {"attacks", attacks}};
}

/// What the script knows how to compute.
Json layer_json(const LayerSpec& spec, Index channels) {
  const WindowSpec window = window_of(spec);
  const bool plain = spec.norm == Norm::none;
  switch (spec.kind) {
    case LayerKind::conv:
      if (plain && spec.activation == Activation::relu && window.size == 3 && window.stride == 1 &&
          window.padding == 1)
        return {{"kind", "conv"}, {"in", channels}, {"out", spec.width}};
      break;
    case LayerKind::max_pool:
      if (window.size == 2 && window.stride == 2) return {{"kind", "max_pool"}};
      break;
    case LayerKind::global_avg_pool:
      return {{"kind", "global_avg_pool"}};
    case LayerKind::linear:
      if (plain && spec.activation == Activation::none)
        return {{"kind", "linear"}, {"in", channels}, {"out", spec.width}};
      break;
    default:
      break;
  }
  fail({.message = fmt::format("the lesson page cannot compute a layer of kind {} with these options",
                               to_string(spec.kind))});
}

Json network_json(const StoredNetwork& small) {
  Json layers = Json::array();
  Index channels = image_channels;
  for (const LayerSpec& spec : small.architecture.layers) {
    layers.push_back(layer_json(spec, channels));
    if (spec.width > 0) channels = spec.width;
  }
  std::vector<float> weights;
  const Module& network = *small.network;
  network.for_each_parameter([&](const Parameter& parameter) {
    const std::vector<float> values = parameter.value.to_host();
    weights.insert(weights.end(), values.begin(), values.end());
  });
  return {{"layers", layers}, {"weights", base64(encode_floats(StoredType::f32, weights))}};
}

}  // namespace

std::string lesson_json(const LessonStory& story) {
  Json images = Json::array();
  for (const ImageStory& image : story.images) images.push_back(image_json(image));
  return dumped(Json{{"classes", class_names},
                     {"side", image_side},
                     {"images", images},
                     {"small", network_json(*story.small)}},
                JsonLayout::one_line);
}

}  // namespace weir
