// Two folders of hand-written tables.
#include "study/run_comparison.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

void write_run(const std::filesystem::path& folder, const std::string& table, const std::string& status) {
  std::filesystem::create_directories(folder / "tables");
  put(folder / "tables/table2.csv", table);
  put(folder / "findings.json", "{\"findings\": [{\"id\": \"Q1a\", \"status\": \"" + status + "\"}]}");
}

constexpr const char* table = "model,attack,rate\nOriginal,FGSM,0.5\nOriginal,JSMA,\n";

const FileComparison& of(const std::vector<FileComparison>& files, const std::string& name) {
  for (const FileComparison& one : files)
    if (one.file == name) return one;
  throw std::runtime_error("nothing was compared in " + name);
}

TEST(RunComparison, EqualRunsAreTheSame) {
  const TemporaryFolder folder;
  write_run(folder / "a", table, "holds");
  write_run(folder / "b", table, "holds");
  for (const FileComparison& one : compare_runs(folder / "a", folder / "b", 1e-9)) EXPECT_TRUE(one.same());
}

TEST(RunComparison, NumbersMayDifferByTheTolerance) {
  const TemporaryFolder folder;
  write_run(folder / "a", table, "holds");
  write_run(folder / "b", "model,attack,rate\nOriginal,FGSM,0.505\nOriginal,JSMA,\n", "holds");
  EXPECT_TRUE(of(compare_runs(folder / "a", folder / "b", 0.01), "tables/table2.csv").same());
  const auto files = compare_runs(folder / "a", folder / "b", 0.009);
  const FileComparison& found = of(files, "tables/table2.csv");
  ASSERT_EQ(found.beyond.size(), 1u);
  EXPECT_EQ(found.beyond[0].place, "row 1 (Original FGSM), column rate");
  EXPECT_NEAR(found.largest, 0.005 / 0.505, 1e-12);
}

TEST(RunComparison, ANumberAgainstNothingIsBeyondAnyTolerance) {
  const TemporaryFolder folder;
  write_run(folder / "a", table, "holds");
  write_run(folder / "b", "model,attack,rate\nOriginal,FGSM,0.5\nOriginal,JSMA,0.1\n", "holds");
  EXPECT_FALSE(of(compare_runs(folder / "a", folder / "b", 1e9), "tables/table2.csv").same());
}

TEST(RunComparison, NanAndInfinityAreLikeNothingButThemselves) {
  const TemporaryFolder folder;
  for (const char* odd : {"nan", "inf", "-inf"}) {
    write_run(folder / "a", fmt::format("rate\n{}\n", odd), "holds");
    write_run(folder / "b", "rate\n0.5\n", "holds");
    EXPECT_FALSE(of(compare_runs(folder / "a", folder / "b", 1), "tables/table2.csv").same()) << odd;
    EXPECT_FALSE(of(compare_runs(folder / "b", folder / "a", 1), "tables/table2.csv").same()) << odd;
    EXPECT_TRUE(of(compare_runs(folder / "a", folder / "a", 1), "tables/table2.csv").same()) << odd;
  }
}

TEST(RunComparison, FindingsThatOneLacksAreNamed) {
  const TemporaryFolder folder;
  write_run(folder / "a", table, "holds");
  write_run(folder / "b", table, "holds");
  std::filesystem::remove(folder / "b/findings.json");
  EXPECT_THAT(of(compare_runs(folder / "a", folder / "b", 1), "findings.json").unlike,
              HasSubstr("is not in"));
}

TEST(RunComparison, FindingsThatCannotBeReadAreDamagedAndNotTheSame) {
  const TemporaryFolder folder;
  for (const char* text :
       {"{", "[]", "{\"findings\": [1]}", "{\"findings\": [{\"id\": 1, \"status\": \"\"}]}"}) {
    write_run(folder / "a", table, "holds");
    put(folder / "a/findings.json", text);
    EXPECT_THAT(diagnosis_of([&] { compare_runs(folder / "a", folder / "a", 1); }),
                Says(ErrorKind::damaged, "E0444", "as the findings of a study"))
        << text;
  }
}

TEST(RunComparison, FindingsThatCameOutDifferentlyDiffer) {
  const TemporaryFolder folder;
  write_run(folder / "a", table, "holds");
  write_run(folder / "b", table, "undecided");
  EXPECT_FALSE(of(compare_runs(folder / "a", folder / "b", 1), "findings.json").same());
}

TEST(RunComparison, AFileThatOneLacksIsNamed) {
  const TemporaryFolder folder;
  write_run(folder / "a", table, "holds");
  write_run(folder / "b", table, "holds");
  put(folder / "b/tables/table3.csv", "a\n1\n");
  EXPECT_THAT(of(compare_runs(folder / "a", folder / "b", 1), "tables/table3.csv").unlike,
              HasSubstr("is not in"));
}

TEST(RunComparison, AFolderWithoutTablesIsNoRun) {
  const TemporaryFolder folder;
  write_run(folder / "a", table, "holds");
  EXPECT_THAT(diagnosis_of([&] { compare_runs(folder / "a", folder.path(), 1); }),
              Says(ErrorKind::missing, "E0308", "holds no tables"));
}

}  // namespace
}  // namespace weir
