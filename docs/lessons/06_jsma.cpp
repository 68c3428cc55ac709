// Lesson 6: the saliency map. Change few numbers of the image, each by much: which ones?
//
// Let p_t be the probability of the class that we want to see. A number i is worth raising where p_t grows
// with it (a_i = dp_t / dx_i > 0) and all other classes together shrink (b_i < 0). JSMA takes the pair with
// the largest product of both sums, raises it, and looks again.
#include "attacks/jsma.h"
#include "attacks/saliency.h"
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"

using namespace weir;

constexpr std::int32_t dog = 5;

struct Pair {
  std::size_t first = 0, second = 0;
  double score = 0;
};

/// By definition, over all pairs of numbers that may still grow: the score is -(a_p + a_q) (b_p + b_q). A
/// number whose slope is not positive only makes a sum smaller, so it is left out.
Pair best_pair(const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& image) {
  std::vector<std::size_t> useful;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (image[i] < 1 && a[i] > 0) useful.push_back(i);
  Pair best;
  for (std::size_t p = 0; p < useful.size(); ++p)
    for (std::size_t q = p + 1; q < useful.size(); ++q) {
      const double alpha = a[useful[p]] + a[useful[q]], beta = b[useful[p]] + b[useful[q]];
      if (alpha > 0 && beta < 0 && -alpha * beta > best.score)
        best = {.first = useful[p], .second = useful[q], .score = -alpha * beta};
    }
  return best;
}

/// d(one output) / dx from a seed of the logits: dp_t = p_t (e_t - p).
std::vector<float> slope_of(Classroom& room,
                            const std::function<double(std::span<const double>, Index)>& seed) {
  const Answer answer = room.evaluator.query(room.images, [&](const Tensor& logits, RowRange) {
    const std::vector<double> z = logits.to_host_double();
    std::vector<float> row;
    for (Index k = 0; k < class_count; ++k) row.push_back(static_cast<float>(seed(z, k)));
    return Tensor::from_host(std::span<const float>(row), {1, class_count}, logits.device());
  });
  return answer.gradients.to_host();
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(1, our_cat);
  const std::vector<float> cat = room.images.to_host();

  const auto p = [](std::span<const double> z, Index k) {
    return confidence_of(z, static_cast<std::int32_t>(k));
  };
  const std::vector<float> a = slope_of(
      room, [&](std::span<const double> z, Index k) { return p(z, dog) * ((k == dog ? 1 : 0) - p(z, k)); });
  // The others' probabilities add up to 1 - p_t, so their slope is -a: no second pass is needed.
  std::vector<float> b(a);
  for (float& value : b) value = -value;
  const Pair best = best_pair(a, b, cat);
  lesson.show("numbers of the image", static_cast<double>(a.size()));
  lesson.show("largest slope of the dog's probability", *std::ranges::max_element(a));
  lesson.show("score of the best pair", best.score);

  // Which pairs did Weir's attack take, and when did the cat become a dog?
  std::vector<FeaturePair> chosen;
  std::vector<double> probability;
  AttackTask task = room.task();
  task.targets = Labels::from_host(std::span(&dog, 1), room.device);
  const Outcome outcome = Jsma()(room.evaluator, task, [&](const AttackStep& step) {
    if (!step.chosen.empty() && step.chosen[0].first >= 0) chosen.push_back(step.chosen[0]);
    probability.push_back(confidence_of(step.logits.to_host_double(), dog));
  });
  const auto as_set = [](auto one, auto other) {
    return std::pair(std::min(one, other), std::max(one, other));
  };
  lesson.claim("Weir's first pair is the best of all pairs",
               as_set(chosen.at(0).first, chosen[0].second) ==
                   as_set(static_cast<Index>(best.first), static_cast<Index>(best.second)));
  const AttackRecord& record = outcome.records[0];
  lesson.claim("the cat has become a dog", record.status == AttackStatus::success);
  lesson.show("probability of the dog, before", probability.front());
  lesson.show("probability of the dog, after", record.adversarial_confidence);
  lesson.show("pairs raised", static_cast<double>(record.iterations));
  lesson.agree("numbers changed", static_cast<double>(record.distortion.l0_features),
               2 * static_cast<double>(record.iterations), 0);
  lesson.agree("largest change: theta", record.distortion.linf, 0.1, 1e-6);
  lesson.claim("JSMA stays within a tenth of the numbers", record.distortion.l0_features <= 307);

  const std::vector<float> dog_now = outcome.images.to_host();
  lesson.picture("06_saliency.png",
                 sheet({{photo(cat), slopes_picture(a), added(dog_now, cat, 5), photo(dog_now)}}));
  ChartLine line{.name = "dog", .colour = "var(--fgsm)", .width = 3};
  for (std::size_t k = 0; k < probability.size(); ++k)
    line.points.push_back({2.0 * static_cast<double>(k), probability[k]});
  lesson.picture("06_probability.svg",
                 {.title = "The dog grows, pair by pair",
                  .x_label = "numbers changed, of 3072",
                  .y_label = "probability of the dog",
                  .alternative = "The probability rises from nearly zero, at last steeply.",
                  .x_ticks = Ticks::whole,
                  .lines = {line}});
  return lesson.status();
}
