/// The images that come with Weir are there, genuine, and found wherever the program was put.
#include "data/embed.h"

#include <cstdlib>
#include <gtest/gtest.h>

#include "data/hash.h"
#include "data/home.h"
#include "data/inventory.h"
#include "generated/places.h"
#include "tests/data/temporary_folder.h"
#include "tests/support/environment_variable.h"

namespace weir {
namespace {

using testing::HasSubstr;

std::filesystem::path embedded_folder() {
  return std::filesystem::path(WEIR_SOURCE_DIR) / "data" / "embedded";
}

TEST(Embedded, HasAThousandImagesOfEachSplit) {
  for (const Split split : {Split::train, Split::test}) {
    const ImageSet images = load_embedded(split);
    ASSERT_EQ(images.count(), 1000);
    EXPECT_TRUE(std::is_sorted(images.original_indices.begin(), images.original_indices.end()));
    const ImageStatistics statistics = statistics_of(images);
    for (const Index count : statistics.class_counts) EXPECT_NEAR(count, 100, 4.5 * 9.5);  // an even draw
    // CIFAR-10's own means; the mean of 1,000 images strays by about 0.24 / sqrt(1000) times the images' own
    // coherence.
    EXPECT_NEAR(statistics.means[0], 0.4914, 0.02);
    EXPECT_NEAR(statistics.means[1], 0.4822, 0.02);
    EXPECT_NEAR(statistics.means[2], 0.4465, 0.02);
  }
  EXPECT_EQ(load_images("embedded", Split::test).labels, load_embedded(Split::test).labels);
}

TEST(Embedded, FitsIntoTheRepository) {
  std::uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(embedded_folder())) size += entry.file_size();
  EXPECT_LT(size, 5'000'000u);
}

TEST(Embedded, RefusesAListThatDoesNotBelongToItsSheet) {
  const TemporaryFolder folder;
  std::filesystem::copy(embedded_folder(), folder.path());
  const std::string list = contents_of(folder / "test.json");
  const auto found = [&](const std::string& before, const std::string& after) {
    std::string changed = list;
    const auto at = changed.find(before);
    EXPECT_NE(at, std::string::npos);
    put(folder / "test.json", changed.replace(at, before.size(), after));
    return diagnosis_of([&] { load_embedded_from(folder.path(), Split::test); });
  };
  EXPECT_THAT(found("\"labels\":[", "\"labels\":[10,"),
              Says(ErrorKind::damaged, "E0430", "has 10 among its `labels`"));
  EXPECT_THAT(found("\"labels\":[", "\"labels\":[-1,"),
              Says(ErrorKind::damaged, "E0430", "has -1 among its `labels`"));
  EXPECT_THAT(found("\"labels\":[", "\"labels\":[3,"),
              Says(ErrorKind::damaged, "E0430", "1001 labels and 1000 indices"));
  EXPECT_THAT(found("\"indices\":[", "\"indices\":[10000,"),
              Says(ErrorKind::damaged, "E0430", "has 10000 among"));
  EXPECT_THAT(found("\"labels\"", "\"classes\""), Says(ErrorKind::damaged, "E0430", "has no array `labels`"));
  EXPECT_THAT(found("xxh3_128\":\"", "xxh3_128\":\"0"),
              Says(ErrorKind::damaged, "E0430", "belongs to other images"));
  EXPECT_THAT(found("{", ""), Says(ErrorKind::damaged, "E0430", "is not JSON"));
  put(folder / "test.json", "[]");
  EXPECT_THAT(diagnosis_of([&] { load_embedded_from(folder.path(), Split::test); }),
              Says(ErrorKind::damaged, "E0430", "has no array `labels`"));
  std::filesystem::copy_file(folder / "train.png", folder / "test.png",
                             std::filesystem::copy_options::overwrite_existing);
  put(folder / "test.json", list);
  EXPECT_THAT(diagnosis_of([&] { load_embedded_from(folder.path(), Split::test); }),
              Says(ErrorKind::damaged, "E0430", "belongs to other images"));
}

TEST(Home, IsWhereWeirHomeSays) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "data");
  std::filesystem::copy(embedded_folder(), folder / "data" / "embedded");
  const EnvironmentVariable home("WEIR_HOME", folder.path().c_str());
  EXPECT_EQ(find_resource("data/embedded"), folder / "data" / "embedded");
  EXPECT_EQ(load_embedded(Split::test).count(), 1000);
  const Diagnosis diagnosis = diagnosis_of([] { find_resource("models/none"); });
  EXPECT_THAT(diagnosis,
              Says(ErrorKind::missing, "E0303", "`models/none`, which comes with Weir, was not found"));
  EXPECT_THAT(diagnosis.note, HasSubstr(folder.path().string()));
}

TEST(Home, IsTheSourceTreeWhereNothingIsInstalled) {
  const EnvironmentVariable home("WEIR_HOME", "");
  EXPECT_EQ(find_resource("data/embedded"), embedded_folder());
}

/// The whole of CIFAR-10, where the machine has it; WEIR_CIFAR10 names the folder.
std::filesystem::path whole_cifar() {
  const char* folder = std::getenv("WEIR_CIFAR10");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

TEST(WholeCifar, IsGenuineAndHasThePublishedStatistics) {
  if (whole_cifar().empty()) GTEST_SKIP() << "WEIR_CIFAR10 names no folder with CIFAR-10";
  for (const FileVerdict& verdict : verify_cifar(whole_cifar()))
    EXPECT_TRUE(verdict.genuine()) << verdict.official.name;
  const ImageStatistics statistics = statistics_of(load_cifar(whole_cifar(), Split::train));
  EXPECT_THAT(statistics.class_counts, testing::Each(5000));
  EXPECT_THAT(statistics.means, testing::Pointwise(testing::DoubleNear(5e-6), {0.49140, 0.48216, 0.44653}));
  EXPECT_THAT(statistics.standard_deviations,
              testing::Pointwise(testing::DoubleNear(5e-6), {0.24703, 0.24349, 0.26159}));
  EXPECT_THAT(statistics_of(load_cifar(whole_cifar(), Split::test)).class_counts, testing::Each(1000));
}

TEST(WholeCifar, MakesTheEmbeddedSubsetAgainByteForByte) {
  if (whole_cifar().empty()) GTEST_SKIP() << "WEIR_CIFAR10 names no folder with CIFAR-10";
  const TemporaryFolder folder;
  write_embedded_subset(whole_cifar(), folder.path());
  for (const char* name : {"train.png", "train.json", "test.png", "test.json"})
    EXPECT_EQ(xxh3_128_hex_of_file(folder / name), xxh3_128_hex_of_file(embedded_folder() / name)) << name;
  for (const Split split : {Split::train, Split::test}) {
    const ImageSet all = load_cifar(whole_cifar(), split), embedded = load_embedded(split);
    const ImageSet expected = subset(all, embedded.original_indices);
    EXPECT_EQ(embedded.labels, expected.labels);
    EXPECT_TRUE(embedded.pixels == expected.pixels);
  }
}

}  // namespace
}  // namespace weir
