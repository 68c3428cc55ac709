// Cells come back as they went, or are refused with a word.
#include "study/cell_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/atomic_file.h"
#include "data/read_file.h"
#include "study/cells.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CellKey key_of(const std::string& network) {
  CellKey key("answers", 1);
  key.follows_from("network", network);
  return key;
}

const Answers answers{.classes = {3, -1, 9}, .confidences = {0.25, 0.1, 1.0}};

TEST(CellStore, FindsWhatItKept) {
  const TemporaryFolder folder;
  CellStore store(folder / "cache");
  EXPECT_FALSE(store.find(key_of("a"), &Answers::decoded).has_value());
  store.keep(key_of("a"), answers.encoded());
  const auto found = CellStore(folder / "cache").find(key_of("a"), &Answers::decoded);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->classes, answers.classes);
  EXPECT_EQ(found->confidences, answers.confidences);
  EXPECT_FALSE(store.find(key_of("b"), &Answers::decoded).has_value());
}

TEST(CellStore, RefusesADamagedCellAndSaysSo) {
  const TemporaryFolder folder;
  std::vector<std::string> heard;
  CellStore store(folder.path(), [&](std::string_view message) { heard.emplace_back(message); });
  store.keep(key_of("a"), answers.encoded());
  std::string bytes = read_text_file(folder / key_of("a").file());
  bytes[bytes.size() - 3] ^= 1;
  write_file_atomically(folder / key_of("a").file(), std::string_view(bytes));
  EXPECT_FALSE(store.find(key_of("a"), &Answers::decoded).has_value());
  EXPECT_THAT(heard, ElementsAre(HasSubstr("is computed again")));
  store.keep(key_of("a"), answers.encoded());
  EXPECT_TRUE(store.find(key_of("a"), &Answers::decoded).has_value());
}

TEST(CellStore, RefusesTheCellOfAnotherKeyUnderThisName) {
  const TemporaryFolder folder;
  std::vector<std::string> heard;
  CellStore store(folder.path(), [&](std::string_view message) { heard.emplace_back(message); });
  store.keep(key_of("a"), answers.encoded());
  std::filesystem::rename(folder / key_of("a").file(), folder / key_of("b").file());
  EXPECT_FALSE(store.find(key_of("b"), &Answers::decoded).has_value());
  EXPECT_THAT(heard, ElementsAre(HasSubstr("computed from something else")));
}

TEST(CellStore, RefusesACellThatLacksAColumn) {
  const TemporaryFolder folder;
  std::vector<std::string> heard;
  CellStore store(folder.path(), [&](std::string_view message) { heard.emplace_back(message); });
  SafetensorsFile half = answers.encoded();
  half.tensors.pop_back();
  store.keep(key_of("a"), half);
  EXPECT_FALSE(store.find(key_of("a"), &Answers::decoded).has_value());
  EXPECT_THAT(heard, ElementsAre(HasSubstr("`confidences` is missing")));
}

AttackRecord some_record() {
  AttackRecord r{.id = 7, .label = 1, .clean_class = 1, .clean_confidence = 0.5, .target = 4};
  r.status = AttackStatus::success;
  r.adversarial_class = 4;
  r.adversarial_confidence = 0.75;
  r.iterations = 12;
  r.distortion = {.l0_features = 3, .l0_tolerant = 2, .l0_pixels = 1, .l1 = .1, .l2 = .2, .linf = .3};
  r.distortion.relative_l0 = 0.4, r.distortion.relative_l1 = 0.5, r.distortion.relative_l2 = 0.6;
  r.distortion.relative_linf = 0.7;
  r.margin = 1.25, r.first_success = 11, r.forwards = 13, r.backwards = 12, r.zero_gradient_share = 0.01;
  r.rounded_class = 4, r.survives_rounding = true, r.fragile = true;
  return r;
}

TEST(Cells, KeepEveryFieldOfARecord) {
  const AttackCell cell{.records = {some_record(), {}},
                        .images = std::vector<float>(2 * 3072, 0.5f),
                        .crafting = {1.5, 20, 30},
                        .judging = {0.5, 2, 0}};
  const AttackCell back = AttackCell::decoded(cell.encoded());
  EXPECT_EQ(to_csv(back.records), to_csv(cell.records));
  EXPECT_EQ(back.images, cell.images);
  EXPECT_EQ(back.crafting.backwards, 30);
  EXPECT_EQ(back.judging.seconds, 0.5);
}

TEST(Cells, KeepPathsAndWhatTheyRestOn) {
  Path path{.iip = {0.1, 0.2}, .oip = {0.3, 0.4}};
  for (const char* name : {"conv1", "conv2"})
    path.layers.push_back({.name = name,
                           .channels = 8,
                           .size = {4, 2},
                           .constant_fraction = 0.125,
                           .occupied_buckets = 7.5,
                           .compared_constant_fraction = 0.25,
                           .compared_occupied_buckets = 6});
  const PathsCell back = PathsCell::decoded(PathsCell{.paths = {path, path}}.encoded());
  ASSERT_EQ(back.paths.size(), 2u);
  EXPECT_EQ(back.paths[1].iip, path.iip);
  EXPECT_EQ(back.paths[1].oip, path.oip);
  EXPECT_EQ(back.paths[1].layers[1].name, "conv2");
  EXPECT_EQ(back.paths[1].layers[1].size.height, 4);
  EXPECT_EQ(back.paths[1].layers[1].occupied_buckets, 7.5);
  EXPECT_EQ(back.paths[1].layers[1].compared_constant_fraction, 0.25);
}

}  // namespace
}  // namespace weir
