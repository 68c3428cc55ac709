/// The differentiable functions: each checks, computes and records; its pullback stands under its forward.
#pragma once

#include "autograd/tape.h"
#include "tensor/activation.h"
#include "tensor/ops/pool2d.h"

namespace weir {

/// y = f(x), element by element (tensor/kernels/activation.h has the formulas).
Var activate(const Var& x, Activation activation);
/// max(x, 0); the slope at 0 is 0.
inline Var relu(const Var& x) { return activate(x, Activation::relu); }
inline Var leaky_relu(const Var& x) { return activate(x, Activation::leaky_relu); }
inline Var sigmoid(const Var& x) { return activate(x, Activation::sigmoid); }
inline Var tanh(const Var& x) { return activate(x, Activation::tanh); }
inline Var softplus(const Var& x) { return activate(x, Activation::softplus); }
inline Var gelu(const Var& x) { return activate(x, Activation::gelu); }

/// Element by element; shapes must be equal.
Var add(const Var& a, const Var& b);
Var multiply(const Var& a, const Var& b);
Var scale(const Var& x, double factor);
inline Var operator+(const Var& a, const Var& b) { return add(a, b); }
inline Var operator*(const Var& a, const Var& b) { return multiply(a, b); }
inline Var operator*(double factor, const Var& x) { return scale(x, factor); }

/// [N,C,H,W] and [N,D,H,W] -> [N,C+D,H,W]; or [N,C] and [N,D] -> [N,C+D].
Var concatenate_channels(const Var& a, const Var& b);

/// The same values stored otherwise; the gradient goes back to x's type.
Var cast(const Var& x, DType dtype);

struct Conv2dCall {
  Index stride = 1;
  Index padding = 0;
  Activation activation = Activation::none;
};
/// y[n,k,p,q] = activation(bias[k] + sum over c,r,s of x[n,c,h,w] * weight[k,c,r,s]).
/// x [N,C,H,W], weight [K,C,R,S], bias [K] -> [N,K,P,Q]
Var conv2d(const Var& x, const Var& weight, const Var& bias, const Conv2dCall& call);

/// y = activation(x weight^T + bias). x [N,C], weight [K,C], bias [K] -> [N,K]
Var linear(const Var& x, const Var& weight, const Var& bias, Activation activation = Activation::none);

/// [N,C,H,W] -> [N,C,P,Q]; ties go to the first maximum.
Var max_pool(const Var& x, PoolOptions options);
/// [N,C,H,W] -> [N,C]
Var global_max_pool(const Var& x);
/// The mean of each window. [N,C,H,W] -> [N,C,P,Q]
Var avg_pool(const Var& x, PoolOptions options);
/// [N,C,H,W] -> [N,C]
Var global_avg_pool(const Var& x);
/// The same elements in plain order under another shape, which must have x's rows.
Var reshape(const Var& x, const Shape& shape);
/// [N, ...] -> [N, volume of a row]
Var flatten(const Var& x);

/// In Mode::train: zero with probability `rate`, else times 1 / (1 - rate); the mask is a function of the
/// tape's rng, the scope's path, how many masks were drawn there, and the place in the batch. In
/// Mode::evaluate: x itself.
Var dropout(const Var& x, double rate);

struct BatchNormState {
  const Parameter& running_mean;
  const Parameter& running_variance;
  double epsilon = 1e-5;
};
/// Mode::train: normalises with the statistics of the whole batch (biased variance) and reports them,
/// variance unbiased, to the tape. Mode::evaluate: with the running ones. x [N,C,H,W] or [N,C], weight [C],
/// bias [C].
Var batch_norm(const Var& x, const Var& weight, const Var& bias, const BatchNormState& state,
               Activation activation = Activation::none);

/// [N, classes] -> [N, classes]; temperature divides the logits.
Var softmax(const Var& logits, double temperature = 1);
Var log_softmax(const Var& logits, double temperature = 1);
/// -log softmax(logits / T)[label], one loss per image: [N].
Var cross_entropy(const Var& logits, const Labels& labels, double temperature = 1);
/// Against soft labels [N, classes], which are constants.
Var cross_entropy(const Var& logits, const Tensor& targets, double temperature = 1);
/// The mean of (x - target)^2 over each image; targets are constants. x [N, ...], target [N, ...] -> [N]
Var mean_squared_error(const Var& x, const Tensor& target);

}  // namespace weir
