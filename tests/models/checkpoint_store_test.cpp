// Checkpoints under every kind of damage: the newest whole generation is found, or nothing is claimed.
#include "models/checkpoint_store.h"

#include <gmock/gmock.h>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::ElementsAre;

SafetensorsFile file_with(float value) {
  const std::vector<float> values(64, value);
  SafetensorsFile file;
  file.tensors.push_back(stored("w", {64}, values));
  return file;
}

float value_in(const CheckpointStore::Found& found) { return found.file.find("w")->floats().front(); }

void expect_no_warning(const Diagnosis& warning) { ADD_FAILURE() << rendered(warning); }

TEST(CheckpointStore, FindsTheNewestOfTwoGenerations) {
  const TemporaryFolder folder;
  CheckpointStore store(folder.path());
  EXPECT_TRUE(store.empty());
  EXPECT_FALSE(store.latest(expect_no_warning).has_value());
  for (float value = 1; value <= 5; ++value) {
    store.save(file_with(value));
    CheckpointStore reader(folder.path());
    EXPECT_EQ(value_in(*reader.latest(expect_no_warning)), value);
  }
  EXPECT_THAT(folder.names(), ElementsAre("even.checkpoint", "odd.checkpoint"));
}

TEST(CheckpointStore, ContinuesTheGenerationsOfAnEarlierRun) {
  const TemporaryFolder folder;
  CheckpointStore first(folder.path());
  for (float value = 1; value <= 3; ++value) first.save(file_with(value));
  CheckpointStore second(folder.path());
  second.latest(expect_no_warning);
  second.save(file_with(4));
  CheckpointStore third(folder.path());
  EXPECT_EQ(value_in(*third.latest(expect_no_warning)), 4);
  // The older generation is the one before, not one that the second run should have replaced.
  std::filesystem::remove(third.latest(expect_no_warning)->path);
  EXPECT_EQ(value_in(*CheckpointStore(folder.path()).latest(expect_no_warning)), 3);
}

/// What is found when the newest of two generations holds these bytes; the older one holds 1.
std::optional<float> found_with(const TemporaryFolder& folder, const std::filesystem::path& newest,
                                std::string_view bytes, int& warnings) {
  put(newest, bytes);
  CheckpointStore store(folder.path());
  const auto found = store.latest([&](const Diagnosis& warning) {
    ++warnings;
    EXPECT_EQ(warning.code, "W0420");
  });
  std::filesystem::remove(newest.string() + ".bad");
  return found ? std::optional(value_in(*found)) : std::nullopt;
}

TEST(CheckpointStore, SeesEveryFlippedBitAndEveryMissingByte) {
  const TemporaryFolder folder;
  CheckpointStore store(folder.path());
  store.save(file_with(1));
  store.save(file_with(2));
  const auto newest = store.latest(expect_no_warning)->path;
  const std::string whole = contents_of(newest);
  int warnings = 0, damages = 0;
  for (std::size_t byte = 0; byte < whole.size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      ASSERT_EQ(found_with(folder, newest, flipped, warnings), 1) << "byte " << byte << " bit " << bit;
      ++damages;
    }
  for (std::size_t length = 0; length < whole.size(); ++length, ++damages)
    ASSERT_EQ(found_with(folder, newest, whole.substr(0, length), warnings), 1) << "length " << length;
  EXPECT_EQ(warnings, damages);
  EXPECT_EQ(found_with(folder, newest, whole, warnings), 2);
}

TEST(CheckpointStore, KeepsTheDamagedFileAndSaysSo) {
  const TemporaryFolder folder;
  CheckpointStore store(folder.path());
  store.save(file_with(1));
  store.save(file_with(2));
  put(folder / "odd.checkpoint", "torn");
  std::vector<Diagnosis> warnings;
  CheckpointStore reader(folder.path());
  EXPECT_EQ(value_in(*reader.latest([&](const Diagnosis& warning) { warnings.push_back(warning); })), 1);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], Says(ErrorKind::damaged, "W0420", "checkpoint odd.checkpoint is damaged"));
  EXPECT_THAT(folder.names(), ElementsAre("even.checkpoint", "odd.checkpoint.bad"));
}

TEST(CheckpointStore, FailsWhenNoGenerationIsWhole) {
  const TemporaryFolder folder;
  put(folder / "even.checkpoint", "torn");
  put(folder / "odd.checkpoint", "torn too");
  EXPECT_THAT(diagnosis_of([&] { CheckpointStore(folder.path()).latest(expect_no_warning); }),
              Says(ErrorKind::damaged, "E0421", "no whole checkpoint is left"));
}

TEST(CheckpointStore, ClearsItsCheckpointsAndNothingElse) {
  const TemporaryFolder folder;
  CheckpointStore store(folder.path());
  for (float value = 1; value <= 2; ++value) store.save(file_with(value));
  put(folder / "odd.checkpoint.bad", "x");
  put(folder / ".lock", "x");
  store.clear();
  EXPECT_THAT(folder.names(), ElementsAre(".lock"));
}

}  // namespace
}  // namespace weir
