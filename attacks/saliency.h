/// How the network's outputs change with each feature of its input: the two numbers a feature that a saliency
/// map weighs, without the Jacobian that they are sums of.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "attacks/seeds.h"

namespace weir {

/// Which outputs. probabilities: softmax(z / temperature).
enum class Outputs { probabilities, logits };

/// How the outputs of the classes other than the target are added up. analytic: before the backward pass,
/// which then takes one cotangent for them on logits, and none on probabilities, whose sum is 1 whatever the
/// input. summed: as the literature writes it, from all rows of the Jacobian. On probabilities that sum
/// cancels, and once p_t is 1e-7 of the others, its bits are noise.
enum class OtherClasses { analytic, summed };

struct SaliencyOptions {
  Outputs on = Outputs::probabilities;
  OtherClasses others = OtherClasses::analytic;
  double temperature = 1;                 // of probabilities
  SeedScale scale = SeedScale::faithful;  // scaled: divided by p_t / temperature, which no pair notices but
                                          // floats do; of analytic probabilities only
};

/// Of n rows. Both slopes are [n, C, H, W].
struct Slopes {
  Tensor logits;         // [n, classes]
  Tensor target;         // d(output of the row's target) / dx
  Tensor others;         // d(sum of all other outputs) / dx; without a value where that is minus the first
  Index cotangents = 0;  // backward passes that each image took
};

struct Aims {
  std::span<const std::int32_t> targets;  // [n]
  Index classes = 0;                      // of the network
};

/// images [m, C, H, W]; n = k m: row i is image i % m on the way to targets[i], and all rows of an image
/// share one forward pass.
Slopes slopes_towards(Evaluator& evaluator, const Tensor& images, const Aims& aims,
                      const SaliencyOptions& options);

/// What `options.on` says of the target in each row of logits: p_t or z_t. In double, for observers.
std::vector<double> outputs_of(const Tensor& logits, std::span<const std::int32_t> targets,
                               const SaliencyOptions& options);

constexpr std::array<NamedValue<Outputs>, 2> output_names = {
    {{"probabilities", Outputs::probabilities}, {"logits", Outputs::logits}}};
constexpr std::array<NamedValue<OtherClasses>, 2> other_class_sums = {
    {{"analytic", OtherClasses::analytic}, {"summed", OtherClasses::summed}}};

}  // namespace weir
