#include "models/distill.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "autograd/functions.h"
#include "data/atomic_file.h"
#include "models/head.h"
#include "models/training_identity.h"

namespace weir {
namespace {

/// The teacher as its student starts: a head that says what the teacher says, in the student's form.
std::unique_ptr<Sequential> student_from(const DistillationJob& job, double teacher_temperature) {
  auto student = std::make_unique<Sequential>(*job.teacher.network);
  scale_head(*student, job.recipe.loss_temperature() / teacher_temperature);
  return student;
}

}  // namespace

double trained_temperature(const Metadata& weights) {
  const auto found = weights.find(temperature_key);
  if (found == weights.end()) return 1;
  const std::string& text = found->second;
  double temperature = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), temperature);
  if (error != std::errc() || end != text.data() + text.size() || !(temperature > 0))
    fail({.kind = ErrorKind::damaged,
          .code = "E0432",
          .message = fmt::format("the weights say that they were trained at temperature `{}`", text)});
  return temperature;
}

std::vector<float> soft_labels(const Sequential& teacher, const ImageSet& images, double temperature) {
  constexpr Index rows_at_a_time = 1024;  // bounds memory; labels do not depend on it
  Evaluator evaluator(teacher, device_of(teacher));
  std::vector<float> labels;
  for (Index first = 0; first < images.count(); first += rows_at_a_time) {
    const RowRange rows{first, std::min(rows_at_a_time, images.count() - first)};
    const Tensor logits = evaluator.logits(image_tensor(images, rows, evaluator.device()));
    Tape tape(Mode::evaluate, Record::nothing);
    const std::vector<float> part = softmax(tape.constant(logits), temperature).value().to_host();
    labels.insert(labels.end(), part.begin(), part.end());
  }
  return labels;
}

TrainingOutcome distill(const DistillationJob& job, const TrainingEvents& events) {
  expect_writable_file(job.out);  // the soft labels take a while
  const double temperature = trained_temperature(job.teacher.metadata);
  const std::vector<float> labels = soft_labels(*job.teacher.network, job.train, temperature);
  TrainingJob training{.recipe = job.recipe,
                       .architecture = job.teacher.architecture,
                       .out = job.out,
                       .train = job.train,
                       .test = job.test,
                       .device = job.device,
                       .held_out = nullptr,
                       .given = nullptr,
                       .soft_labels = labels,
                       .facts = {{"teacher_fingerprint", fingerprint_of(*job.teacher.network)}},
                       .start = job.start,
                       .stop_after = job.stop_after,
                       .checkpoint_seconds = job.checkpoint_seconds,
                       .type = job.type};
  std::unique_ptr<Sequential> student;
  if (job.student == StudentStart::teacher) {
    student = student_from(job, temperature);
    training.given = student.get();
    training.recipe.initialisation = Initialisation::given;
  }
  return train_model(training, events);
}

Saturation saturation_of(const Tensor& logits) {
  const std::vector<float> values = logits.to_host();
  const auto classes = static_cast<std::size_t>(logits.shape()[1]);
  expects(!values.empty() && classes >= 2, "the gap of {} rows of {} logits", logits.rows(), classes);
  std::vector<double> gaps;
  Index certain = 0;
  for (std::size_t first = 0; first < values.size(); first += classes) {
    std::vector<float> row(values.begin() + static_cast<std::ptrdiff_t>(first),
                           values.begin() + static_cast<std::ptrdiff_t>(first + classes));
    std::ranges::sort(row, std::greater<>());
    gaps.push_back(static_cast<double>(row[0]) - static_cast<double>(row[1]));
    float others = 0;
    for (std::size_t k = 1; k < classes; ++k) others += std::exp(row[k] - row[0]);
    certain += 1 / (1 + others) == 1.0f ? 1 : 0;
  }
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::ranges::nth_element(gaps, middle);
  return {.median_gap = *middle,
          .certain_share = static_cast<double>(certain) / static_cast<double>(gaps.size())};
}

}  // namespace weir
