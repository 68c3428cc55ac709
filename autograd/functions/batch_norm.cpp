#include "tensor/ops/batch_norm.h"

#include <array>
#include <cmath>

#include "autograd/functions.h"
#include "tensor/ops/activation.h"
#include "tensor/ops/operands.h"

namespace weir {
namespace {

using Vector = std::vector<double>;

Vector joined(const Vector& a, const Vector& b) {
  Vector result(a);
  result.insert(result.end(), b.begin(), b.end());
  return result;
}

/// The moments of the whole batch, merged in piece order; every piece computes the same.
ChannelMoments over_batch(const ChannelMoments& mine, const BatchPlace& place) {
  if (!place.cohort) return mine;
  Vector message = joined(mine.mean, mine.m2);
  message.push_back(mine.count);
  ChannelMoments total;
  const auto channels = static_cast<std::ptrdiff_t>(mine.mean.size());
  for (const Vector& piece : place.cohort->all_gather(place.piece, message))
    total = merge(total, {piece.back(),
                          {piece.begin(), piece.begin() + channels},
                          {piece.begin() + channels, piece.begin() + 2 * channels}});
  return total;
}

ChannelGradientSums over_batch(const ChannelGradientSums& mine, const BatchPlace& place) {
  if (!place.cohort) return mine;
  const std::size_t channels = mine.dy.size();
  ChannelGradientSums total{Vector(channels, 0.0), Vector(channels, 0.0)};
  for (const Vector& piece : place.cohort->all_gather(place.piece, joined(mine.dy, mine.dy_xhat)))
    for (std::size_t c = 0; c < channels; ++c) {
      total.dy[c] += piece[c];
      total.dy_xhat[c] += piece[channels + c];
    }
  return total;
}

Tensor channel_tensor(const Vector& values, const Tensor& like) {
  const DType dtype = like.dtype() == DType::f64 ? DType::f64 : DType::f32;
  return Tensor::from_host(std::span<const double>(values), {static_cast<Index>(values.size())},
                           like.device())
      .as(dtype);
}

/// Vectors that require_operand() found to be of one length, read in one copy: a GPU would be waited for at
/// each.
template <std::size_t Count>
std::array<Vector, Count> on_host(const std::array<Tensor, Count>& vectors) {
  const Vector all = concatenate(vectors).to_host_double();
  const auto length = static_cast<std::ptrdiff_t>(all.size() / Count);
  std::array<Vector, Count> result;
  for (std::size_t k = 0; k < Count; ++k) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(k) * length;
    result[k] = Vector(first, first + length);
  }
  return result;
}

Vector scaled(const Vector& values, double factor) {
  Vector result(values);
  for (double& value : result) value *= factor;
  return result;
}

Vector inverse_deviations(const Vector& variances, double epsilon) {
  Vector result(variances);
  for (double& value : result) value = 1 / std::sqrt(value + epsilon);
  return result;
}

/// Statistics that do not come from this batch: the layer is affine, and any number of cotangents may flow.
Var with_running_statistics(const Var& x, const Var& weight, const Var& bias, const BatchNormState& state,
                            Activation activation) {
  const Shape channels = {x.shape()[1]};
  require_operand("running mean of batch norm", state.running_mean.value, channels, x.value());
  require_operand("running variance of batch norm", state.running_variance.value, channels, x.value());
  const auto values =
      on_host<4>({state.running_mean.value, state.running_variance.value, weight.value(), bias.value()});
  const ChannelScaling scaling{values[0], inverse_deviations(values[1], state.epsilon), values[2], values[3]};
  const Tensor y = normalise(x.value(), scaling, activation);
  return x.tape().record("batch_norm", {x, weight, bias}, y,
                         [scaling, activation, x = x.value()](const Tensor& dy, Cotangents& d) {
                           const Vector zeros(scaling.mean.size(), 0.0);
                           if (d.wants(0))
                             d.add(0, normalise_gradient(dy, x, scaling, {zeros, zeros}, activation));
                           if (!d.wants(1) && !d.wants(2)) return;
                           const ChannelGradientSums sums = channel_gradient_sums(dy, x, scaling, activation);
                           if (d.wants(1)) d.add(1, channel_tensor(sums.dy_xhat, x));
                           if (d.wants(2)) d.add(2, channel_tensor(sums.dy, x));
                         });
}

}  // namespace

Var batch_norm(const Var& x, const Var& weight, const Var& bias, const BatchNormState& state,
               Activation activation) {
  Tape& tape = x.tape();
  require_operand("weight of batch norm", weight.value(), {x.shape()[1]}, x.value());
  require_operand("bias of batch norm", bias.value(), {x.shape()[1]}, x.value());
  if (activation != Activation::none && !(tape.options().fuse && is_fusible(activation)))
    return activate(batch_norm(x, weight, bias, state), activation);
  if (tape.mode() == Mode::evaluate) return with_running_statistics(x, weight, bias, state, activation);
  const BatchPlace place = tape.options().place;
  const ChannelMoments moments = over_batch(channel_moments(x.value()), place);
  expects(moments.count > 1, "batch norm in training needs more than one value per channel, got x {}",
          to_string(x.shape()));
  tape.report_statistic(state.running_mean, channel_tensor(moments.mean, x.value()));
  tape.report_statistic(state.running_variance,
                        channel_tensor(scaled(moments.m2, 1 / (moments.count - 1)), x.value()));
  const auto trained = on_host<2>({weight.value(), bias.value()});
  const ChannelScaling scaling{moments.mean,
                               inverse_deviations(scaled(moments.m2, 1 / moments.count), state.epsilon),
                               trained[0], trained[1]};
  const Tensor y = normalise(x.value(), scaling, activation);
  return tape.record(
      "batch_norm", {x, weight, bias}, y,
      [scaling, activation, place, count = moments.count, x = x.value()](const Tensor& dy, Cotangents& d) {
        const ChannelGradientSums mine = channel_gradient_sums(dy, x, scaling, activation);
        const ChannelGradientSums all = over_batch(mine, place);  // every piece must call it, wanted or not
        if (d.wants(0)) {
          const ChannelGradientSums means{scaled(all.dy, 1 / count), scaled(all.dy_xhat, 1 / count)};
          d.add(0, normalise_gradient(dy, x, scaling, means, activation));
        }
        if (d.wants(1)) d.add(1, channel_tensor(mine.dy_xhat, x));
        if (d.wants(2)) d.add(2, channel_tensor(mine.dy, x));
      });
}

}  // namespace weir
