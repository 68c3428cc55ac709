// Lesson 8: Carlini & Wagner's objective. Not "go up the loss within a ball" but "as near as possible, and
// wrong":
//
//   minimise |x' - x|^2 + c f(x'),   f = max(0, z_y - max of the other z + kappa)
//
// f is zero as soon as another class leads by kappa, so it stops pushing where pushing is no longer needed.
// x' = tanh(w) keeps every pixel inside (-1, 1) without clipping, and w is free: Adam may move it anywhere.
#include "attacks/margins.h"
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"

using namespace weir;

struct Descent {
  std::vector<double> distances, margins;  // |x' - x| and z_y - max of the other z, before each step
  double nearest =
      std::numeric_limits<double>::infinity();  // the shortest distance at which the answer was wrong
  std::vector<float> best;
};

/// The objective's slope at each w: (2 (x' - x) - c d(lead of the others)/dx') (1 - x'^2), and Adam (Kingma &
/// Ba 2015).
Descent descend(Classroom& room, double c, double kappa, Index steps) {
  constexpr double rate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  const std::vector<double> x = room.images.to_host_double();
  std::vector<double> w(x.size()), m(x.size(), 0), v(x.size(), 0);
  for (std::size_t i = 0; i < x.size(); ++i) w[i] = std::atanh(0.999999 * x[i]);
  Descent run;
  for (Index step = 1; step <= steps; ++step) {
    std::vector<float> moved(x.size());
    double square = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      moved[i] = static_cast<float>(std::tanh(w[i]));
      square += (moved[i] - x[i]) * (moved[i] - x[i]);
    }
    const Tensor image = Tensor::from_host(std::span<const float>(moved), room.images.shape(), room.device);
    const Answer answer = room.evaluator.query(image, margin_seeds(Margin::cw, {{.label = room.labels[0]}}));
    const double lead = lead_of(answer.logits.to_host_double(), room.labels[0]);
    run.distances.push_back(std::sqrt(square));
    run.margins.push_back(lead);
    if (lead < 0 && run.distances.back() < run.nearest) run.nearest = run.distances.back(), run.best = moved;

    const std::vector<float> others_lead = answer.gradients.to_host();
    const bool pushing = lead + kappa > 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double dx = 2 * (moved[i] - x[i]) - (pushing ? c * others_lead[i] : 0);
      const double dw = dx * (1 - static_cast<double>(moved[i]) * moved[i]);
      m[i] = beta1 * m[i] + (1 - beta1) * dw;
      v[i] = beta2 * v[i] + (1 - beta2) * dw * dw;
      const double m_hat = m[i] / (1 - std::pow(beta1, step)), v_hat = v[i] / (1 - std::pow(beta2, step));
      w[i] -= rate * m_hat / (std::sqrt(v_hat) + epsilon);
    }
  }
  return run;
}

ChartLine line_of(const std::vector<double>& values, const char* name, const char* colour) {
  ChartLine line{.name = name, .colour = colour, .width = 3};
  for (std::size_t k = 0; k < values.size(); ++k) line.points.push_back({static_cast<double>(k), values[k]});
  return line;
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(1, our_cat);
  constexpr Index steps = 60;

  // The constant c is the price of not fooling. Too low: the image stays. Too high: it goes too far at first,
  // and sixty steps do not bring it back.
  const Descent low = descend(room, 0.001, 0, steps), fair = descend(room, 0.02, 0, steps),
                high = descend(room, 1, 0, steps), sure = descend(room, 0.02, 3, steps);
  lesson.show("c = 0.001: lead of the cat after 60 steps", low.margins.back());
  lesson.claim("at c = 0.001 the cat stays a cat", low.best.empty());
  lesson.show("c = 0.02: nearest image that fools", fair.nearest);
  lesson.show("c = 1: nearest image that fools", high.nearest);
  lesson.claim("a fair price finds a nearer image than a high one", fair.nearest < high.nearest);
  lesson.show("c = 0.02, kappa = 3: lead of the other class at the end", -sure.margins.back());
  lesson.show("c = 0.02, kappa = 3: distance at the end", sure.distances.back());

  // Weir searches c by bisection. Other attacks on the same cat, by the same measure:
  const Outcome cw = room.attacked("cw", {{"iterations", "60"},
                                          {"binary-steps", "3"},
                                          {"learning-rate", "0.001"},
                                          {"initial-constant", "0.02"}});
  const Outcome deepfool = room.attacked("deepfool"), fgsm = room.attacked("fgsm");
  lesson.claim("all three fool the network", fooled(cw) + fooled(deepfool) + fooled(fgsm) == 3);
  const auto distance = [](const Outcome& outcome) { return outcome.records[0].distortion.l2; };
  lesson.show("Weir's C&W, three constants", distance(cw));
  lesson.show("DeepFool", distance(deepfool));
  lesson.show("FGSM at eps 0.025", distance(fgsm));
  lesson.claim("who looks for the nearest image finds a nearer one",
               distance(cw) < distance(deepfool) && distance(deepfool) < distance(fgsm));

  const std::vector<float> cat = room.images.to_host();
  lesson.picture("08_nearest.png", sheet({{photo(cat), added(fair.best, cat, 20), photo(fair.best)}}));
  lesson.picture("08_lead.svg",
                 {.title = "The lead of the cat, for three prices c",
                  .x_label = "step",
                  .y_label = "lead, logits",
                  .alternative = "At c = 0.001 the lead stays, at 0.02 it falls to 0 and stays there.",
                  .x_ticks = Ticks::whole,
                  .lines = {line_of(low.margins, "c = 0.001", "var(--normal)"),
                            line_of(high.margins, "c = 1", "var(--igsm)"),
                            line_of(fair.margins, "c = 0.02", "var(--fgsm)")}});
  return lesson.status();
}
