#include "models/insert_norm.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "layers/evaluator.h"
#include "models/evaluate.h"
#include "models/weights.h"
#include "tensor/ops/batch_norm.h"

namespace weir {
namespace {

using Values = std::vector<double>;

std::vector<std::string> convolutions_of(const Architecture& architecture) {
  std::vector<std::string> names;
  for (const LayerRow& row : layer_table(architecture))
    if (row.spec.kind == LayerKind::conv) names.push_back(row.name);
  return names;
}

/// Moments of the pre-activations of each convolution, merged in image order.
std::vector<ChannelMoments> pre_activations(const Sequential& plain, const std::vector<std::string>& names,
                                            const ImageSet& images, Index count) {
  constexpr Index rows_at_a_time = 256;  // bounds memory
  Evaluator evaluator(plain, device_of(plain));
  std::vector<ChannelMoments> sums(names.size());
  for (Index first = 0; first < count; first += rows_at_a_time) {
    const RowRange rows{first, std::min(rows_at_a_time, count - first)};
    std::vector<std::vector<ChannelMoments>> found(
        static_cast<std::size_t>(pieces_on(evaluator.device(), rows.count)));
    evaluator.visit(image_tensor(images, rows, evaluator.device()),
                    {.mode = Mode::evaluate, .record = Record::values, .fuse = false}, [&](Piece& piece) {
                      for (const std::string& name : names)
                        found[static_cast<std::size_t>(piece.number)].push_back(
                            channel_moments(piece.tape.last_in_scope(name, "conv2d")->value));
                    });
    for (const auto& piece : found)
      for (std::size_t i = 0; i < names.size(); ++i)
        sums[i] = sums[i].count == 0 ? piece[i] : merge(sums[i], piece[i]);
  }
  return sums;
}

using NamedValues = std::map<std::string, Values>;

/// Scales one convolution to unit variance and adds the norm that undoes it.
void add_norm(NamedValues& values, const std::string& conv, const ChannelMoments& moments, double epsilon) {
  const std::string norm = "bn" + conv.substr(std::string_view("conv").size());
  Values &weight = values[conv + ".weight"], &bias = values[conv + ".bias"];
  const std::size_t row = weight.size() / bias.size();
  for (std::size_t c = 0; c < bias.size(); ++c) {
    constexpr double still = 1e-8;  // blown up to unit variance, rounding would be all that is left of it
    const double variance = moments.m2[c] / moments.count, mean = moments.mean[c];
    const double scale = variance > still ? 1 / std::sqrt(variance) : 1;
    const double scaled_variance = variance * scale * scale;
    for (std::size_t i = c * row; i < (c + 1) * row; ++i) weight[i] *= scale;
    bias[c] *= scale;
    values[norm + ".running_mean"].push_back(mean * scale);
    values[norm + ".running_var"].push_back(scaled_variance);
    values[norm + ".weight"].push_back(std::sqrt(scaled_variance + epsilon) / scale);
    values[norm + ".bias"].push_back(mean);
  }
}

}  // namespace

std::unique_ptr<Sequential> insert_batch_norm(const Sequential& plain, const Architecture& form,
                                              const ImageSet& images, Index count) {
  if (count_buffers(plain) != 0)
    fail({.code = "E0231",
          .message = "the recipe puts batch norm into a network that has some already",
          .help = R"(a recipe with "norm": "as_model" leaves it as it is)"});
  const std::vector<std::string> names = convolutions_of(form);
  const std::vector<ChannelMoments> moments =
      pre_activations(plain, names, images, std::min(count, images.count()));
  NamedValues values;
  plain.for_each_parameter(
      [&](const Parameter& value) { values[value.name] = value.value.to_host_double(); });
  for (std::size_t i = 0; i < names.size(); ++i) add_norm(values, names[i], moments[i], form.bn_epsilon);

  std::unique_ptr<Sequential> network = build(form, device_of(plain));
  const auto fill = [&](Parameter& value) {
    const Tensor& old = value.value;
    value.value = Tensor::from_host(std::span<const double>(values.at(value.name)), old.shape(), old.device())
                      .as(old.dtype());
  };
  network->for_each_parameter(Module::Visitor(fill));
  network->for_each_buffer(Module::Visitor(fill));
  return network;
}

}  // namespace weir
