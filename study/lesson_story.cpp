#include "study/lesson_story.h"

#include <algorithm>

#include "attacks/reading.h"
#include "attacks/registry.h"
#include "data/cifar.h"
#include "models/evaluate.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"

namespace weir {
namespace {

struct ToldAttack {
  const char* name;
  OptionTexts texts;
  bool towards_the_runner_up = false;
};

/// C&W with few steps: what the page shows of a long search are eight of them.
const std::vector<ToldAttack>& attacks() {
  static const std::vector<ToldAttack> all{
      {"fgsm", {{"eps", "0.025"}}},
      {"igsm", {{"eps", "0.02"}, {"step", "0.004"}, {"iterations", "7"}}},
      {"jsma", {}, true},
      {"deepfool", {}},
      {"cw",
       {{"iterations", "30"},
        {"binary-steps", "2"},
        {"learning-rate", "0.002"},
        {"initial-constant", "0.02"}}}};
  return all;
}

Labels label_of(std::int32_t label, Device& device) {
  return Labels::from_host(std::span(&label, 1), device);
}

AttackTask task_of(const ImageStory& image, const StoryOptions& options, Device& device) {
  const std::vector<float> values = to_floats(image.pixels);
  return {.images = Tensor::from_host(std::span<const float>(values),
                                      {1, image_channels, image_side, image_side}, device),
          .truth = label_of(image.label, device),
          .rng = {.seed = options.seed},
          .ids = {image.id}};
}

bool fooled_by_one_step(Evaluator& network, const ImageStory& image, const StoryOptions& options) {
  const Outcome outcome =
      (*make_attack("fgsm", attacks().front().texts))(network, task_of(image, options, network.device()));
  return outcome.records[0].status == AttackStatus::success;
}

AttackStory story_of(const ToldAttack& told, Evaluator& evaluator, const ImageStory& image,
                     const StoryOptions& options) {
  const auto attack = make_attack(told.name, told.texts);
  Device& device = evaluator.device();
  AttackTask task = task_of(image, options, device);
  if (told.towards_the_runner_up)
    task.targets =
        label_of(ranked_other(evaluator.logits(task.images).to_host_double(), image.label, 0), device);
  AttackStory story{.attack = told.name,
                    .settings = attack->settings(),
                    .trace = trace_attack(*attack, evaluator, task),
                    .plane = {}};
  story.told = telling_steps(story.trace, most_told_steps);
  Trace shown = story.trace;
  shown.steps.clear();
  for (const Index step : story.told)
    shown.steps.push_back(story.trace.steps[static_cast<std::size_t>(step)]);
  story.plane = loss_plane(evaluator, shown, {.rng = {.seed = options.seed, .stream = 1}});
  return story;
}

/// What the small network says, and the slope of its loss.
void ask_small(Evaluator& small, const Tensor& x, ImageStory& image) {
  const Answer answer = small.query(x, [&](const Tensor& logits, RowRange) {
    return softmax(logits) -
           one_hot(label_of(image.label, logits.device()), logits.shape()[1], logits.dtype());
  });
  image.small_logits = answer.logits.to_host_double();
  image.small_gradient = answer.gradients.to_host();
}

/// The first images that both networks get right and that FGSM fools the larger one with, one a class.
std::vector<ImageStory> chosen_images(Evaluator& network, Evaluator& small, const StoryOptions& options) {
  const Index count = options.images;
  const ImageSet set = load_embedded(Split::test);
  std::vector<ImageStory> chosen;
  for (Index row = 0; row < set.count() && static_cast<Index>(chosen.size()) < count; ++row) {
    const std::int32_t label = set.labels[static_cast<std::size_t>(row)];
    if (std::ranges::count(chosen, label, &ImageStory::label) > 0) continue;
    const Tensor x = image_tensor(set, {row, 1}, network.device());
    if (predicted_class(small.logits(x).to_host_double()) != label) continue;
    if (predicted_class(network.logits(x).to_host_double()) != label) continue;
    const auto pixels = set.image(row);
    ImageStory image{.id = set.original_indices[static_cast<std::size_t>(row)],
                     .label = label,
                     .pixels = {pixels.begin(), pixels.end()},
                     .small_logits = {},
                     .small_gradient = {},
                     .attacks = {}};
    if (!fooled_by_one_step(network, image, options)) continue;
    ask_small(small, x, image);
    chosen.push_back(std::move(image));
  }
  expects(static_cast<Index>(chosen.size()) == count,
          "{} images of different classes were asked for, {} found", count, chosen.size());
  return chosen;
}

}  // namespace

std::vector<std::string> told_attacks() {
  std::vector<std::string> names;
  for (const ToldAttack& told : attacks()) names.emplace_back(told.name);
  return names;
}

LessonStory tell_story(const StoredNetwork& network, const StoredNetwork& small, Device& device,
                       const StoryOptions& options, const TraceProgress& progress) {
  Evaluator evaluator(*network.network, device), little(*small.network, device);
  LessonStory story{.network = network.architecture.model,
                    .images = chosen_images(evaluator, little, options),
                    .small = &small};
  const Index total = options.images * static_cast<Index>(attacks().size());
  Index done = 0;
  for (ImageStory& image : story.images)
    for (const ToldAttack& told : attacks()) {
      if (progress) progress(done++, total);
      image.attacks.push_back(story_of(told, evaluator, image, options));
    }
  return story;
}

}  // namespace weir
