/// What a network's answers ought to be: the reference device's in double precision, on a few images.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "apps/benchmark/bench_network.h"
#include "layers/evaluator.h"

namespace weir {

/// Cross-entropy's cotangents for the labels of some_labels(): softmax - 1 at the label.
SeedRule loss_seeds(Device& device, Index images, DType dtype = DType::f32);
/// One cotangent for each of the 10 classes: its logit alone.
SeedRule class_seeds();
constexpr Index study_classes = 10;

/// How far values are from what they ought to be.
struct Deviation {
  double largest = 0;   // of any value, as a part of the largest value
  double distance = 0;  // of all values, as a part of their length (Euclid's)
};
/// Throws (usage) unless there are as many of the ones as of the others.
Deviation deviation(std::span<const double> found, std::span<const double> expected);

/// The answers for noise_images() 0, 1, ..., each kind computed when it is first asked for. At most 8 images,
/// and fewer where double precision in plain loops would take many seconds.
class NetworkOracle {
 public:
  explicit NetworkOracle(const BenchNetwork& network);

  /// How many images of a batch the kind of answer is compared on.
  static constexpr Index most_images = 8;

  Deviation of_logits(const Tensor& found);           // [N, 10]
  Deviation of_loss_gradients(const Tensor& found);   // [1, N, 3, 32, 32] of loss_seeds()
  Deviation of_class_gradients(const Tensor& found);  // [10, N, 3, 32, 32] of class_seeds()
  /// Of TrainingStep::gradients() with a batch of training_images.
  Deviation of_parameter_gradients(std::span<const double> found);
  static constexpr Index training_images = 4;  // batch norm wants several

  /// The largest distance that the rounding of float32 explains in logits: a sum of n terms may lose n
  /// half-units and loses about their root, and a layer passes on what the one before it lost.
  double logit_tolerance() const;

 private:
  struct Expected {
    Index cotangents = 1;
    Index images = 0;
    std::vector<double> values = {};  // [cotangents, images, ...]
  };
  Index images_for(double passes) const;
  Expected gradients(const SeedRule& seeds, Index cotangents, Index images);
  static Deviation compare(const Tensor& found, const Expected& expected);

  const BenchNetwork& network_;
  std::unique_ptr<Sequential> exact_;
  std::optional<Expected> logits_, loss_gradients_, class_gradients_;
  std::optional<std::vector<double>> parameter_gradients_;
};

/// The same for gradients, in any of them: a ReLU or a maximum that rounds to the other side switches some
/// pixels' share of it, which no bound on rounding covers. A wrong gradient is wrong by its own length.
constexpr double gradient_tolerance = 5e-2;

}  // namespace weir
