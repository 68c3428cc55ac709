#include "attacks/saliency.h"

#include "attacks/reading.h"
#include "tensor/kernels/launch.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"

namespace weir {
namespace {

Tensor repeated(const Tensor& x, Index times) {
  return concatenate(std::vector<Tensor>(static_cast<std::size_t>(times), x));
}

/// The piece's rows of targets [k * images, classes], for one target of its images after the other.
Tensor rows_of_piece(const Tensor& targets, Index images, RowRange rows) {
  std::vector<Tensor> aimed;
  for (Index first = rows.first; first < targets.rows(); first += images)
    aimed.push_back(targets.batch_slice(first, rows.count));
  return concatenate(aimed);
}

/// Pulls K cotangents of the outputs back to the logits. dy [K * n, classes], logits [n, classes]
Tensor at_logits(const Tensor& dy, const Tensor& logits, const SaliencyOptions& options) {
  if (options.on == Outputs::logits) return dy;
  const Tensor p = softmax(logits, options.temperature);
  if (options.scale == SeedScale::scaled) return dy - repeated(p, dy.rows() / p.rows());
  return softmax_gradient(dy, p, options.temperature);
}

Slopes analytic_slopes(Evaluator& evaluator, const Tensor& images, const Aims& aims,
                       const SaliencyOptions& options) {
  const Tensor targets =
      one_hot(Labels::from_host(aims.targets, images.device()), aims.classes, images.dtype());
  const bool both = options.on == Outputs::logits;
  const Index cotangents = targets.rows() / images.rows() * (both ? 2 : 1);
  const SeedRule seeds = [&](const Tensor& logits, RowRange rows) {
    const Tensor aimed = rows_of_piece(targets, images.rows(), rows);
    return at_logits(both ? concatenate(std::vector{aimed, -1.0 * aimed + 1.0}) : aimed, logits, options);
  };
  const Answer answer = evaluator.query(images, seeds, cotangents);
  const Tensor slopes = answer.gradients.reshaped(images.shape().with_rows(cotangents * images.rows()));
  return {.logits = answer.logits,
          .target = slopes.batch_slice(0, targets.rows()),
          .others = both ? slopes.batch_slice(targets.rows(), targets.rows()) : Tensor{},
          .cotangents = cotangents};
}

/// From the Jacobian [classes, images, features] to the two slopes [rows, features] of each row.
template <class Real>
struct SplitJacobian {
  Index classes, images, features;
  const std::int32_t* targets;  // [rows]
  const Real* jacobian;
  Real* target;
  Real* others;
  WEIR_HD void operator()(Index i) const {
    const Index row = i / features;
    const Index column = row % images * features + i % features;
    Real sum = 0;
    for (Index k = 0; k < classes; ++k) {
      const Real slope = jacobian[k * images * features + column];
      if (k == targets[row])
        target[i] = slope;
      else
        sum += slope;
    }
    others[i] = sum;
  }
};

Tensor every_class(Index classes, Index rows, const Tensor& like) {
  std::vector<std::int32_t> labels;
  for (Index k = 0; k < classes; ++k)
    labels.insert(labels.end(), static_cast<std::size_t>(rows), static_cast<std::int32_t>(k));
  return one_hot(Labels::from_host(std::span<const std::int32_t>(labels), like.device()), classes,
                 like.dtype());
}

Slopes summed_slopes(Evaluator& evaluator, const Tensor& images, const Aims& aims,
                     const SaliencyOptions& options) {
  const Index classes = aims.classes;
  const Labels targets = Labels::from_host(aims.targets, images.device());
  const SeedRule seeds = [&](const Tensor& logits, RowRange rows) {
    return at_logits(every_class(classes, rows.count, logits), logits, options);
  };
  const Answer answer = evaluator.query(images, seeds, classes);
  const Shape shape = images.shape().with_rows(targets.count());
  Slopes slopes{.logits = answer.logits,
                .target = Tensor::uninitialised(shape, images.device(), images.dtype()),
                .others = Tensor::uninitialised(shape, images.device(), images.dtype()),
                .cotangents = classes};
  with_real(images.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(images.device(), shape.volume(),
                   SplitJacobian<Real>{classes, images.rows(), shape.row_volume(), targets.read(),
                                       answer.gradients.read<Real>(), slopes.target.overwrite<Real>(),
                                       slopes.others.overwrite<Real>()},
                   classes);
  });
  return slopes;
}

}  // namespace

Slopes slopes_towards(Evaluator& evaluator, const Tensor& images, const Aims& aims,
                      const SaliencyOptions& options) {
  Slopes slopes = options.others == OtherClasses::summed ? summed_slopes(evaluator, images, aims, options)
                                                         : analytic_slopes(evaluator, images, aims, options);
  slopes.logits = repeated(slopes.logits, static_cast<Index>(aims.targets.size()) / images.rows());
  return slopes;
}

std::vector<double> outputs_of(const Tensor& logits, std::span<const std::int32_t> targets,
                               const SaliencyOptions& options) {
  const Tensor outputs = options.on == Outputs::logits ? logits : softmax(logits, options.temperature);
  std::vector<double> values;
  for_each_row(outputs, [&](Index row, std::span<const double> y) {
    values.push_back(y[static_cast<std::size_t>(targets[static_cast<std::size_t>(row)])]);
  });
  return values;
}

}  // namespace weir
