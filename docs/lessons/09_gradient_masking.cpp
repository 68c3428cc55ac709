// Lesson 9: a defence that hides the gradient. Defensive distillation trains a second network on what the
// first one says at a high temperature T, and then uses it at temperature 1. Its logits are T times as large
// as they need to be:
//
//   softmax(z) with z = T times as large: p_y = 1 to the last bit, so p - e_y = 0, and with it the whole
//   gradient
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"
#include "models/distill.h"
#include "models/head.h"

using namespace weir;

constexpr Index images = 60;
constexpr double temperature = 40;

/// What an attack by the sign of the gradient finds: the share of images that it fools, and of gradients that
/// are zero.
struct Report {
  double fooled = 0, no_gradient = 0;
};

Report attacked_by_fgsm(Evaluator& evaluator, const Classroom& room, const OptionTexts& options = {}) {
  OptionTexts all = options;
  all["eps"] = "0.025";
  const Outcome outcome = (*make_attack("fgsm", all))(evaluator, room.task());
  Report report;
  double counted = 0;
  for (const AttackRecord& record : outcome.records) {
    if (!record.counts()) continue;  // wrong from the start
    ++counted;
    report.fooled += record.status == AttackStatus::success;
    report.no_gradient += record.zero_gradient_share == 1;
  }
  return {.fooled = report.fooled / counted, .no_gradient = report.no_gradient / counted};
}

std::vector<std::int32_t> answers(Evaluator& evaluator, const Tensor& x) {
  std::vector<std::int32_t> found;
  for_each_row(evaluator.logits(x),
               [&](Index, std::span<const double> z) { found.push_back(predicted_class(z)); });
  return found;
}

double share_wrong(Evaluator& evaluator, const Tensor& x, const std::vector<std::int32_t>& labels) {
  const std::vector<std::int32_t> found = answers(evaluator, x);
  double wrong = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) wrong += found[i] != labels[i];
  return wrong / static_cast<double>(labels.size());
}

void show(Lesson& lesson, const std::string& who, const Report& report) {
  lesson.show(who + ": fooled by FGSM", report.fooled);
  lesson.show(who + ": no gradient at all", report.no_gradient);
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(images, 0, "docs/lessons/networks/small.safetensors");
  const Report teacher = attacked_by_fgsm(room.evaluator, room);
  show(lesson, "teacher", teacher);

  StoredNetwork stored =
      load_network(find_resource("docs/lessons/networks/small-distilled.safetensors"), room.device);
  Evaluator student(*stored.network, room.device);
  const Saturation saturation = saturation_of(student.logits(room.images));
  lesson.show("student: median lead of the answer, logits", saturation.median_gap);
  lesson.show("student: images with probability 1 to the last bit", saturation.certain_share);
  const Report masked = attacked_by_fgsm(student, room);
  show(lesson, "student", masked);
  lesson.claim("distillation looks like a defence", masked.fooled < 0.7 * teacher.fooled);

  // Three ways to see that it is none. First: the teacher's adversarial inputs, shown to the student.
  const Tensor from_teacher = room.attacked("fgsm").images;
  const double transferred = share_wrong(student, from_teacher, room.labels);
  lesson.show("student: wrong about the teacher's FGSM inputs", transferred);
  // Second: the same gradient, computed without ever forming 1 - p_y.
  const Report scaled = attacked_by_fgsm(student, room, {{"seed-scale", "scaled"}});
  lesson.show("student: fooled by FGSM without underflow", scaled.fooled);
  // Third: undo what the temperature did. The answers stay, since dividing all logits by 40 moves no largest
  // one.
  const std::vector<std::int32_t> before = answers(student, room.images);
  scale_head(*stored.network, 1 / temperature);
  lesson.claim("dividing the logits changes no answer", answers(student, room.images) == before);
  const Report cooled = attacked_by_fgsm(student, room);
  show(lesson, "student, logits divided by 40", cooled);
  lesson.claim("the temperature undoes the defence",
               cooled.fooled > 1.5 * masked.fooled && cooled.no_gradient == 0);

  // And no training is needed for it: the teacher's own head, times 40.
  LineChart chart{.title = "The same network, its logits multiplied",
                  .x_label = "factor of the logits",
                  .y_label = "share fooled by FGSM",
                  .alternative =
                      "The larger the factor, the fewer images FGSM fools; without underflow they do not "
                      "become fewer."};
  ChartLine faithful{.name = "float", .colour = "var(--fgsm)", .width = 3},
      exact{.name = "scaled", .colour = "var(--igsm)", .width = 3, .dash = Dash::dashed};
  double factor_now = 1;
  for (const double factor : {1.0, 5.0, 15.0, 40.0}) {
    scale_head(*room.stored.network, factor / factor_now);
    factor_now = factor;
    faithful.points.push_back({factor, attacked_by_fgsm(room.evaluator, room).fooled});
    exact.points.push_back(
        {factor, attacked_by_fgsm(room.evaluator, room, {{"seed-scale", "scaled"}}).fooled});
  }
  lesson.show("teacher, logits times 40: fooled by FGSM", faithful.points.back().y);
  lesson.show("teacher, logits times 40: without underflow", exact.points.back().y);
  chart.lines = {faithful, exact};
  lesson.picture("09_factor.svg", chart);
  return lesson.status();
}
