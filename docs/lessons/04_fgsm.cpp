// Lesson 4: the fast gradient sign method. Lesson 3 in one line, on a batch, with the pixel range respected:
//
//   x' = clip(x + eps sign(dL/dx), -1, 1)
#include "attacks/seeds.h"
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"

using namespace weir;

constexpr Index images = 16;

/// One gradient serves every eps.
Tensor gradient_of_losses(Classroom& room) {
  return room.evaluator.query(room.images, cross_entropy_seeds({.labels = one_hot(room.labels, room.device)}))
      .gradients.reshaped(room.images.shape());
}

/// The attack. Weir's Fgsm adds what a library owes its users: checks, verdicts, records, ensembles.
Tensor moved(const Tensor& x, double eps, const Tensor& direction) {
  return clip(x + eps * sign(direction), Range{-1, 1});
}

double share_wrong(Classroom& room, const Tensor& shown) {
  Index wrong = 0;
  for_each_row(room.evaluator.logits(shown), [&](Index i, std::span<const double> logits) {
    wrong += predicted_class(logits) != room.labels[static_cast<std::size_t>(i)];
  });
  return static_cast<double>(wrong) / images;
}

std::vector<float> row(const Tensor& x, Index i) { return x.batch_slice(i, 1).to_host(); }

/// Of the first six that were fooled: before, what was added, after.
RgbPicture before_and_after(const Classroom& room, const Outcome& outcome) {
  std::vector<std::vector<RgbPicture>> rows(3);
  for (Index i = 0; i < images && rows[0].size() < 6; ++i) {
    const AttackRecord& record = outcome.records[static_cast<std::size_t>(i)];
    if (record.status != AttackStatus::success) continue;
    const std::vector<float> clean = row(room.images, i), adversarial = row(outcome.images, i);
    rows[0].push_back(photo(clean));
    rows[1].push_back(added(adversarial, clean, 20));
    rows[2].push_back(photo(adversarial));
    fmt::print("  {} becomes {}\n", name_of(record.label), name_of(record.adversarial_class));
  }
  return sheet(rows);
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(images);
  const Tensor gradient = gradient_of_losses(room);
  constexpr double eps = 0.025;  // of a range that is 2 wide: 3.2 grey levels of 256
  const Tensor ours = moved(room.images, eps, gradient);
  const Outcome outcome = room.attacked("fgsm", {{"eps", "0.025"}});
  lesson.claim("Weir's FGSM is ours, to the bit", largest_magnitude(outcome.images - ours) == 0);
  lesson.agree("largest change of a number", largest_magnitude(ours - room.images), eps, 1e-6);
  lesson.show("images", images);
  lesson.agree("fooled", static_cast<double>(fooled(outcome)), images * share_wrong(room, ours), 0);
  lesson.show(
      "of these, also as 8-bit pictures",
      static_cast<double>(std::ranges::count(outcome.records, true, &AttackRecord::survives_rounding)));

  const Tensor coin = normal(room.images.shape(), 0, 1, Rng{.seed = 5}, room.device);
  ChartLine attack{.name = "FGSM", .colour = "var(--fgsm)", .width = 3},
      noise{.name = "noise", .colour = "var(--igsm)", .width = 3};
  for (const double size : {0.0, 0.01, 0.025, 0.05, 0.1}) {
    attack.points.push_back({size, share_wrong(room, moved(room.images, size, gradient))});
    noise.points.push_back({size, share_wrong(room, moved(room.images, size, coin))});
  }
  lesson.agree("share fooled at eps 0", attack.points[0].y, 0, 0);
  lesson.show("share fooled at eps 0.01", attack.points[1].y);
  lesson.show("share fooled at eps 0.025, by random signs", noise.points[2].y);
  lesson.show("share fooled at eps 0.1, by random signs", noise.points[4].y);
  lesson.claim("the direction, not the size of the change, does it", attack.points[1].y > noise.points[4].y);
  lesson.picture("04_share_fooled.svg", {.title = "One step along the sign of the gradient",
                                         .x_label = "eps",
                                         .y_label = "share of images that fool the network",
                                         .alternative = "FGSM fools half at eps 0.01, noise none.",
                                         .lines = {noise, attack}});
  if (fooled(outcome) > 0) lesson.picture("04_before_and_after.png", before_and_after(room, outcome));
  return lesson.status();
}
