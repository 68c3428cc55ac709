#include "attacks/intake.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "attacks/lockstep.h"
#include "attacks/reading.h"

namespace weir {
namespace {

[[noreturn]] void refuse(std::string code, std::string message, std::string help = {}) {
  fail({.code = std::move(code), .message = std::move(message), .help = std::move(help)});
}

/// What users know a row by.
Index name_of_row(const AttackTask& task, Index row) {
  return task.ids.empty() ? row : task.ids[static_cast<std::size_t>(row)];
}

void check_pixels(const AttackTask& task) {
  const Range range = task.pixels;
  for_each_row(task.images, [&](Index row, std::span<const double> pixels) {
    for (std::size_t k = 0; k < pixels.size(); ++k) {
      if (pixels[k] >= range.low && pixels[k] <= range.high) continue;
      refuse("E0222",
             fmt::format("feature {} of image {} is {}, pixels must be {} to {}", k, name_of_row(task, row),
                         pixels[k], range.low, range.high),
             std::isnan(pixels[k]) ? "" : "scale the images, or say in which range their pixels are");
    }
  });
}

void check_counts(const AttackTask& task) {
  const Index rows = task.images.rows();
  const auto check = [&](Index count, std::string_view what) {
    if (count != rows) refuse("E0221", fmt::format("{} images came with {} {}", rows, count, what));
  };
  check(task.truth.count(), "labels");
  if (task.targets) check(task.targets->count(), "targets");
  if (!task.ids.empty()) check(static_cast<Index>(task.ids.size()), "ids");
}

void check_classes(const AttackTask& task, const Labels& labels, std::string_view what, Index classes) {
  const std::vector<std::int32_t> values = labels.to_host();
  for (std::size_t row = 0; row < values.size(); ++row)
    if (values[row] < 0 || values[row] >= classes)
      refuse("E0223", fmt::format("{} {} of image {} is no class, the network has classes 0 to {}", what,
                                  values[row], name_of_row(task, static_cast<Index>(row)), classes - 1));
}

void check_targets(const AttackTask& task) {
  const std::vector<std::int32_t> truth = task.truth.to_host(), targets = task.targets->to_host();
  for (std::size_t row = 0; row < targets.size(); ++row)
    if (targets[row] == truth[row])
      refuse("E0224",
             fmt::format("the target of image {} is its own label {}",
                         name_of_row(task, static_cast<Index>(row)), truth[row]),
             "choose a wrong class: reaching the right one is no attack");
}

bool is_distribution(std::span<const double> values) {
  constexpr double slack = 1e-5;  // a float softmax of up to a hundred classes sums to 1 within this
  const auto inside = [](double value) { return value >= 0 && value <= 1; };
  return std::all_of(values.begin(), values.end(), inside) &&
         std::abs(std::accumulate(values.begin(), values.end(), 0.0) - 1) <= slack;
}

/// Hand-made logits are easily 1, 0, 0; so at least one row must lie strictly between.
bool is_between_corners(std::span<const double> values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return value > 0 && value < 1; });
}

void refuse_probabilities(const CleanAnswers& clean) {
  bool between_corners = false;
  for (Index row = 0; row < static_cast<Index>(clean.answers.size()); ++row) {
    if (!is_distribution(clean.logits_of(row))) return;
    between_corners |= is_between_corners(clean.logits_of(row));
  }
  if (between_corners)
    refuse("E0225", "the network's outputs are probabilities, attacks need logits",
           "take the softmax off its end; attacks bring their own");
}

}  // namespace

std::span<const double> CleanAnswers::logits_of(Index row) const {
  return std::span(logits).subspan(static_cast<std::size_t>(row * classes),
                                   static_cast<std::size_t>(classes));
}

void check_task(const AttackTask& task, const std::optional<Ball>& reach) {
  if (!task.images.defined() || task.images.shape().rank() != 4)
    refuse("E0220", fmt::format("images must be [N, C, H, W], found {}",
                                task.images.defined() ? to_string(task.images.shape()) : "none"));
  const double width = static_cast<double>(task.pixels.high) - task.pixels.low;
  if (!(width > 0) || !std::isfinite(width))
    refuse("E0222", fmt::format("pixels cannot be {} to {}", task.pixels.low, task.pixels.high));
  if (reach && reach->norm == PixelNorm::linf &&
      reach->radius > width * (1 + 1e-6))  // 0.7f - 0.5f is not 0.2
    refuse("E0203", fmt::format("eps {} is larger than the pixel range {}", reach->radius, width),
           fmt::format("8/255 of this range is {:.3g}", 8 * width / 255));
  check_counts(task);
  check_pixels(task);
}

CleanAnswers ask_about_clean(Evaluator& judge, const AttackTask& task) {
  const Tensor logits = judge.logits(task.images.to(judge.device()));
  CleanAnswers clean{.classes = logits.shape()[1], .logits = logits.to_host_double(), .answers = {}};
  check_classes(task, task.truth, "label", clean.classes);
  if (task.targets) {
    check_classes(task, *task.targets, "target", clean.classes);
    check_targets(task);
  }
  for (Index row = 0; row < logits.rows(); ++row)
    clean.answers.push_back(predicted_class(clean.logits_of(row)));
  refuse_probabilities(clean);
  return clean;
}

Victims choose_victims(const AttackTask& task, const CleanAnswers& clean, Device& device) {
  const std::vector<std::int32_t> truth = task.truth.to_host();
  const std::vector<std::int32_t> targets =
      task.targets ? task.targets->to_host() : std::vector<std::int32_t>{};
  Victims victims;
  victims.pixels = task.pixels;
  victims.classes = clean.classes;
  victims.fusion = task.fusion;
  for (Index row = 0; row < task.images.rows(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    if (clean.answers[i] != truth[i]) continue;
    victims.rows.push_back(row);
    victims.labels.push_back(truth[i]);
    if (task.targets) victims.targets.push_back(targets[i]);
    const auto logits = clean.logits_of(row);
    victims.clean_logits.insert(victims.clean_logits.end(), logits.begin(), logits.end());
    victims.rngs.push_back(task.rng.split(static_cast<std::uint64_t>(name_of_row(task, row))));
  }
  victims.images = keep_rows(task.images.to(device), victims.rows);
  return victims;
}

}  // namespace weir
