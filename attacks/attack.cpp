#include "attacks/attack.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "attacks/intake.h"
#include "attacks/judge.h"
#include "attacks/lockstep.h"
#include "attacks/reading.h"
#include "attacks/row_scan.h"

namespace weir {
namespace {

/// Books seconds and image passes of one evaluator between its construction and book().
class Meter {
 public:
  explicit Meter(Evaluator& evaluator) : evaluator_(evaluator) {}

  void book(Cost& cost) const {
    evaluator_.device().synchronise();
    const QueryCount now = evaluator_.counted();
    cost.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    cost.forwards += now.forwards - before_.forwards;
    cost.backwards += now.backwards - before_.backwards;
  }

 private:
  Evaluator& evaluator_;
  QueryCount before_ = evaluator_.counted();
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A broken image is never handed out: the original takes its place, and the record says so.
void put_back_broken_rows(const Victims& victims, Crafted& crafted) {
  const std::vector<double> peaks = row_peaks(crafted.images);
  std::vector<Tensor> rows;
  bool any = false;
  for (Index i = 0; i < victims.count(); ++i) {
    const bool broken = std::isnan(peaks[static_cast<std::size_t>(i)]);
    rows.push_back((broken ? victims.images : crafted.images).batch_slice(i, 1));
    if (broken) crafted.efforts[static_cast<std::size_t>(i)].failure = AttackStatus::fail_nan;
    any |= broken;
  }
  if (any) crafted.images = concatenate(rows);
}

/// Our own promise, checked on the stored images: inside the pixel range to the bit, inside the ball up to
/// the one rounding of x + radius.
void check_promise(const Distortion& moved, const std::optional<Ball>& ball, Range pixels) {
  if (!ball) return;
  const double ulp = std::max(std::abs(pixels.low), std::abs(pixels.high)) * 0x1p-23;
  ensures(norm_of(moved, ball->norm) <= ball->radius * (1 + 0x1p-22) + ulp,
          "an attack left the ball it promised");
}

void check_range(std::span<const double> image, Range pixels) {
  const auto inside = [&](double x) { return x >= pixels.low && x <= pixels.high; };
  ensures(std::all_of(image.begin(), image.end(), inside), "an attack left the pixel range");
}

std::vector<Distortion> distortions(const Victims& victims, const Tensor& images,
                                    const std::optional<Ball>& ball) {
  const double width = static_cast<double>(victims.pixels.high) - victims.pixels.low;
  const MeasureOptions options{.channels = images.shape()[1], .tolerance = tolerant_share_of_range * width};
  std::vector<Distortion> result;
  for_each_row(images, [&](Index i, std::span<const double> moved) {
    check_range(moved, victims.pixels);
    result.push_back(measure(victims.images.batch_slice(i, 1).to_host_double(), moved, options));
    check_promise(result.back(), ball, victims.pixels);
  });
  return result;
}

/// One record an input, as if none had been attacked.
std::vector<AttackRecord> clean_records(const AttackTask& task, const CleanAnswers& clean) {
  const std::vector<std::int32_t> truth = task.truth.to_host();
  const std::vector<std::int32_t> targets =
      task.targets ? task.targets->to_host() : std::vector<std::int32_t>{};
  std::vector<AttackRecord> records(truth.size());
  for (std::size_t row = 0; row < records.size(); ++row) {
    AttackRecord& record = records[row];
    record.id = task.ids.empty() ? static_cast<Index>(row) : task.ids[row];
    record.label = truth[row];
    if (task.targets) record.target = targets[row];
    record.clean_class = record.adversarial_class = clean.answers[row];
    record.status =
        record.clean_class == no_class ? AttackStatus::fail_nan : AttackStatus::skipped_misclassified;
    if (record.clean_class == no_class) continue;
    record.clean_confidence = confidence_of(clean.logits_of(static_cast<Index>(row)), record.clean_class);
    record.adversarial_confidence = record.clean_confidence;
  }
  return records;
}

/// An attack that chose its targets itself is judged by them: what reached none has failed, though the answer
/// may be wrong.
void take_chosen_targets(Victims& victims, const std::vector<Effort>& efforts) {
  if (victims.targeted() || efforts.front().target == no_class) return;
  for (const Effort& effort : efforts) victims.targets.push_back(effort.target);
}

void write_effort(AttackRecord& record, const Effort& effort) {
  record.iterations = effort.iterations;
  record.first_success = effort.first_success;
  record.forwards = effort.forwards;
  record.backwards = effort.backwards;
  record.zero_gradient_share = effort.zero_gradient_share;
  if (effort.target != no_class) record.target = effort.target;
}

void write_verdict(AttackRecord& record, const Ruling& verdict, const Effort& effort) {
  record.adversarial_class = verdict.answer;
  record.adversarial_confidence = verdict.confidence;
  record.margin = verdict.margin;
  record.rounded_class = verdict.rounded_answer;
  record.survives_rounding = verdict.survives_rounding;
  record.fragile = effort.claims_success && !verdict.success;
  record.status = verdict.success              ? AttackStatus::success
                  : verdict.answer == no_class ? AttackStatus::fail_nan
                                               : effort.failure;
  if (verdict.success && record.first_success < 0) record.first_success = effort.iterations;
}

void refuse_ensemble(const Attack& attack, const Ensemble& ensemble) {
  fail({.code = "E0226",
        .message =
            fmt::format("`{}` attacks one network, found an ensemble of {}", attack.name(), ensemble.size()),
        .note = "it follows the logits of one network, not a loss that several can share"});
}

/// All images of the task with the victims' rows replaced.
Tensor replace_rows(const Tensor& images, const Victims& victims, const Tensor& crafted) {
  std::vector<Tensor> pieces;
  Index next = 0;
  for (Index i = 0; i < victims.count(); ++i) {
    const Index row = victims.rows[static_cast<std::size_t>(i)];
    if (row > next) pieces.push_back(images.batch_slice(next, row - next));
    pieces.push_back(crafted.batch_slice(i, 1));
    next = row + 1;
  }
  if (next < images.rows()) pieces.push_back(images.batch_slice(next, images.rows() - next));
  return concatenate(pieces);
}

}  // namespace

std::span<const double> Victims::clean_logits_of(Index i) const {
  return std::span(clean_logits)
      .subspan(static_cast<std::size_t>(i * classes), static_cast<std::size_t>(classes));
}

std::int32_t Victims::wrong_class(Index i, Index rank) const {
  return ranked_other(clean_logits_of(i), labels[static_cast<std::size_t>(i)], rank);
}

bool Victims::fooled_by(std::int32_t answer, Index i) const {
  const auto row = static_cast<std::size_t>(i);
  return answer != no_class && (targeted() ? answer == targets[row] : answer != labels[row]);
}

Victims Victims::chosen(std::span<const Index> which) const {
  Victims some;
  some.images = keep_rows(images, which);
  some.pixels = pixels;
  some.classes = classes;
  some.fusion = fusion;
  for (const Index i : which) {
    const auto row = static_cast<std::size_t>(i);
    const auto logits = clean_logits_of(i);
    some.clean_logits.insert(some.clean_logits.end(), logits.begin(), logits.end());
    some.labels.push_back(labels[row]);
    if (targeted()) some.targets.push_back(targets[row]);
    some.rows.push_back(rows[row]);
    some.rngs.push_back(rngs[row]);
  }
  return some;
}

Outcome Attack::operator()(Evaluator& evaluator, const AttackTask& task,
                           const AttackObserver& observer) const {
  check_task(task, promise());
  const auto* const ensemble = dynamic_cast<const Ensemble*>(&evaluator.module());
  if (ensemble && !takes_ensembles()) refuse_ensemble(*this, *ensemble);
  expects(!task.targets || takes_targets(), "{} takes no targets", name());
  Outcome outcome{.images = task.images.to(evaluator.device()), .records = {}, .crafting = {}, .judging = {}};
  if (task.images.rows() == 0) return outcome;
  std::optional<Evaluator> exact;  // a verdict has no batch to depend on
  if (!task.judge && (ensemble || evaluator.numerics() != Numerics::exact))
    exact.emplace(ensemble ? ensemble->member(0) : evaluator.module(), evaluator.device());
  Evaluator& judge = task.judge ? *task.judge : exact ? *exact : evaluator;

  const Meter before(judge);
  const CleanAnswers clean = ask_about_clean(judge, task);
  outcome.records = clean_records(task, clean);
  Victims victims = choose_victims(task, clean, evaluator.device());
  before.book(outcome.judging);
  if (victims.count() == 0) return outcome;

  const Meter during(evaluator);
  Crafted crafted = perturb(evaluator, victims, observer);
  during.book(outcome.crafting);

  const Meter after(judge);
  ensures(crafted.images.shape() == victims.images.shape(),
          "an attack returned other shapes than it was given");
  put_back_broken_rows(victims, crafted);
  take_chosen_targets(victims, crafted.efforts);
  const std::vector<Distortion> moved = distortions(victims, crafted.images, promise());
  const std::vector<Ruling> verdicts = judge_alone(judge, victims, crafted.images);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    AttackRecord& record = outcome.records[static_cast<std::size_t>(victims.rows[i])];
    record.distortion = moved[i];
    write_effort(record, crafted.efforts[i]);
    write_verdict(record, verdicts[i], crafted.efforts[i]);
  }
  outcome.images = replace_rows(outcome.images, victims, crafted.images);
  after.book(outcome.judging);
  return outcome;
}

}  // namespace weir
