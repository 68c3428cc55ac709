#include "apps/album.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "apps/inputs.h"
#include "attacks/reading.h"
#include "attacks/record.h"
#include "data/wording.h"
#include "study/trace_words.h"

namespace weir {
namespace {

Album album_of_files(const AlbumWords& words, Device& device) {
  const Tensor images = open_pictures(std::span(&words.images, 1), device).images;
  Album album{.ids = std::vector<Index>(static_cast<std::size_t>(images.rows())),
              .labels = open_labels(words.labels, images.rows()),
              .image = [images](Index row) { return images.batch_slice(row, 1); },
              .source = words.images};
  std::iota(album.ids.begin(), album.ids.end(), Index{0});
  return album;
}

Album album_of_test_set(const AlbumWords& words, Device& device) {
  const auto set = std::make_shared<const ImageSet>(load_images(words.data, Split::test));
  return {.ids = set->original_indices,
          .labels = set->labels,
          .image = [set, &device](Index row) { return batch_of(*set, std::span(&row, 1), device); },
          .source = set->source};
}

}  // namespace

std::vector<std::string> files_of(const AlbumWords& words) {
  if (words.images.empty() != words.labels.empty())
    fail({.code = "E0004",
          .message = fmt::format("`{}` needs `{}`", words.images.empty() ? "--labels" : "--images",
                                 words.images.empty() ? "--images" : "--labels"),
          .help = "write `--images X.npy --labels Y.npy`, or neither for an image of the test set"});
  if (!words.images.empty()) return {words.images, words.labels};
  std::vector<std::string> files;
  for (const auto& file : image_files(words.data, Split::test)) files.push_back(file.native());
  return files;
}

Album open_album(const AlbumWords& words, Device& device) {
  return words.images.empty() ? album_of_test_set(words, device) : album_of_files(words, device);
}

Index row_of(Index id, const Album& album) {
  const auto found = std::ranges::find(album.ids, id);
  if (found != album.ids.end()) return found - album.ids.begin();
  const auto nearest =
      std::ranges::min(album.ids, {}, [&](Index other) { return other > id ? other - id : id - other; });
  fail({.code = "E0216",
        .message = fmt::format("{} has no image {}", album.source, id),
        .note = fmt::format("it has {} images, numbered {} to {}", with_commas(album.ids.size()),
                            std::ranges::min(album.ids), std::ranges::max(album.ids)),
        .help = fmt::format("the nearest is `--image {}`", nearest)});
}

void expect_right_answer(Evaluator& evaluator, const Album& album, Index row) {
  const auto answer_to = [&](Index other) {
    return predicted_class(evaluator.logits(album.image(other)).to_host_double());
  };
  const auto label_of = [&](Index other) { return album.labels[static_cast<std::size_t>(other)]; };
  const auto named = [](std::int32_t index) { return with_article(class_word(index, class_names.size())); };
  const std::int32_t answer = answer_to(row);
  if (answer == label_of(row)) return;
  const auto count = album.count();
  Index next = (row + 1) % count;
  while (next != row && answer_to(next) != label_of(next)) next = (next + 1) % count;
  fail({.code = "E0217",
        .message = fmt::format("image {} is {}, and the network sees {}",
                               album.ids[static_cast<std::size_t>(row)], named(label_of(row)), named(answer)),
        .note = "only what a network gets right is attacked",
        .help = next == row ? "it gets none of these images right"
                            : fmt::format("it is right about `--image {}`",
                                          album.ids[static_cast<std::size_t>(next)])});
}

}  // namespace weir
