// Lesson 2: the gradient with respect to the pixels.
//
// A network of a million weights is lesson 1 with more numbers. Its tape gives the slope of the loss for
// every one of the 3072 numbers of an image, in one pass backwards that costs about as much as one pass
// forwards.
#include "autograd/functions.h"
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"
#include "tensor/ops/softmax.h"

using namespace weir;

/// Loss and gradient of one image [1, 3, 32, 32] with the label that it has.
struct Slope {
  double loss = 0;
  Tensor gradient;  // [1, 3, 32, 32]
};

Slope slope_at(const Module& network, const Tensor& image, const Labels& label) {
  Tape tape(Mode::evaluate, Record::for_input);  // weights are constants here: an attack cannot change them
  const Var x = tape.input(image, "image");
  const Var loss = cross_entropy(network(x), label);
  return {loss.value().item(), tape.backward(loss)[x]};
}

/// The slope along a direction by trying: two forward passes for one number, where the gradient has 3072 at
/// once.
double slope_by_trying(const Module& network, const Tensor& image, const Labels& label,
                       const Tensor& direction) {
  constexpr double h = 1e-3;
  return (slope_at(network, add_scaled(image, h, direction), label).loss -
          slope_at(network, add_scaled(image, -h, direction), label).loss) /
         (2 * h);
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(1, our_cat);
  const Module& network = *room.stored.network;
  const Labels label = Labels::from_host(room.labels, room.device);
  const auto [loss, gradient] = slope_at(network, room.images, label);
  lesson.show("loss of the cat", loss);
  lesson.show("probability of the cat", std::exp(-loss));
  lesson.show("length of the gradient", length(gradient));

  // Along its own direction the gradient's slope is its length; along any other it is the product with it.
  const Tensor uphill = unit(gradient);
  const Tensor any = normal(room.images.shape(), 0, 1, Rng{.seed = 2}, room.device);
  const Tensor sideways = unit(any);
  lesson.agree("slope uphill, by trying", slope_by_trying(network, room.images, label, uphill),
               length(gradient), 0.01 * length(gradient));
  lesson.agree("slope in a random direction, by trying",
               slope_by_trying(network, room.images, label, sideways), dot(gradient, sideways),
               0.01 * length(gradient));

  // Weir's attacks ask the evaluator, which wants the slope of the loss at the logits: softmax minus one at
  // the label.
  const Answer answer = room.evaluator.query(room.images, [&](const Tensor& logits, RowRange) {
    Tensor seed = softmax(logits);
    seed.update<float>()[room.labels[0]] -= 1;
    return seed;
  });
  const Tensor same = answer.gradients.reshaped(gradient.shape());
  lesson.claim("the evaluator's gradient is the tape's", length(same - gradient) <= 1e-6 * length(gradient));

  // Take a short step up and a short step down, and ask again.
  const double up = slope_at(network, add_scaled(room.images, 0.2, uphill), label).loss;
  const double down = slope_at(network, add_scaled(room.images, -0.2, uphill), label).loss;
  lesson.show("probability of the cat, 0.2 uphill", std::exp(-up));
  lesson.show("probability of the cat, 0.2 downhill", std::exp(-down));
  lesson.show("probability of the cat, 0.2 in the random direction",
              std::exp(-slope_at(network, add_scaled(room.images, 0.2, sideways), label).loss));
  lesson.claim("uphill raises the loss, downhill lowers it", down < loss && loss < up);

  const std::vector<float> cat = room.images.to_host(),
                           moved = add_scaled(room.images, 0.2, uphill).to_host();
  lesson.picture(
      "02_gradient.png",
      sheet({{photo(cat), slopes_picture(gradient.to_host()), added(moved, cat, 20), photo(moved)}}));
  return lesson.status();
}
