#include "layers/init.h"

#include <cmath>

#include "layers/conv_unit.h"
#include "tensor/ops/batch_norm.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

/// FNV-1a of the parameter's name: a stream of its own for every parameter.
Rng stream_of(const Parameter& parameter, const Rng& rng) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : parameter.name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return rng.split(hash);
}

void set_normal(Parameter& weight, double variance, const Rng& rng) {
  const Tensor& old = weight.value;
  weight.value =
      normal(old.shape(), 0, std::sqrt(variance), stream_of(weight, rng), old.device(), old.dtype());
}

void set_orthonormal(Parameter& weight, const Rng& rng) {
  const Tensor& old = weight.value;
  const std::vector<double> values =
      orthonormal_matrix(old.shape()[0], old.shape().row_volume(), stream_of(weight, rng));
  weight.value =
      Tensor::from_host(std::span<const double>(values), old.shape(), old.device()).as(old.dtype());
}

/// Variance over images, channels and pixels.
double total_variance(const Tensor& x) {
  const ChannelMoments moments = channel_moments(x);
  double mean = 0, second = 0;
  const auto channels = static_cast<double>(moments.mean.size());
  for (std::size_t c = 0; c < moments.mean.size(); ++c) mean += moments.mean[c] / channels;
  for (std::size_t c = 0; c < moments.mean.size(); ++c) {
    const double gap = moments.mean[c] - mean;
    second += (moments.m2[c] / moments.count + gap * gap) / channels;
  }
  return second;
}

/// What module(x) gives, without keeping a tape.
template <class F>
Tensor evaluated(const Tensor& x, const F& f) {
  Tape tape(Mode::evaluate, Record::nothing);
  return f(tape.constant(x)).value();
}

template <class Layer>
void scale_to_variance(Layer& layer, const Tensor& x, double target, const LsuvOptions& options) {
  for (int iteration = 0; iteration < options.most_iterations; ++iteration) {
    const double variance = total_variance(evaluated(x, [&](const Var& v) { return layer.linear_part(v); }));
    if (!(variance > 0) || !std::isfinite(variance))
      fail({.kind = ErrorKind::numerical,
            .code = "E0503",
            .message = fmt::format("the output of `{}` has variance {}: LSUV cannot scale it", layer.name(),
                                   variance),
            .help = "check that the images are not constant"});
    if (std::abs(variance - target) <= options.tolerance * target) return;
    layer.weight().value = std::sqrt(target / variance) * layer.weight().value;
  }
}

const Module* last_linear(const Sequential& network) {
  const Module* last = nullptr;
  for (const auto& layer : network.layers())
    if (dynamic_cast<const Linear*>(layer.get())) last = layer.get();
  return last;
}

}  // namespace

std::vector<double> orthonormal_matrix(Index rows, Index columns, const Rng& rng) {
  // Works on the vectors that can be orthonormal: the rows, or the columns when there are fewer of them.
  const bool by_rows = rows <= columns;
  const Index vectors = by_rows ? rows : columns, length = by_rows ? columns : rows;
  std::vector<double> v(static_cast<std::size_t>(vectors * length));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = random_normal(rng, i);
  const auto dot = [&](Index a, Index b) {
    double sum = 0;
    for (Index i = 0; i < length; ++i)
      sum += v[static_cast<std::size_t>(a * length + i)] * v[static_cast<std::size_t>(b * length + i)];
    return sum;
  };
  for (Index a = 0; a < vectors; ++a) {
    for (int pass = 0; pass < 2;
         ++pass)  // once is not enough: rounding leaves a remainder (Kahan: "twice is enough")
      for (Index b = 0; b < a; ++b) {
        const double projection = dot(a, b);
        for (Index i = 0; i < length; ++i)
          v[static_cast<std::size_t>(a * length + i)] -=
              projection * v[static_cast<std::size_t>(b * length + i)];
      }
    const double norm = std::sqrt(dot(a, a));
    for (Index i = 0; i < length; ++i) v[static_cast<std::size_t>(a * length + i)] /= norm;
  }
  if (by_rows) return v;
  std::vector<double> matrix(v.size());
  for (Index a = 0; a < vectors; ++a)
    for (Index i = 0; i < length; ++i)
      matrix[static_cast<std::size_t>(i * columns + a)] = v[static_cast<std::size_t>(a * length + i)];
  return matrix;
}

void initialise_he(Sequential& network, const Rng& rng, const HeOptions& options) {
  for (const auto& layer : network.layers()) {
    if (auto* conv = dynamic_cast<ConvUnit*>(layer.get()))
      set_normal(conv->weight(), 2.0 / static_cast<double>(conv->weight().value.shape().row_volume()), rng);
    if (auto* linear = dynamic_cast<Linear*>(layer.get()))
      set_normal(linear->weight(), options.linear_gain / static_cast<double>(linear->options().in), rng);
  }
}

void initialise_lsuv(Sequential& network, const Tensor& images, const LsuvOptions& options, const Rng& rng) {
  const Module* head = last_linear(network);
  Tensor x = images;
  for (const auto& layer : network.layers()) {
    const double target = layer.get() == head ? options.head_variance : 1.0;
    if (auto* conv = dynamic_cast<ConvUnit*>(layer.get())) {
      set_orthonormal(conv->weight(), rng);
      scale_to_variance(*conv, x, target, options);
    } else if (auto* linear = dynamic_cast<Linear*>(layer.get())) {
      set_orthonormal(linear->weight(), rng);
      scale_to_variance(*linear, x, target, options);
    }
    x = evaluated(x, [&](const Var& v) { return (*layer)(v); });
  }
}

}  // namespace weir
