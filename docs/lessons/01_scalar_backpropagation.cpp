// Lesson 1: backpropagation by hand, on one neuron.
//
// A neuron weighs two inputs, adds a bias and bends the sum: y = tanh(w1 x1 + w2 x2 + b). The loss says how
// far y is from what we wanted: L = (y - 1)^2. Which way should each of the five numbers go, and how strongly
// does L answer?
#include "autograd/functions.h"
#include "docs/lessons/lesson.h"
#include "docs/lessons/tape_picture.h"

using namespace weir;

struct Neuron {
  double w1 = 0.5, w2 = 1.5, b = 0.2, x1 = 2, x2 = -1;
  double sum() const { return w1 * x1 + w2 * x2 + b; }
  double loss() const { return std::pow(std::tanh(sum()) - 1, 2); }
};

/// Backwards by hand: each line is one local slope times what came from above. The five slopes come as a
/// Neuron, each under its number's name.
Neuron slopes_by_hand(const Neuron& n) {
  const double y = std::tanh(n.sum());
  const double dy = 2 * (y - 1);       // L = (y - 1)^2
  const double ds = dy * (1 - y * y);  // y = tanh(s)
  return {.w1 = ds * n.x1, .w2 = ds * n.x2, .b = ds, .x1 = ds * n.w1, .x2 = ds * n.w2};
}

/// No rule at all: move one number a little both ways and look. `number` says which: &Neuron::w1, say.
double slope_by_trying(Neuron n, double Neuron::*number) {
  constexpr double h = 1e-5;
  Neuron up = n, down = n;
  up.*number += h;
  down.*number -= h;
  return (up.loss() - down.loss()) / (2 * h);
}

/// Weir's tape writes down what is computed and walks it backwards.
struct OnTape {
  explicit OnTape(const Neuron& n)
      : w1(number(n.w1, "w1")),
        w2(number(n.w2, "w2")),
        b(number(n.b, "b")),
        x1(number(n.x1, "x1")),
        x2(number(n.x2, "x2")),
        loss(mean_squared_error(tanh(w1 * x1 + w2 * x2 + b), tensor(1))) {}

  static Tensor tensor(double value) {
    return Tensor::from_host(std::span<const double>(&value, 1), {1, 1}, Device::reference());
  }
  Var number(double value, const char* name) { return tape.input(tensor(value), name); }

  Tape tape{Mode::evaluate};
  Var w1, w2, b, x1, x2, loss;
};

/// A number that is used twice gets both answers: f = a a + a, so df/da = 2 a + 1.
double slope_of_a_number_used_twice(double a) {
  Tape tape(Mode::evaluate);
  const Var once = tape.input(OnTape::tensor(a), "a");
  return tape.backward(once * once + once)[once].item();
}

LineChart loss_and_tangent(const Neuron& n, double slope) {
  LineChart chart{.title = "The loss as w1 moves, and its slope",
                  .x_label = "w1",
                  .y_label = "loss",
                  .alternative = "The loss falls as w1 grows; a straight line touches it at w1 = 0.5."};
  ChartLine curve{.name = "loss", .colour = "var(--normal)", .width = 3},
      line{.name = "slope", .colour = "var(--fgsm)", .dash = Dash::dashed};
  for (int i = -20; i <= 20; ++i) {
    Neuron moved = n;
    moved.w1 += 0.05 * i;
    curve.points.push_back({moved.w1, moved.loss()});
    if (std::abs(i) <= 7) line.points.push_back({moved.w1, n.loss() + slope * 0.05 * i});
  }
  chart.lines = {curve, line};
  return chart;
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  const Neuron neuron;
  const Neuron hand = slopes_by_hand(neuron);
  OnTape on_tape(neuron);
  const Gradients gradients = on_tape.tape.backward(on_tape.loss);

  lesson.agree("loss", on_tape.loss.value().item(), neuron.loss(), 1e-15);
  const auto compare = [&](const char* name, double Neuron::*number, const Var& var) {
    lesson.agree(name, gradients[var].item(), hand.*number, 1e-14);
    lesson.claim("trying agrees with the rules",
                 std::abs(slope_by_trying(neuron, number) - hand.*number) < 1e-8);
  };
  compare("dL/dw1", &Neuron::w1, on_tape.w1);
  compare("dL/dw2", &Neuron::w2, on_tape.w2);
  compare("dL/db", &Neuron::b, on_tape.b);
  compare("dL/dx1", &Neuron::x1, on_tape.x1);
  compare("dL/dx2", &Neuron::x2, on_tape.x2);
  lesson.agree("d(a a + a)/da at a = 3", slope_of_a_number_used_twice(3), 7, 0);

  // One backward pass, two uses. Training moves the weights down the slope; an attack moves the inputs up.
  constexpr double step = 0.1;
  Neuron trained = neuron, attacked = neuron;
  trained.w1 -= step * hand.w1, trained.w2 -= step * hand.w2, trained.b -= step * hand.b;
  attacked.x1 += step * hand.x1, attacked.x2 += step * hand.x2;
  lesson.show("loss after a step of training (weights, downhill)", trained.loss());
  lesson.show("loss after a step of attack (inputs, uphill)", attacked.loss());
  lesson.claim("training lowers the loss, the attack raises it",
               trained.loss() < neuron.loss() && neuron.loss() < attacked.loss());
  lesson.picture("01_tape.svg",
                 tape_picture(on_tape.tape, on_tape.tape.backward(on_tape.loss, Keep::everything),
                              "The neuron's steps from its weights and inputs to the loss."));
  lesson.picture("01_slope.svg", loss_and_tangent(neuron, hand.w1));
  return lesson.status();
}
