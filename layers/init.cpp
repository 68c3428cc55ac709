#include "layers/init.h"

#include <cmath>
#include <functional>

#include "layers/conv_unit.h"
#include "tensor/ops/batch_norm.h"
#include "tensor/ops/pointwise.h"

namespace weir {
namespace {

void set_normal(Parameter& weight, double variance, const Rng& rng) {
  const Tensor& old = weight.value;
  weight.value = normal(old.shape(), 0, std::sqrt(variance), rng.split(stream_of(weight.name)), old.device(),
                        old.dtype());
}

/// weight [K, C, ...]: a window counts for both fans.
void set_glorot(Parameter& weight, const Rng& rng) {
  const Shape& shape = weight.value.shape();
  const Index window = shape.row_volume() / shape[1];
  set_normal(weight, 2.0 / static_cast<double>((shape[0] + shape[1]) * window), rng);
}

void set_orthonormal(Parameter& weight, const Rng& rng) {
  const Tensor& old = weight.value;
  const std::vector<double> values =
      orthonormal_matrix(old.shape()[0], old.shape().row_volume(), rng.split(stream_of(weight.name)));
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

/// Calls f(layer) for every layer that holds no others, at any depth, in order of the forward pass.
void for_each_layer(Module& module, const std::function<void(Module&)>& f) {
  if (auto* chain = dynamic_cast<Sequential*>(&module)) {
    for (const auto& layer : chain->layers()) for_each_layer(*layer, f);
  } else if (auto* residual = dynamic_cast<Residual*>(&module)) {
    for_each_layer(residual->branch(), f);
    for_each_layer(residual->shortcut(), f);
  } else {
    f(module);
  }
}

const Module* last_linear(Sequential& network) {
  const Module* last = nullptr;
  for_each_layer(network, [&](Module& layer) {
    if (dynamic_cast<const Linear*>(&layer)) last = &layer;
  });
  return last;
}

struct Lsuv {
  const LsuvOptions& options;
  const Rng& rng;
  const Module* head;

  /// Scales every layer of `module` for the values x that enter it, and gives those that leave it.
  Tensor operator()(Module& module, Tensor x) const {
    if (auto* chain = dynamic_cast<Sequential*>(&module)) {
      for (const auto& layer : chain->layers()) x = (*this)(*layer, x);
      return x;
    }
    if (auto* residual = dynamic_cast<Residual*>(&module)) {
      const Tensor branch = (*this)(residual->branch(), x);
      return branch + (*this)(residual->shortcut(), x);
    }
    if (auto* conv = dynamic_cast<ConvUnit*>(&module)) scale(*conv, x);
    if (auto* linear = dynamic_cast<Linear*>(&module)) scale(*linear, x);
    return evaluated(x, [&](const Var& v) { return module(v); });
  }

  template <class Layer>
  void scale(Layer& layer, const Tensor& x) const {
    set_orthonormal(layer.weight(), rng);
    scale_to_variance(layer, x, &layer == head ? options.head_variance : 1.0, options);
  }
};

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
  for_each_layer(network, [&](Module& layer) {
    if (auto* conv = dynamic_cast<ConvUnit*>(&layer))
      set_normal(conv->weight(), 2.0 / static_cast<double>(conv->weight().value.shape().row_volume()), rng);
    if (auto* linear = dynamic_cast<Linear*>(&layer))
      set_normal(linear->weight(), options.linear_gain / static_cast<double>(linear->options().in), rng);
  });
}

void initialise_glorot(Sequential& network, const Rng& rng) {
  for_each_layer(network, [&](Module& layer) {
    if (auto* conv = dynamic_cast<ConvUnit*>(&layer)) set_glorot(conv->weight(), rng);
    if (auto* linear = dynamic_cast<Linear*>(&layer)) set_glorot(linear->weight(), rng);
  });
}

void initialise_lsuv(Sequential& network, const Tensor& images, const LsuvOptions& options, const Rng& rng) {
  Lsuv{options, rng, last_linear(network)}(network, images);
}

}  // namespace weir
