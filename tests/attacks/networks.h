/// Small networks whose worst case is known, and some that misbehave on purpose.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "attacks/attack.h"
#include "layers/module.h"
#include "tests/support/data.h"

namespace weir {

/// logits = weight x + bias with x the flattened image. weight [classes][features], bias [classes].
std::unique_ptr<Module> affine_network(const std::vector<Values>& weight, const Values& bias, Device& device,
                                       DType dtype = DType::f32);

/// conv 3x3 with batch norm, ReLU, max pooling, a hidden layer and `classes` logits over [N, 3, 8, 8]; normal
/// weights.
std::unique_ptr<Module> small_conv_network(Index classes, const Rng& rng, Device& device);

/// features -> hidden ReLU units -> classes, normal weights of a size that gives logits of a few units.
std::unique_ptr<Module> perceptron(const std::vector<Index>& widths, const Rng& rng, Device& device,
                                   DType dtype = DType::f32);

/// Every parameter and buffer in order, as the bits that they are.
std::vector<Values> values_of(const Module& module);

/// Another module with something done to it on the way; counts its forward passes.
class Wrapped : public Module {
 public:
  using Change = std::function<Var(const Module& inner, const Var& x)>;
  Wrapped(const Module& inner, Change change)
      : Module("wrapped"), inner_(inner), change_(std::move(change)) {}
  std::unique_ptr<Module> clone() const override { return std::make_unique<Wrapped>(inner_, change_); }
  Index passes() const { return passes_; }

 private:
  Var forward(const Var& x) const override {
    ++passes_;
    return change_(inner_, x);
  }
  const Module& inner_;
  Change change_;
  mutable std::atomic<Index> passes_ = 0;
};

/// z + offset, a constant for every row.
Var shifted(const Var& z, const Values& offset);
/// factor * z
Var scaled(const Var& z, double factor);

/// z, with a gradient of NaN in the rows that are broken.
Var broken_gradients(const Var& z, const std::function<bool(Index row)>& is_broken);

/// A task over images of one channel and one row of pixels: each inner list is one image.
AttackTask line_task(const std::vector<Values>& images, const std::vector<std::int32_t>& truth,
                     Device& device, DType dtype = DType::f32);
/// Uniform images in `range`, on the evaluator's device, and what the model says about them as the truth.
AttackTask random_task(Evaluator& evaluator, const Shape& shape, std::uint64_t seed, Range range = {},
                       DType dtype = DType::f32);
/// What the model says now, taken as the truth, so that every image is worth attacking.
Labels answers_of(Evaluator& evaluator, const Tensor& images);
Labels labels_of(const std::vector<std::int32_t>& values, Device& device);

/// The chosen rows of a task: images, labels, targets, ids.
AttackTask rows_of(const AttackTask& task, const std::vector<Index>& rows);

}  // namespace weir
