#include "attacks/ensemble.h"

#include <cmath>

#include "autograd/functions.h"
#include "tensor/kernels/launch.h"
#include "tensor/ops/channels.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"

namespace weir {
namespace {

struct Members {
  Index count, classes;
};

/// Row r, class k: log(mean over members of exp(log_p)), with the largest taken out.
template <class Real>
struct LogMeanExp {
  Members members;
  const Real* log_p;
  Real* result;
  WEIR_HD void operator()(Index i) const {
    const Index first = i / members.classes * members.count * members.classes + i % members.classes;
    Real peak = log_p[first], sum = 0;
    for (Index m = 1; m < members.count; ++m) {
      const Real value = log_p[first + m * members.classes];
      peak = value > peak ? value : peak;
    }
    for (Index m = 0; m < members.count; ++m) sum += std::exp(log_p[first + m * members.classes] - peak);
    result[i] = peak + std::log(sum / static_cast<Real>(members.count));
  }
};

/// Row r, member m, class k: the member's part in exp(fused), times the cotangent of `fused`.
template <class Real>
struct ShareOut {
  Members members;
  const Real* log_p;
  const Real* fused;
  const Real* dfused;
  Real* dlog_p;
  WEIR_HD void operator()(Index i) const {
    const Index at = i / (members.count * members.classes) * members.classes + i % members.classes;
    dlog_p[i] = std::exp(log_p[i] - fused[at]) / static_cast<Real>(members.count) * dfused[at];
  }
};

template <class Real>
struct MeanOverMembers {
  Members members;
  const Real* z;
  Real* mean;
  WEIR_HD void operator()(Index i) const {
    const Index first = i / members.classes * members.count * members.classes + i % members.classes;
    Real sum = 0;
    for (Index m = 0; m < members.count; ++m) sum += z[first + m * members.classes];
    mean[i] = sum / static_cast<Real>(members.count);
  }
};

Members members_of(const Tensor& logits, Index classes) {
  ensures(logits.shape()[1] % classes == 0, "logits of whole networks");
  return {logits.shape()[1] / classes, classes};
}

/// The log softmax of each member by itself. [n, M * classes]
Tensor member_log_softmax(const Tensor& logits, Members members) {
  return log_softmax(logits.reshaped({logits.rows() * members.count, members.classes}))
      .reshaped(logits.shape());
}

Tensor log_mean_exp(const Tensor& log_p, Members members) {
  Tensor fused = Tensor::uninitialised({log_p.rows(), members.classes}, log_p.device(), log_p.dtype());
  with_real(log_p.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(log_p.device(), fused.storage(),
                   LogMeanExp<Real>{members, log_p.read<Real>(), fused.template overwrite<Real>()});
  });
  return fused;
}

Tensor mean_logits(const Tensor& logits, Members members) {
  Tensor mean = Tensor::uninitialised({logits.rows(), members.classes}, logits.device(), logits.dtype());
  with_real(logits.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(logits.device(), mean.storage(),
                   MeanOverMembers<Real>{members, logits.read<Real>(), mean.template overwrite<Real>()});
  });
  return mean;
}

/// Every member gets `seeds` [n, classes], times 1 / M. [n, M * classes]
Tensor repeated(const Tensor& seeds, Members members) {
  Tensor all = seeds;
  for (Index m = 1; m < members.count; ++m) all = concatenate_channels(all, seeds);
  return (1.0 / static_cast<double>(members.count)) * all;
}

Tensor probability_seeds(const SeedRule& rule, const Tensor& logits, Members members, RowRange rows) {
  const Tensor log_p = member_log_softmax(logits, members), fused = log_mean_exp(log_p, members),
               dfused = rule(fused, rows);
  Tensor dlog_p = Tensor::like(log_p);
  with_real(log_p.dtype(), [&](auto zero) {
    using Real = decltype(zero);
    for_each_index(log_p.device(), log_p.storage(),
                   ShareOut<Real>{members, log_p.read<Real>(), fused.read<Real>(), dfused.read<Real>(),
                                  dlog_p.template overwrite<Real>()});
  });
  const Shape one_by_one{logits.rows() * members.count, members.classes};
  return log_softmax_gradient(dlog_p.reshaped(one_by_one), log_p.reshaped(one_by_one))
      .reshaped(logits.shape());
}

Tensor loss_seeds_of_each(const SeedRule& rule, const Tensor& logits, Members members, RowRange rows) {
  Tensor all = rule(channel_slice(logits, 0, members.classes), rows);
  for (Index m = 1; m < members.count; ++m)
    all = concatenate_channels(all, rule(channel_slice(logits, m * members.classes, members.classes), rows));
  return (1.0 / static_cast<double>(members.count)) * all;
}

}  // namespace

Ensemble::Ensemble(std::vector<const Module*> members) : Module("ensemble"), members_(std::move(members)) {
  expects(!members_.empty(), "an ensemble needs a network");
}

Var Ensemble::forward(const Var& x) const {
  Var all = member(0)(x);
  const Index classes = all.shape()[1];
  for (Index i = 1; i < size(); ++i) {
    const Tape::Scope scope = x.tape().scope("member" + std::to_string(i + 1));
    const Var logits = member(i)(x);
    expects(logits.shape()[1] == classes, "network {} of the ensemble has {} classes, the first one {}",
            i + 1, logits.shape()[1], classes);
    all = concatenate_channels(all, logits);
  }
  return all;
}

Tensor fused_logits(const Tensor& logits, Index classes, Fusion fusion) {
  const Members members = members_of(logits, classes);
  if (fusion == Fusion::logits) return mean_logits(logits, members);
  ensures(fusion == Fusion::probabilities, "losses have no logits in common");
  return log_mean_exp(member_log_softmax(logits, members), members);
}

SeedRule fused_seeds(SeedRule rule, Index classes, Fusion fusion) {
  return [rule = std::move(rule), classes, fusion](const Tensor& logits, RowRange rows) {
    const Members members = members_of(logits, classes);
    if (members.count == 1) return rule(logits, rows);
    if (fusion == Fusion::losses) return loss_seeds_of_each(rule, logits, members, rows);
    if (fusion == Fusion::logits) return repeated(rule(mean_logits(logits, members), rows), members);
    return probability_seeds(rule, logits, members, rows);
  };
}

}  // namespace weir
