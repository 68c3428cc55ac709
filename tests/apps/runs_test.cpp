// Commands about folders of results: transfer, verify, compare, report, and a study that is told to stop.
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "generated/places.h"
#include "tests/apps/run_weir.h"
#include "tests/apps/small_run.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::string>;
using Json = nlohmann::json;

/// An attack's folder: fgsm on the small network.
std::string attacked(const SmallRun& run) {
  const Ran ran = run_weir({"attack", "fgsm", (run / "weights.safetensors").string(), "--images",
                            (run / "images.npy").string(), "--labels", (run / "labels.npy").string(), "--eps",
                            "1", "--out", (run / "attack").string()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return (run / "attack").string();
}

TEST(Transfer, ToTheNetworkThatWasFooledIsCertain) {
  const TemporaryFolder folder;
  const std::string attack = (folder / "attack").string(), transfer = (folder / "transfer").string();
  const Ran attacked =
      run_weir({"attack", "fgsm", "good-init", "--eps", "8/255", "--count", "6", "--out", attack});
  ASSERT_EQ(attacked.code, 0) << attacked.err;
  const Json summary = Json::parse(contents_of(folder / "attack/summary.json"));
  ASSERT_GT(summary.at("success").at("hits").get<int>(), 0);

  const Ran ran = run_weir({"transfer", attack, "good-init", "--out", transfer, "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Json network = Json::parse(ran.out).at("networks").at(0);
  EXPECT_EQ(network.at("all").at("rate"), 1.0);
  EXPECT_EQ(network.at("conditional").at("hits"), summary.at("success").at("hits"));
  EXPECT_LE(network.at("noise").at("rate").get<double>(), 1.0);
  EXPECT_THAT(contents_of(folder / "transfer/transfer.csv"), HasSubstr("network,rate_of,hits,trials"));
}

TEST(Transfer, OfNoSuccessIsRefused) {
  const SmallRun run;
  const std::string folder = attacked(run);
  std::string records = contents_of(run / "attack/records.csv");
  for (auto at = records.find(",success,"); at != std::string::npos; at = records.find(",success,"))
    records.replace(at, 9, ",fail_nan,");
  put(run / "attack/records.csv", records);
  expect_refusal(
      {"transfer", folder, (run / "weights.safetensors").string(), "--out", (run / "transfer").string()}, 2,
      fmt::format("error[E0217]: {} holds no input that fooled its network\n", folder));
}

TEST(Verify, NoticesOneChangedByte) {
  const SmallRun run;
  const std::string folder = attacked(run);
  EXPECT_EQ(run_weir({"verify", folder}).code, 0);
  std::string labels = contents_of(run / "attack/labels.npy");
  labels.back() = static_cast<char>(labels.back() ^ 1);
  put(run / "attack/labels.npy", labels);
  const Ran after = run_weir({"verify", folder});
  EXPECT_EQ(after.code, 1);
  EXPECT_THAT(after.out, HasSubstr("changed    labels.npy"));
  std::filesystem::remove(run / "attack/labels.npy");
  EXPECT_THAT(run_weir({"verify", folder}).out, HasSubstr("gone       labels.npy"));
}

TEST(Verify, NoticesAChangedInputFromAnyFolder) {
  const SmallRun run;
  const Ran ran = run_weir({"attack", "fgsm", "weights.safetensors", "--images", "images.npy", "--labels",
                            "labels.npy", "--eps", "1", "--out", "attack"},
                           {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const std::string folder = (run / "attack").string();
  EXPECT_EQ(run_weir({"verify", folder}).code, 0);
  std::string images = contents_of(run / "images.npy");
  images.back() = static_cast<char>(images.back() ^ 1);
  put(run / "images.npy", images);
  const Ran after = run_weir({"verify", folder});
  EXPECT_EQ(after.code, 1);
  EXPECT_THAT(after.out, HasSubstr("changed    images.npy"));
}

TEST(Verify, WithoutAManifestThereIsNothingToVerify) {
  const SmallRun run;
  expect_refusal({"verify", run.path().string()}, 3,
                 fmt::format("error[E0302]: cannot read `{}/manifest.json`: no such file\n"
                             "  = help: name a folder that `weir attack` (or `weir study`) wrote\n",
                             run.path().string()));
}

TEST(Report, WithoutAManifestThereIsNoStudy) {
  const SmallRun run;
  expect_refusal({"report", run.path().string()}, 3,
                 fmt::format("error[E0302]: cannot read `{}/manifest.json`: no such file\n"
                             "  = help: name a folder that `weir study` wrote\n",
                             run.path().string()));
}

TEST(Report, OfAManifestWithoutASoundCountIsRefused) {
  const TemporaryFolder folder;
  for (const char* count : {"many", "99999999999999999999", "-1", ""}) {
    const Json manifest = {{"command", "study"},
                           {"data", "embedded"},
                           {"seed", 1},
                           {"numerics", "fast"},
                           {"settings", {{"preset", "quick"}, {"attacked_images", count}}}};
    put(folder / "manifest.json", manifest.dump());
    const Ran ran = run_weir({"report", folder.path().string()});
    EXPECT_EQ(ran.code, 4) << count;
    EXPECT_THAT(ran.err, HasSubstr("error[E0444]: "));
  }
}

TEST(Compare, OfAFolderThatIsALinkInACircle) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("circle", folder / "circle");
  expect_refusal({"compare", "circle", "circle"}, 3,
                 "error[E0302]: cannot use `circle/seeds.csv`: Too many levels of symbolic links\n",
                 {.folder = folder.path()});
}

TEST(Transfer, OfAFolderThatNoAttackWrote) {
  const SmallRun run;
  expect_refusal({"transfer", run.path().string(), "good-init", "--out", (run / "transfer").string()}, 3,
                 fmt::format("error[E0302]: cannot read `{}/original.npy`: no such file\n"
                             "  = help: name a folder that `weir attack` wrote\n",
                             run.path().string()));
  EXPECT_FALSE(std::filesystem::exists(run / "transfer"));
}

Words study(const std::filesystem::path& out) {
  return {"study", "--weights", WEIR_SOURCE_DIR "/tests/study/tiny.safetensors", "--seeds", "30",
          "--out", out.string()};
}

void is_made_again_by_report(const std::filesystem::path& run) {
  const std::string table = contents_of(run / "tables/table2.csv");
  const Json before = Json::parse(contents_of(run / "manifest.json"));
  std::filesystem::remove_all(run / "tables");
  const Ran again = run_weir({"report", run.string()});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(contents_of(run / "tables/table2.csv"), table);
  EXPECT_EQ(run_weir({"verify", run.string()}).code, 0);
  const Json after = Json::parse(contents_of(run / "manifest.json"));
  for (const auto& [key, value] : before.items())
    if (key != "outputs") {
      EXPECT_EQ(after.at(key), value) << key;
    }
}

void keeps_its_manifest_where_a_cell_is_missing(const std::filesystem::path& run) {
  std::filesystem::path cell;
  for (const auto& entry : std::filesystem::directory_iterator(run / "cache"))
    if (entry.path().filename().native().starts_with("attack-")) cell = entry.path();
  ASSERT_FALSE(cell.empty());
  std::filesystem::rename(cell, run / "aside");
  const Ran incomplete = run_weir({"report", run.string()});
  EXPECT_EQ(incomplete.code, 3) << incomplete.err;
  EXPECT_THAT(incomplete.err, HasSubstr("E0306"));
  std::filesystem::rename(run / "aside", cell);
  EXPECT_EQ(run_weir({"verify", run.string()}).code, 0);
}

TEST(StudyCommand, StoppedBySignalItSavesAndTheSameCommandFinishes) {
  const TemporaryFolder folder;
  const Ran stopped =
      run_weir(study(folder / "run"), {.signal = SIGTERM, .signal_at = "paths of unchanged images"});
  EXPECT_EQ(stopped.code, 143) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("the same command goes on"));
  EXPECT_EQ(run_weir({"verify", (folder / "run").string()}).code, 1);  // not finished
  const Ran finished = run_weir(study(folder / "run"));
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(run_weir({"verify", (folder / "run").string()}).code, 0);

  EXPECT_EQ(run_weir({"compare", (folder / "run").string(), (folder / "run").string()}).code, 0);
  is_made_again_by_report(folder / "run");
  keeps_its_manifest_where_a_cell_is_missing(folder / "run");
}

TEST(Report, OfAnotherCommandsFolderIsRefused) {
  const SmallRun run;
  const std::string folder = attacked(run);
  expect_refusal(
      {"report", folder}, 2,
      fmt::format("error[E0216]: {} holds the results of `weir attack`, not of a study\n", folder));
}

TEST(Compare, EndsWithOneWhereRunsDiffer) {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b"}) {
    std::filesystem::create_directories(folder / name / "tables");
    put(folder / name / "tables/table2.csv", std::string("attack,rate\nFGSM,0.") + name[0] + "\n");
  }
  EXPECT_EQ(run_weir({"compare", (folder / "a").string(), (folder / "b").string()}).code, 1);
}

}  // namespace
}  // namespace weir
