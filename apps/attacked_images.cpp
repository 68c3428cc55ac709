#include "apps/attacked_images.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "apps/command.h"
#include "apps/inputs.h"
#include "apps/run_folder.h"
#include "apps/session.h"
#include "apps/targets.h"
#include "attacks/lockstep.h"
#include "data/shuffle.h"
#include "data/wording.h"

namespace weir {
namespace {

AttackedImages from_files(const ImagesWords& words, Device& device) {
  Pictures pictures = open_pictures(std::span(&words.images, 1), device);
  std::vector<std::int32_t> labels = open_labels(words.labels, pictures.images.rows());
  std::vector<Index> ids(labels.size());
  std::iota(ids.begin(), ids.end(), Index{0});
  const std::string said = fmt::format("{} of {}", count_of(std::ssize(ids), "image"), words.images);
  return {.images = std::move(pictures.images),
          .labels = std::move(labels),
          .ids = std::move(ids),
          .source = words.images,
          .words = said};
}

AttackedImages from_test_set(const ImagesWords& words, Session& session) {
  const ImageSet images = load_images(session.shared().data, Split::test);
  constexpr Index otherwise = 200;
  const Index count = std::min(words.count > 0 ? words.count : otherwise, images.count());
  const ImageSet chosen =
      subset(images, sample_without_replacement(count, images.count(), {.seed = session.shared().seed}));
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  if (words.count > count)
    session.say(
        fmt::format("note: there are {}, `--count {}` asks for more", count_of(count, "image"), words.count));
  return {.images = batch_of(chosen, rows, session.device()),
          .labels = chosen.labels,
          .ids = chosen.original_indices,
          .source = images.source,
          .words = fmt::format("{} of {}", with_commas(count), described(images))};
}

template <class Entry>
std::vector<Entry> some_of(const std::vector<Entry>& entries, std::span<const Index> rows) {
  std::vector<Entry> some = entries;
  keep_entries(some, rows);
  return some;
}

/// The same images with their targets.
AttackedImages aimed(const AttackedImages& all, const std::string& target) {
  const std::vector<std::int32_t> targets = targets_of(target, all.labels);
  std::vector<Index> kept;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (targets[i] != all.labels[i]) kept.push_back(static_cast<Index>(i));
  if (kept.empty())
    fail({.code = "E0224",
          .message = fmt::format("every image is of the class that is aimed at, {}", target),
          .help = "aim at another class"});
  const Index left_out = all.count() - static_cast<Index>(kept.size());
  return {.images = keep_rows(all.images, kept),
          .labels = some_of(all.labels, kept),
          .ids = some_of(all.ids, kept),
          .targets = some_of(targets, kept),
          .target = target,
          .left_out = left_out,
          .source = all.source,
          .words = fmt::format("{}, aimed at {}{}", all.words, target,
                               left_out > 0 ? fmt::format(", {} of that class left out", left_out) : "")};
}

void note_inputs(RunFolder& folder, const ImagesWords& words, const Session& session) {
  if (words.images.empty()) {
    for (const auto& file : image_files(session.shared().data, Split::test)) folder.reads(file.native());
  } else {
    folder.reads(words.images);
    folder.reads(words.labels);
  }
  if (words.target.ends_with(".npy")) folder.reads(words.target);
}

}  // namespace

Command& takes_attacked_images(Command& command, ImagesWords& words, bool takes_targets) {
  command
      .option("--count", "N", "images drawn from the test set (default 200)",
              integer_into(words.count, {.low = 1}))
      .option("--images", "FILE", "these instead: .npy, float32 [N,3,32,32], values in [-1,1]",
              text_into(words.images))
      .option("--labels", "FILE", "theirs: .npy, int64 [N]", text_into(words.labels));
  if (!takes_targets) return command;
  return command.option("--target", "CLASS",
                        "aim at a class (name or number), at `next`, or at those of a .npy file",
                        text_into(words.target));
}

void expect_one_source(const ImagesWords& words) {
  if (!words.images.empty() && words.count > 0)
    fail({.code = "E0006",
          .message = "`--count` draws from the test set, `--images` names a file: both cannot be",
          .help = "leave out `--count`: all images of the file are attacked"});
  if (words.images.empty() == words.labels.empty()) return;
  fail({.code = "E0004",
        .message = fmt::format("`{}` needs `{}`", words.images.empty() ? "--labels" : "--images",
                               words.images.empty() ? "--images" : "--labels"),
        .help = "write `--images X.npy --labels Y.npy`, or neither for images of the test set"});
}

AttackTask AttackedImages::task(RowRange rows, const Rng& rng, Fusion fusion) const {
  const auto at = static_cast<std::size_t>(rows.first), n = static_cast<std::size_t>(rows.count);
  Device& device = images.device();
  AttackTask task{.images = images.batch_slice(rows.first, rows.count),
                  .truth = Labels::from_host(std::span(labels).subspan(at, n), device),
                  .rng = rng,
                  .ids = {ids.begin() + rows.first, ids.begin() + rows.first + rows.count},
                  .fusion = fusion};
  if (!targets.empty()) task.targets = Labels::from_host(std::span(targets).subspan(at, n), device);
  return task;
}

AttackedImages AttackedImages::first(Index rows) const {
  AttackedImages some = *this;
  some.images = images.batch_slice(0, rows);
  some.labels.resize(static_cast<std::size_t>(rows));
  some.ids.resize(static_cast<std::size_t>(rows));
  if (!targets.empty()) some.targets.resize(static_cast<std::size_t>(rows));
  some.words += fmt::format(", stopped after {} of them", rows);
  return some;
}

AttackedImages open_attacked_images(const ImagesWords& words, RunFolder& folder, Session& session) {
  note_inputs(folder, words, session);
  AttackedImages images =
      words.images.empty() ? from_test_set(words, session) : from_files(words, session.device());
  return words.target.empty() ? images : aimed(images, words.target);
}

}  // namespace weir
