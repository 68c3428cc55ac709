#include "tensor/ops/softmax.h"

#include "autograd/functions.h"

namespace weir {

Var softmax(const Var& logits, double temperature) {
  const Tensor p = softmax(logits.value(), temperature);
  return logits.tape().record("softmax", {logits}, p, [p, temperature](const Tensor& dp, Cotangents& d) {
    d.add(0, softmax_gradient(dp, p, temperature));
  });
}

Var log_softmax(const Var& logits, double temperature) {
  const Tensor log_p = log_softmax(logits.value(), temperature);
  return logits.tape().record("log_softmax", {logits}, log_p,
                              [log_p, temperature](const Tensor& dlog_p, Cotangents& d) {
                                d.add(0, log_softmax_gradient(dlog_p, log_p, temperature));
                              });
}

// The loss is log sum exp(z / T) - <target, z / T>; its gradient is (softmax(z / T) - target) / T.
Var cross_entropy(const Var& logits, const Tensor& targets, double temperature) {
  const Tensor& z = logits.value();
  return logits.tape().record(
      "cross_entropy", {logits}, cross_entropy(z, targets, temperature),
      [z, targets, temperature](const Tensor& dloss, Cotangents& d) {
        d.add(0, cross_entropy_gradient(dloss, softmax(z, temperature), targets, temperature));
      });
}

Var cross_entropy(const Var& logits, const Labels& labels, double temperature) {
  const Tensor& z = logits.value();
  return logits.tape().record(
      "cross_entropy", {logits}, cross_entropy(z, labels, temperature),
      [z, labels, temperature](const Tensor& dloss, Cotangents& d) {
        const Tensor targets = one_hot(labels, z.shape()[1], z.dtype());
        d.add(0, cross_entropy_gradient(dloss, softmax(z, temperature), targets, temperature));
      });
}

}  // namespace weir
