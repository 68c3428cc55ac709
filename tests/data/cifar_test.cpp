/// The official layout is read as its makers wrote it, and what is not that layout is refused by name.
#include "data/cifar.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;

constexpr std::size_t record_size = 3073, batch_size = 10000 * record_size;

/// A batch whose every byte tells where it stands: record r of batch b has label (r + b) % 10 and pixels of
/// its own.
std::string made_batch(std::size_t batch) {
  std::string bytes(batch_size, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i % record_size == 0 ? (i / record_size + batch) % 10
                                                      : i * 2654435761u >> 20 ^ batch);
  return bytes;
}

TEST(Cifar, ReadsEveryImageOfEveryBatchInOrder) {
  const TemporaryFolder folder;
  std::vector<std::string> batches;
  for (std::size_t b = 1; b <= 5; ++b) {
    batches.push_back(made_batch(b));
    put(folder / ("data_batch_" + std::to_string(b) + ".bin"), batches.back());
  }
  const ImageSet images = load_cifar(folder.path(), Split::train);
  ASSERT_EQ(images.count(), 50000);
  ASSERT_EQ(images.pixels.size(), 50000u * 3072);
  for (Index i = 0; i < images.count(); i += 1237) {
    const std::string_view record(batches[static_cast<std::size_t>(i / 10000)].data() + i % 10000 * 3073,
                                  record_size);
    EXPECT_EQ(images.labels[static_cast<std::size_t>(i)], record[0]);
    EXPECT_EQ(images.original_indices[static_cast<std::size_t>(i)], i);
    EXPECT_TRUE(std::equal(record.begin() + 1, record.end(), images.image(i).begin(),
                           [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }));
  }
  EXPECT_THROW(images.image(50000), Error);
}

TEST(Cifar, FindsTheFolderThatTheArchiveMakes) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "cifar-10-batches-bin");
  put(folder / "cifar-10-batches-bin" / "test_batch.bin", made_batch(6));
  EXPECT_EQ(load_cifar(folder.path(), Split::test).count(), 10000);
}

TEST(Cifar, SaysWhatIsMissingAndHowToGetIt) {
  const TemporaryFolder folder;
  const auto loading = [&](Split split) { return diagnosis_of([&] { load_cifar(folder.path(), split); }); };
  const Diagnosis nothing = loading(Split::train);
  EXPECT_THAT(nothing,
              Says(ErrorKind::missing, "E0301", "CIFAR-10 not found in `" + folder.path().string() + "`"));
  EXPECT_THAT(nothing.help, HasSubstr("weir data fetch --data " + folder.path().string()));
  EXPECT_THAT(nothing.help, HasSubstr("--data embedded"));

  put(folder / "data_batch_1", "");
  EXPECT_THAT(loading(Split::train).note, HasSubstr("*python* version"));
  put(folder / "data_batch_1.bin", made_batch(1));
  EXPECT_THAT(loading(Split::train), Says(ErrorKind::missing, "E0301", "data_batch_2.bin` not found"));
  EXPECT_THAT(diagnosis_of([&] { load_cifar(folder / "none", Split::test); }),
              Says(ErrorKind::missing, "E0301", "none"));
}

TEST(Cifar, RefusesAFileOfAnotherSize) {
  const TemporaryFolder folder;
  const auto found = [&](std::string_view bytes) {
    put(folder / "test_batch.bin", bytes);
    return diagnosis_of([&] { load_cifar(folder.path(), Split::test); });
  };
  const std::string batch = made_batch(1);
  const Diagnosis cut = found(std::string_view(batch).substr(0, 29'000'000));
  EXPECT_THAT(cut,
              Says(ErrorKind::damaged, "E0401", "test_batch.bin` has 29,000,000 bytes, expected 30,730,000"));
  EXPECT_THAT(cut.note, HasSubstr("cut off"));
  EXPECT_THAT(found(batch + "x"), Says(ErrorKind::damaged, "E0401", "has 30,730,001 bytes"));
  EXPECT_THAT(found(""), Says(ErrorKind::damaged, "E0401", "has 0 bytes"));
  EXPECT_THAT(found("\x1f\x8b\x08").note, HasSubstr("gzip"));
}

