/// Softmax, its logarithm and cross-entropy over [N, classes], with gradients. Every loss is per image: one
/// image's gradient never contains the size of its batch. Temperature T divides the logits (T = 1: the
/// ordinary softmax).
#pragma once

#include "tensor/tensor.h"

namespace weir {

/// exp(z / T) / sum; finite for any finite logits. [N, classes] -> [N, classes]
Tensor softmax(const Tensor& logits, double temperature = 1);
Tensor log_softmax(const Tensor& logits, double temperature = 1);
/// dp [K * N, classes], p = softmax(z) -> dz
Tensor softmax_gradient(const Tensor& dp, const Tensor& p, double temperature = 1);
/// dlog_p [K * N, classes], log_p = log_softmax(z) -> dz
Tensor log_softmax_gradient(const Tensor& dlog_p, const Tensor& log_p, double temperature = 1);

/// -log softmax(z / T)[label], [N]. A label outside the classes gives NaN.
Tensor cross_entropy(const Tensor& logits, const Labels& labels, double temperature = 1);
/// -sum_k target_k log softmax(z / T)_k, [N]; targets [N, classes] need not sum to 1.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, double temperature = 1);
/// dloss [K * N] -> dz [K * N, classes]; p = softmax(z / T) and targets at row i % N.
Tensor cross_entropy_gradient(const Tensor& dloss, const Tensor& p, const Tensor& targets,
                              double temperature = 1);

/// 1 at each row's label. [N, classes]
Tensor one_hot(const Labels& labels, Index classes, DType dtype = DType::f32);
/// The index of each row's largest logit; the lowest index on ties, -1 where any is NaN. On the host, since
/// people read it.
std::vector<std::int32_t> argmax_rows(const Tensor& logits);

}  // namespace weir
