/// Defensive distillation (Papernot et al. 2016): a student learns what its teacher says at a high
/// temperature, and is used at temperature 1, where almost all its answers are certain to the last bit.
///
/// What a teacher says. A network that was trained with the loss at temperature t says softmax(Z / t): t is 1
/// for ordinary weights, and stands in the metadata of others. The paper's teacher is trained at T; a network
/// trained at t becomes one by multiplying its head with T / t, since softmax((T / t) Z / T) = softmax(Z /
/// t). So its soft labels are softmax(Z / t) whatever T is, and T counts for the student alone: its logits
/// are T times what it learns.
#pragma once

#include "models/train_model.h"

namespace weir {

/// fresh: the student starts as its recipe says. teacher: it starts from its teacher's weights.
enum class StudentStart { fresh, teacher };

/// The temperature of the loss that the weights were trained with.
double trained_temperature(const Metadata& weights);

/// softmax(Z / temperature) of all images, [N, classes]; in evaluation mode, nothing augmented.
std::vector<float> soft_labels(const Sequential& teacher, const ImageSet& images, double temperature);

struct DistillationJob {
  const StoredNetwork& teacher;
  Recipe recipe;  // of the student, with its temperature and head
  StudentStart student = StudentStart::fresh;
  std::filesystem::path out;
  const ImageSet& train;
  const ImageSet* test = nullptr;
  Device& device;
  TrainingStart start = TrainingStart::fresh;
  Index stop_after = 0;
  double checkpoint_seconds = 60;
  StoredType type = StoredType::f32;
};

/// A training on soft labels: stops, resumes and throws as train_model() does.
TrainingOutcome distill(const DistillationJob& job, const TrainingEvents& events = {});

/// How far a network's answers are from doubt: what makes gradients of its softmax vanish.
struct Saturation {
  double median_gap = 0;     // between the two largest logits
  double certain_share = 0;  // of the images whose largest probability is 1 in float32
};
/// logits [N, classes], N > 0.
Saturation saturation_of(const Tensor& logits);

}  // namespace weir
