// Lesson 5: many small steps. What is each part of projected gradient descent for?
//
//   x <- project(x + step sign(dL/dx)),   where project clips to the ball of radius eps around the original
//                                         and to the pixel range
#include "attacks/seeds.h"
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"

using namespace weir;

constexpr Index images = 8;
constexpr double eps = 0.02;

enum class Projection { on, off };

/// One run by hand on all images at once: the mean loss before each step, and where it ended.
struct Run {
  std::vector<double> losses;
  Tensor images;  // [N, 3, 32, 32]
};

/// The nearest place of the ball: no number further than eps from the original's.
Tensor into_the_ball(const Tensor& x, const Tensor& original) {
  return original + clip(x - original, Range{static_cast<float>(-eps), static_cast<float>(eps)});
}

Run climb(Classroom& room, double step, Index steps, Projection projection) {
  const CrossEntropy loss{.labels = one_hot(room.labels, room.device)};
  Run run{.losses = {}, .images = room.images};
  for (Index k = 0; k <= steps; ++k) {
    const Answer answer = room.evaluator.query(run.images, cross_entropy_seeds(loss));
    double sum = 0;
    for (const double value : objective_values(loss, answer.logits)) sum += value;
    run.losses.push_back(sum / images);
    if (k == steps) break;
    run.images = run.images + step * sign(answer.gradients.reshaped(room.images.shape()));
    if (projection == Projection::on) run.images = into_the_ball(run.images, room.images);
    run.images = clip(run.images, Range{-1, 1});
  }
  return run;
}

ChartLine line_of(const Run& run, const char* name, const char* colour) {
  ChartLine line{.name = name, .colour = colour, .width = 3};
  for (std::size_t k = 0; k < run.losses.size(); ++k)
    line.points.push_back({static_cast<double>(k), run.losses[k]});
  return line;
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(images);

  // Small steps against one large one: the gradient is asked again where the step has led.
  const Run one = climb(room, eps, 1, Projection::on), ten = climb(room, 0.004, 10, Projection::on);
  lesson.show("mean loss before", one.losses.front());
  lesson.show("mean loss after 1 step of 0.02 (FGSM)", one.losses.back());
  lesson.show("mean loss after 10 steps of 0.004 (IGSM)", ten.losses.back());
  lesson.claim("many small steps climb higher than one large one",
               ten.losses.back() > 1.5 * one.losses.back());

  // The projection keeps the promise. Without it, ten steps end up to ten steps away.
  const Run free = climb(room, 0.004, 10, Projection::off);
  lesson.agree("largest change with the projection", largest_magnitude(ten.images - room.images), eps, 1e-6);
  lesson.agree("largest change without it", largest_magnitude(free.images - room.images), 0.04, 1e-6);

  // The step: ten of 0.001 cannot reach the edge of the ball, steps of 2 eps jump from edge to edge.
  const Run timid = climb(room, 0.001, 10, Projection::on), wild = climb(room, 2 * eps, 10, Projection::on);
  lesson.agree("largest change with steps of 0.001", largest_magnitude(timid.images - room.images), 0.01,
               1e-6);
  lesson.show("mean loss after 10 steps of 0.001", timid.losses.back());
  lesson.show("mean loss after 10 steps of 0.04", wild.losses.back());
  lesson.claim("a step between the two does best",
               ten.losses.back() > timid.losses.back() && ten.losses.back() > wild.losses.back());

  // Weir's IGSM is that loop, but for the last digit of the ball's edge; PGD adds the random start.
  const Outcome igsm = room.attacked("igsm", {{"eps", "0.02"}, {"step", "0.004"}, {"iterations", "10"}});
  lesson.claim("Weir's IGSM is that loop", largest_magnitude(igsm.images - ten.images) < 1e-6);
  const OptionTexts words_of_pgd{{"eps", "0.02"}, {"step", "0.004"}, {"iterations", "10"}};
  const Outcome fgsm = room.attacked("fgsm", {{"eps", "0.02"}}), pgd = room.attacked("pgd", words_of_pgd);
  lesson.show("images", images);
  lesson.show("fooled by FGSM", static_cast<double>(fooled(fgsm)));
  lesson.show("fooled by IGSM", static_cast<double>(fooled(igsm)));
  lesson.show("fooled by PGD from a random start", static_cast<double>(fooled(pgd)));
  lesson.claim("iterating fools at least as many",
               fooled(igsm) >= fooled(fgsm) && fooled(pgd) >= fooled(fgsm));

  lesson.picture("05_steps.svg",
                 {.title = "Ten steps in a ball of 0.02, by step size",
                  .x_label = "step",
                  .y_label = "mean loss of 8 images",
                  .alternative = "Steps of 0.004 reach the highest loss.",
                  .x_ticks = Ticks::whole,
                  .lines = {line_of(timid, "0.001", "var(--normal)"), line_of(wild, "0.04", "var(--igsm)"),
                            line_of(ten, "0.004", "var(--fgsm)")}});
  return lesson.status();
}
