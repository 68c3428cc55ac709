#include "tests/attacks/jsma_reference.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"
#include "tests/attacks/networks.h"

namespace weir {
namespace {

using Floats = std::vector<float>;

/// d(output of one class, or of all but one) / dx for one image: one forward and one backward pass.
Floats gradient_of(Evaluator& evaluator, const Tensor& x, const Values& weights,
                   const SaliencyOptions& options) {
  const SeedRule seeds = [&](const Tensor& logits, RowRange) {
    const Tensor dy = tensor_of(weights, logits.shape(), logits.device());
    if (options.on == Outputs::logits) return dy;
    const Tensor p = softmax(logits, options.temperature);
    return options.scale == SeedScale::scaled ? dy - p : softmax_gradient(dy, p, options.temperature);
  };
  return evaluator.query(x, seeds).gradients.to_host();
}

struct Derivatives {
  Floats target, others;
};

Derivatives derivatives(Evaluator& evaluator, const Tensor& x, std::int32_t target,
                        const SaliencyOptions& options) {
  const auto classes = static_cast<std::size_t>(evaluator.logits(x).shape()[1]);
  const auto t = static_cast<std::size_t>(target);
  const auto one = [&](std::size_t k) {
    Values weights(classes);
    weights[k] = 1;
    return gradient_of(evaluator, x, weights, options);
  };
  Derivatives d{one(t), {}};
  d.others.assign(d.target.size(), 0);
  if (options.others == OtherClasses::summed) {
    for (std::size_t k = 0; k < classes; ++k) {
      if (k == t) continue;
      const Floats row = one(k);
      for (std::size_t i = 0; i < row.size(); ++i) d.others[i] += row[i];
    }
  } else if (options.on == Outputs::logits) {
    Values weights(classes, 1);
    weights[t] = 0;
    d.others = gradient_of(evaluator, x, weights, options);
  } else {
    for (std::size_t i = 0; i < d.target.size(); ++i) d.others[i] = -d.target[i];
  }
  return d;
}

/// The features of x [C, H, W] in the order in which the matrix counts them.
std::vector<std::size_t> counted(const Shape& shape, FeatureOrder order) {
  const auto channels = static_cast<std::size_t>(shape[1]),
             pixels = static_cast<std::size_t>(shape[2] * shape[3]);
  std::vector<std::size_t> features;
  if (order == FeatureOrder::nchw)
    for (std::size_t i = 0; i < channels * pixels; ++i) features.push_back(i);
  else
    for (std::size_t pixel = 0; pixel < pixels; ++pixel)
      for (std::size_t channel = 0; channel < channels; ++channel)
        features.push_back(channel * pixels + pixel);
  return features;
}

struct Choice {
  std::size_t first, second;
  float score;
};

Choice argmax(const Derivatives& d, const std::set<std::size_t>& domain,
              const std::vector<std::size_t>& features, bool increase) {
  Choice best{features[0], features[0], 0};
  for (const std::size_t p : features)
    for (const std::size_t q : features) {
      if (p == q || !domain.contains(p) || !domain.contains(q)) continue;
      const float a = d.target[p] + d.target[q], b = d.others[p] + d.others[q];
      const bool admissible = increase ? a > 0 && b < 0 : a < 0 && b > 0;
      const float score = admissible ? -a * b : 0;
      if (score > best.score) best = {p, q, score};
    }
  return best;
}

}  // namespace

ReferenceRun reference_jsma(Evaluator& evaluator, const Tensor& image, std::int32_t target,
                            const JsmaOptions& options, Range pixels) {
  const Shape shape = image.shape();
  const std::vector<std::size_t> features = counted(shape, options.order);
  const bool increase = options.theta > 0;
  Floats x = image.to_host();
  std::set<std::size_t> domain;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (increase ? x[i] < pixels.high : x[i] > pixels.low) domain.insert(i);
  const Index counts = options.gamma_of == GammaOf::pixels ? shape[2] * shape[3] : shape.row_volume();
  const double most = std::floor(static_cast<double>(counts) * options.gamma / 2);
  ReferenceRun run;
  const auto now = [&] { return Tensor::from_host(std::span<const float>(x), shape, image.device()); };
  const auto reached = [&] { return argmax_rows(evaluator.logits(now()))[0] == target; };
  while (!reached() && static_cast<double>(run.iterations) < most && domain.size() >= 2) {
    const Derivatives d = derivatives(evaluator, now(), target, options.saliency);
    const Choice best = argmax(d, domain, features, increase);
    if (best.score == 0 && options.no_pair == NoPair::fail) break;
    for (const std::size_t feature : {best.first, best.second}) {
      x[feature] = std::clamp(x[feature] + static_cast<float>(options.theta), pixels.low, pixels.high);
      domain.erase(feature);
    }
    ++run.iterations;
  }
  run.success = reached();
  run.image.assign(x.begin(), x.end());
  return run;
}

AttackTask aimed(AttackTask task, Index classes, std::int32_t distance) {
  std::vector<std::int32_t> targets = task.truth.to_host();
  for (std::int32_t& target : targets) target = (target + distance) % static_cast<std::int32_t>(classes);
  task.targets = labels_of(targets, task.truth.device());
  return task;
}

}  // namespace weir
