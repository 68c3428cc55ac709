/// What an attack pulls back through the network: cotangents at the logits. Every objective here is climbed;
/// a targeted attack climbs minus the loss of its target.
#pragma once

#include <array>

#include "attacks/attack.h"
#include "attacks/option_visitor.h"

namespace weir {

/// Which class an untargeted attack moves away from. prediction: the model's own answer on the clean input,
/// all classes that tie for it weighted equally (so no label leaks in: Kurakin et al. 2017, section 4).
/// truth: the label.
enum class LabelSource { prediction, truth };

/// faithful: p - e_y as float arithmetic gives it; all zero once p_y rounds to 1, which is what makes some
/// defences look strong. scaled: the same vector divided by 1 - p_y, computed from the logits without ever
/// forming 1 - p_y, so it keeps its direction at any confidence: softmax over the classes other than y, minus
/// e_y. That is the gradient of the log odds against y, log((1 - p_y) / p_y), which rise and fall with the
/// cross-entropy and do not underflow either.
enum class SeedScale { faithful, scaled };

/// The distribution whose cross-entropy is climbed (descended where targets are given). [n, classes]
Tensor label_weights(const Victims& victims, LabelSource source);

struct CrossEntropy {
  Tensor labels;  // [n, classes] of the rows that will be asked about
  bool targeted = false;
  SeedScale scale = SeedScale::faithful;
};

/// d(cross-entropy)/d(logits), its sign turned where targeted. Loss is summed over images, never averaged.
SeedRule cross_entropy_seeds(CrossEntropy objective);

/// What the seeds are the gradient of, at each row of logits: the cross-entropy; scaled, the log odds against
/// the label. Its sign turned where targeted.
std::vector<double> objective_values(const CrossEntropy& objective, const Tensor& logits);

constexpr std::array<NamedValue<LabelSource>, 2> label_sources = {
    {{"prediction", LabelSource::prediction}, {"truth", LabelSource::truth}}};
constexpr std::array<NamedValue<SeedScale>, 2> seed_scales = {
    {{"faithful", SeedScale::faithful}, {"scaled", SeedScale::scaled}}};

}  // namespace weir