TEST(Cifar, RefusesALabelAboveNine) {
  const TemporaryFolder folder;
  std::string batch = made_batch(1);
  batch[41 * record_size] = static_cast<char>(173);
  put(folder / "test_batch.bin", batch);
  const Diagnosis diagnosis = diagnosis_of([&] { load_cifar(folder.path(), Split::test); });
  EXPECT_THAT(diagnosis, Says(ErrorKind::damaged, "E0402", "label 173 at image 41 (byte 125,993 of "));
  EXPECT_THAT(diagnosis.note, HasSubstr("*python*"));
  batch[41 * record_size] = 10;
  put(folder / "test_batch.bin", batch);
  EXPECT_THROW(load_cifar(folder.path(), Split::test), Error);
}

TEST(Pixels, BecomeDataUnitsAndComeBackExactly) {
  for (int pixel = 0; pixel < 256; ++pixel) {
    const float value = to_data_units(static_cast<std::uint8_t>(pixel));
    EXPECT_NEAR(value, pixel / 127.5 - 1, 1e-7);
    EXPECT_EQ(to_pixel(value), pixel);
  }
  EXPECT_EQ(to_data_units(0), -1.0f);
  EXPECT_EQ(to_data_units(255), 1.0f);
}

TEST(Pixels, AreTheNearestAndClipped) {
  EXPECT_EQ(to_pixel(to_data_units(100) + 0.49f / 127.5f), 100);
  EXPECT_EQ(to_pixel(to_data_units(100) + 0.51f / 127.5f), 101);
  EXPECT_EQ(to_pixel(0), 128);  // 127.5 is a tie; 128 is even
  EXPECT_EQ(to_pixel(-3), 0);
  EXPECT_EQ(to_pixel(INFINITY), 255);
  EXPECT_EQ(to_pixel(NAN), 0);
}

TEST(ImageSet, GathersRowsInTheOrderAsked) {
  ImageSet images;
  for (std::uint8_t i = 0; i < 4; ++i) {
    images.pixels.insert(images.pixels.end(), image_volume, static_cast<std::uint8_t>(51 * i));
    images.labels.push_back(i);
    images.original_indices.push_back(100 + i);
  }
  const std::vector<Index> rows = {3, 0, 3};
  const std::vector<float> values = gather_floats(images, rows);
  ASSERT_EQ(values.size(), 3u * image_volume);
  EXPECT_EQ(values[0], to_data_units(153));
  EXPECT_EQ(values[image_volume], to_data_units(0));
  EXPECT_EQ(values[3 * image_volume - 1], to_data_units(153));
  const ImageSet chosen = subset(images, rows);
  EXPECT_EQ(chosen.labels, (std::vector<std::int32_t>{3, 0, 3}));
  EXPECT_EQ(chosen.original_indices, (std::vector<Index>{103, 100, 103}));
  EXPECT_EQ(to_floats(chosen.pixels), values);
}

TEST(ImageFiles, AreThoseThatAreRead) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "cifar-10-batches-bin");
  const auto batch = put(folder / "cifar-10-batches-bin/test_batch.bin", "x");
  EXPECT_THAT(image_files(folder.path(), Split::test), testing::ElementsAre(batch));
  EXPECT_THAT(diagnosis_of([&] { image_files(folder.path(), Split::train); }),
              Says(ErrorKind::missing, "E0301", "CIFAR-10 not found"));
  const auto own = image_files("embedded", Split::train);
  ASSERT_EQ(own.size(), 2u);
  EXPECT_EQ(own[0].filename(), "train.png");
  EXPECT_EQ(own[1].filename(), "train.json");
}

}  // namespace
}  // namespace weir
