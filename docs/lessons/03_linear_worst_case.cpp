// Lesson 3: the linear worst case. How much can a change that nobody sees raise the loss?
//
// Near an image the loss is almost a plane: L(x + r) = L(x) + <g, r>. Among all r whose components are at
// most eps the product is largest for r = eps sign(g), and then it is eps times the sum of all |g_i|: each of
// 3072 components adds its little, and little times 3072 is much.
#include "attacks/seeds.h"
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"

using namespace weir;

double sum_of_magnitudes(const Tensor& x) { return dot(x, sign(x)); }

/// The loss -log p_label of the one image.
double loss_of(Classroom& room, const Tensor& image) {
  const std::vector<double> logits = room.evaluator.logits(image).to_host_double();
  return -std::log(confidence_of(logits, room.labels[0]));
}

Tensor gradient_of_loss(Classroom& room) {
  return room.evaluator.query(room.images, cross_entropy_seeds({.labels = one_hot(room.labels, room.device)}))
      .gradients.reshaped(room.images.shape());
}

/// For a linear function f(x) = <w, x> the prediction is no approximation: f(x + eps sign(w)) - f(x) = eps
/// |w|_1.
void a_linear_function(Lesson& lesson, Device& device) {
  constexpr double eps = 0.025;
  const Shape image{1, 3, image_side, image_side};
  const Tensor w = normal(image, 0, 1, Rng{.seed = 3}, device),
               x = uniform(image, {}, Rng{.seed = 4}, device);
  const auto f = [&](const Tensor& at) { return dot(w, at); };
  const double predicted = eps * sum_of_magnitudes(w);
  lesson.agree("linear function: measured growth / predicted", (f(x + eps * sign(w)) - f(x)) / predicted, 1,
               1e-6);
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(1, our_cat);
  a_linear_function(lesson, room.device);

  const Tensor g = gradient_of_loss(room), worst = sign(g);
  const double clean = loss_of(room, room.images);
  lesson.show("the cat: sum of |g|", sum_of_magnitudes(g));
  lesson.show("the cat: length of g", length(g));

  // Up and down the same way, so that the bend of the loss, which is the same on both sides, drops out.
  constexpr double tiny = 0.0001;
  const double rise = loss_of(room, room.images + tiny * worst) - loss_of(room, room.images + -tiny * worst);
  lesson.agree("both ways by 0.0001: measured / predicted", rise / (2 * tiny * sum_of_magnitudes(g)), 1,
               0.01);

  // The worst case against a change of the same size in random directions: the mean of |<g, r>| for random
  // signs is about 0.8 of eps times the length of g.
  const Tensor noise = sign(normal(room.images.shape(), 0, 1, Rng{.seed = 5}, room.device));
  lesson.show("worst case / typical noise of equal size", sum_of_magnitudes(g) / length(g));
  lesson.claim("3072 components make the worst case tens of times worse than noise",
               sum_of_magnitudes(g) > 20 * length(g));

  ChartLine predicted{.name = "predicted", .colour = "var(--normal)", .width = 2, .dash = Dash::dashed},
      measured{.name = "worst case", .colour = "var(--fgsm)", .width = 3},
      random{.name = "noise", .colour = "var(--igsm)", .width = 3};
  for (const double eps : {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.004, 0.006, 0.008, 0.01}) {
    const double growth = loss_of(room, room.images + eps * worst) - clean;
    predicted.points.push_back({eps, clean + eps * sum_of_magnitudes(g)});
    measured.points.push_back({eps, clean + growth});
    random.points.push_back({eps, loss_of(room, room.images + eps * noise)});
    if (eps == 0.0001)
      lesson.show("eps 0.0001: measured growth / predicted", growth / (eps * sum_of_magnitudes(g)));
    if (eps == 0.001)
      lesson.show("eps 0.001: measured growth / predicted", growth / (eps * sum_of_magnitudes(g)));
    if (eps == 0.01) {
      lesson.show("eps 0.01: loss, predicted", clean + eps * sum_of_magnitudes(g));
      lesson.show("eps 0.01: loss, measured", clean + growth);
      lesson.show("eps 0.01: loss under noise", random.points.back().y);
    }
  }
  lesson.picture("03_worst_case.svg",
                 {.title = "What a small change does to the loss",
                  .x_label = "eps, the largest change of a number of the image",
                  .y_label = "loss",
                  .alternative = "The measured loss leaves the predicted line upwards; under "
                                 "noise it stays where it was.",
                  .lines = {random, predicted, measured}});
  return lesson.status();
}
