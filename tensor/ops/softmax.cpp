#include "tensor/ops/softmax.h"

#include <span>

#include "tensor/argmax.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/matrix.h"
#include "tensor/kernels/monoids.h"
#include "tensor/kernels/softmax.h"
#include "tensor/ops/operands.h"

namespace weir {
namespace {

void require_matrix(const Tensor& z) {
  expects(z.shape().rank() == 2 && z.shape()[1] > 0, "expected logits [N, classes], got {}",
          to_string(z.shape()));
}

void require_logits(const Tensor& z, double temperature) {
  require_matrix(z);
  expects(temperature > 0, "temperature must be above 0, found {}", temperature);
}

template <class Real>
TemperedLogits<Real> tempered(const Tensor& z, double temperature) {
  return {z.shape()[1], static_cast<Real>(temperature), z.read<Real>()};
}

/// log sum exp of each row of z / T.
template <class Real>
Tensor row_log_sum_exp(const Tensor& z, double temperature) {
  Tensor lse = Tensor::uninitialised({z.rows()}, z.device(), z.dtype());
  reduce_rows<LogSumExp<Real>>(z.device(), {z.rows(), z.shape()[1]}, tempered<Real>(z, temperature),
                               lse.overwrite<Real>());
  return lse;
}

template <class Real>
Tensor row_sums(const Tensor& x) {
  Tensor sums = Tensor::uninitialised({x.rows()}, x.device(), x.dtype());
  reduce_rows<Sum<Real>>(x.device(), {x.rows(), x.shape()[1]}, RowItems<Real>{x.shape()[1], x.read<Real>()},
                         sums.overwrite<Real>());
  return sums;
}

}  // namespace

Tensor softmax(const Tensor& logits, double temperature) {
  require_logits(logits, temperature);
  Tensor p = Tensor::like(logits);
  with_real(logits.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Tensor lse = row_log_sum_exp<Real>(logits, temperature);
    for_each_index(logits.device(), p.storage(),
                   SoftmaxFromLogSumExp<Real>{tempered<Real>(logits, temperature), lse.read<Real>(),
                                              p.overwrite<Real>()});
  });
  return p;
}

Tensor log_softmax(const Tensor& logits, double temperature) {
  require_logits(logits, temperature);
  Tensor log_p = Tensor::like(logits);
  with_real(logits.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Tensor lse = row_log_sum_exp<Real>(logits, temperature);
    for_each_index(logits.device(), log_p.storage(),
                   LogSoftmaxFromLogSumExp<Real>{tempered<Real>(logits, temperature), lse.read<Real>(),
                                                 log_p.overwrite<Real>()});
  });
  return log_p;
}

Tensor softmax_gradient(const Tensor& dp, const Tensor& p, double temperature) {
  cotangents_of(dp, p);
  Tensor dz = Tensor::like(dp);
  const Index classes = p.shape()[1];
  with_real(p.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    Tensor dots = Tensor::uninitialised({dp.rows()}, p.device(), p.dtype());
    reduce_rows<Sum<Real>>(p.device(), {dp.rows(), classes},
                           RowProducts<Real>{classes, p.rows(), dp.read<Real>(), p.read<Real>()},
                           dots.overwrite<Real>());
    for_each_index(p.device(), dz.storage(),
                   SoftmaxGradient<Real>{p.rows(), classes, static_cast<Real>(temperature), p.read<Real>(),
                                         dp.read<Real>(), dots.read<Real>(), dz.overwrite<Real>()});
  });
  return dz;
}

Tensor log_softmax_gradient(const Tensor& dlog_p, const Tensor& log_p, double temperature) {
  cotangents_of(dlog_p, log_p);
  Tensor dz = Tensor::like(dlog_p);
  with_real(log_p.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Tensor sums = row_sums<Real>(dlog_p);
    for_each_index(log_p.device(), dz.storage(),
                   LogSoftmaxGradient<Real>{log_p.rows(), log_p.shape()[1], static_cast<Real>(temperature),
                                            log_p.read<Real>(), dlog_p.read<Real>(), sums.read<Real>(),
                                            dz.overwrite<Real>()});
  });
  return dz;
}

Tensor cross_entropy(const Tensor& logits, const Labels& labels, double temperature) {
  require_logits(logits, temperature);
  expects(labels.count() == logits.rows(), "{} labels for logits {}", labels.count(),
          to_string(logits.shape()));
  if (!labels.empty()) require_same_device(labels.device(), logits.device());
  Tensor loss = Tensor::uninitialised({logits.rows()}, logits.device(), logits.dtype());
  with_real(logits.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Tensor lse = row_log_sum_exp<Real>(logits, temperature);
    for_each_index(logits.device(), logits.rows(),
                   LabelLoss<Real>{tempered<Real>(logits, temperature), lse.read<Real>(), labels.read(),
                                   loss.overwrite<Real>()});
  });
  return loss;
}

Tensor cross_entropy(const Tensor& logits, const Tensor& targets, double temperature) {
  require_logits(logits, temperature);
  require_operand("target of a cross-entropy", targets, logits.shape(), logits);
  Tensor loss = Tensor::uninitialised({logits.rows()}, logits.device(), logits.dtype());
  with_real(logits.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Tensor lse = row_log_sum_exp<Real>(logits, temperature);
    reduce_rows<Sum<Real>>(
        logits.device(), {logits.rows(), logits.shape()[1]},
        SoftLabelTerms<Real>{tempered<Real>(logits, temperature), lse.read<Real>(), targets.read<Real>()},
        loss.overwrite<Real>());
  });
  return loss;
}

Tensor cross_entropy_gradient(const Tensor& dloss, const Tensor& p, const Tensor& targets,
                              double temperature) {
  cotangents_of(dloss, {p.rows()});
  require_same_device(dloss.device(), p.device());
  require_operand("target of a cross-entropy", targets, p.shape(), p);
  const Index classes = p.shape()[1];
  Tensor dz = Tensor::uninitialised({dloss.rows(), classes}, p.device(), p.dtype());
  with_real(p.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    const Tensor mass = row_sums<Real>(targets);
    for_each_index(p.device(), dz.storage(),
                   CrossEntropyGradient<Real>{p.rows(), classes, static_cast<Real>(temperature),
                                              p.read<Real>(), targets.read<Real>(), mass.read<Real>(),
                                              dloss.read<Real>(), dz.overwrite<Real>()});
  });
  return dz;
}

Tensor one_hot(const Labels& labels, Index classes, DType dtype) {
  Tensor y = Tensor::uninitialised({labels.count(), classes}, labels.device(), dtype);
  with_real(dtype, [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(labels.device(), y.storage(), OneHot<Real>{classes, labels.read(), y.overwrite<Real>()});
  });
  return y;
}

std::vector<std::int32_t> argmax_rows(const Tensor& logits) {
  require_matrix(logits);
  const std::vector<double> values = logits.to_host_double();
  const auto classes = static_cast<std::size_t>(logits.shape()[1]);
  std::vector<std::int32_t> winners;
  for (std::size_t row = 0; row < static_cast<std::size_t>(logits.rows()); ++row)
    winners.push_back(static_cast<std::int32_t>(argmax(std::span(values).subspan(row * classes, classes))));
  return winners;
}

}  // namespace weir
