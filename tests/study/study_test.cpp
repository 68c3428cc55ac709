// The whole study on a small network that is trained for the purpose: everything real, nothing from the
// paper's network.
#include "study/study.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <unistd.h>

#include "data/file_lock.h"
#include "data/hash.h"
#include "data/read_file.h"
#include "generated/places.h"
#include "models/registry.h"
#include "study/manifest.h"
#include "study/tables.h"
#include "tensor/check.h"
#include "tensor/device.h"
#include "tensor/workers.h"
#include "tests/data/temporary_folder.h"
#include "tests/study/tiny_network.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

const Paper& paper() {
  static const Paper read = Paper::read(WEIR_SOURCE_DIR "/study/paper.json");
  return read;
}

std::filesystem::path folder_of(const std::string& name) {
  return std::filesystem::path(::testing::TempDir()) / ("weir_study_" + std::to_string(getpid())) / name;
}

StudySummary run_into(const std::filesystem::path& folder) {
  return run_study(
      {.out = folder, .weights = tiny_network(), .arguments = {"weir", "study"}, .host = {{"CPU", "a test"}}},
      Device::fastest());
}

/// One finished run. Its checks are functions of one test, because every test is a process and would run the
/// study again.
struct FinishedRun {
  std::filesystem::path folder;
  StudySummary summary;

  std::string text(const std::string& file) const { return read_text_file(folder / file); }
  Json json(const std::string& file) const { return Json::parse(text(file)); }
};

void writes_what_the_contract_names(const FinishedRun& run) {
  for (const char* file :
       {"report.html", "tables/table2.csv", "tables/table3.csv", "tables/table7.csv", "tables/table10.csv",
        "figures/fig1.svg", "figures/fig1.csv", "figures/fig2.svg", "figures/fig2.csv", "figures/fig4.csv",
        "figures/fig4.gp", "findings.json", "manifest.json", "seeds.csv"})
    EXPECT_TRUE(std::filesystem::exists(run.folder / file)) << file;
  EXPECT_EQ(run.summary.attacks.size(), 2u);
}

/// If this fails the other checks test nothing: chance is 10 %.
void the_network_is_worth_attacking(const FinishedRun& run) {
  EXPECT_GT(run.json("findings.json").at("accuracy").get<double>(), 0.25);
  for (const AttackSummary& attack : run.summary.attacks) {
    EXPECT_GT(attack.success.trials, 40);
    EXPECT_GT(attack.success.hits, 10);
  }
}

void table_two_says_what_the_attacks_summaries_say(const FinishedRun& run) {
  std::istringstream lines(run.text("tables/table2.csv"));
  std::string line;
  std::getline(lines, line);
  for (const AttackSummary& attack : run.summary.attacks) {
    std::getline(lines, line);
    EXPECT_THAT(line, HasSubstr(fmt::format(",{},{},\"reduced settings", attack.success.trials,
                                            attack.success.hits)));
    EXPECT_THAT(line, HasSubstr(fmt::format("linf,{:.9g},", attack.relative_linf.mean)));
    EXPECT_THAT(line, HasSubstr(fmt::format(",{:.9g},{:.9g},{:.9g},{},,", attack.success.value,
                                            attack.success.low, attack.success.high, attack.success.trials)));
  }
}

void seeds_are_distinct_images_of_their_splits(const FinishedRun& run) {
  std::istringstream lines(run.text("seeds.csv"));
  std::string line;
  std::getline(lines, line);
  std::map<std::string, std::set<std::string>> drawn;
  while (std::getline(lines, line)) {
    const auto comma = line.find(',');
    drawn[line.substr(0, comma)].insert(line.substr(comma + 1));
  }
  EXPECT_EQ(drawn["attacked_test"].size(), 200u);
  EXPECT_EQ(drawn["normal_train"].size(), 200u);
}

void every_statement_of_the_paper_is_answered_or_open(const FinishedRun& run) {
  const Json findings = run.json("findings.json").at("findings");
  EXPECT_EQ(findings.size(), paper().directions().size());
  std::map<std::string, std::string> status;
  for (const Json& finding : findings) status[finding.at("id")] = finding.at("status");
  for (const char* measured : {"Q1c", "Q2a", "Q2c"}) EXPECT_NE(status[measured], "not measured") << measured;
  for (const char* open : {"Q1a", "Q3b", "Q4a", "Q5a"}) EXPECT_EQ(status[open], "not measured") << open;
}

void the_manifest_knows_every_file_by_its_hash(const FinishedRun& run) {
  const Json manifest = run.json("manifest.json");
  EXPECT_EQ(manifest.at("exit_code"), 0);
  EXPECT_EQ(manifest.at("inputs").size(), 5u) << "weights, two sheets of images, their lists";
  for (const Json& file : manifest.at("inputs"))
    EXPECT_EQ(xxh3_128_hex_of_file(file.at("file").get<std::string>()),
              file.at("xxh3_128").get<std::string>())
        << file;
  EXPECT_EQ(manifest.at("seed"), 2018);
  EXPECT_EQ(manifest.at("settings").at("igsm.step"), "0.002");
  std::set<std::string> listed{"manifest.json", ".lock"};
  for (const Json& file : manifest.at("outputs")) {
    listed.insert(file.at("file"));
    EXPECT_EQ(xxh3_128_hex_of_file(run.folder / file.at("file").get<std::string>()),
              file.at("xxh3_128").get<std::string>())
        << file;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run.folder))
    EXPECT_TRUE(!entry.is_regular_file() ||
                listed.count(std::filesystem::relative(entry.path(), run.folder).string()) == 1)
        << entry.path();
}

void the_pages_numbers_are_those_of_the_tables(const FinishedRun& run) {
  const std::string page = run.text("report.html");
  EXPECT_THAT(page, HasSubstr(fmt::format("<b>{:.4f}</b>", run.summary.attacks[0].success.value)));
  EXPECT_THAT(page, HasSubstr("id=\"timing\""));
  EXPECT_THAT(page, HasSubstr("reduced settings, not comparable with the paper"));
}

void has_the_same_bytes(const FinishedRun& first, const FinishedRun& second) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(first.folder)) {
    const auto file = std::filesystem::relative(entry.path(), first.folder);
    if (!entry.is_regular_file() || file == "manifest.json" || file == "report.html" || file == ".lock")
      continue;
    EXPECT_EQ(read_text_file(entry.path()), read_text_file(second.folder / file)) << file;
  }
}

TEST(Study, OneRunWritesWhatItMeasuredAndAnotherTheSameBytes) {
  const FinishedRun first{folder_of("first"), run_into(folder_of("first"))};
  writes_what_the_contract_names(first);
  the_network_is_worth_attacking(first);
  table_two_says_what_the_attacks_summaries_say(first);
  seeds_are_distinct_images_of_their_splits(first);
  every_statement_of_the_paper_is_answered_or_open(first);
  the_manifest_knows_every_file_by_its_hash(first);
  the_pages_numbers_are_those_of_the_tables(first);

  set_thread_budget(thread_budget() == 1 ? 2 : 1);
  const FinishedRun second{folder_of("second"), run_into(folder_of("second"))};
  has_the_same_bytes(first, second);
  std::filesystem::remove_all(first.folder.parent_path());
}

TEST(Study, AnUnknownPresetIsNamedBeforeAnythingIsComputed) {
  try {
    run_study({.preset = "instant", .out = folder_of("never"), .weights = tiny_network()}, Device::fastest());
    FAIL() << "a preset that does not exist was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().code, "E0207");
    EXPECT_THAT(error.diagnosis().help, HasSubstr("quick"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_of("never")));
}

TEST(Study, AFolderInUseIsLeftAlone) {
  const std::filesystem::path folder = folder_of("used");
  std::filesystem::create_directories(folder);
  const FileLock other(folder);
  EXPECT_THAT(diagnosis_of([&] { run_into(folder); }), Says(ErrorKind::resource, "E0601", "is in use"));
  EXPECT_FALSE(std::filesystem::exists(folder / "manifest.json"));
}

/// Few images, few replicates: what the preset says, not what it costs.
Preset small_preset() {
  return {.name = "paper",
          .settings = Settings::as_printed,
          .attacked_images = 4,
          .normal_images = 6,
          .accuracy_images = 10,
          .replicates = 5,
          .attacks = {"fgsm"}};
}

TEST(Preset, IsThePapersSettingOnThePapersDataOnly) {
  EXPECT_EQ(on_data(small_preset(), 50000, 10000).settings, Settings::as_printed);
  EXPECT_EQ(on_data(small_preset(), 50000, 10000).remark, "");
  EXPECT_EQ(on_data(small_preset(), 50000, 9999).settings, Settings::reduced);
  EXPECT_EQ(on_data(small_preset(), 1000, 10000).remark,
            "the data hold 1,000 training and 10,000 test images, the paper's 50,000 and 10,000");
}

TEST(Experiment, OnTheEmbeddedImagesNothingIsAsPrinted) {
  const Experiment experiment =
      run_experiment({.preset = small_preset(), .weights = tiny_network()}, paper(), Device::fastest());
  EXPECT_EQ(experiment.preset.settings, Settings::reduced);
  EXPECT_THAT(experiment.preset.remark, HasSubstr("1,000 training"));
  EXPECT_EQ(table_of_attacks(experiment, paper()).settings, Settings::reduced);
}

/// How many of the paper's numbers stand in a table.
Index printed_in(const Table& table) {
  Index count = 0;
  for (const auto& row : table.rows)
    for (const TableCell& cell : row)
      if (const auto* comparison = std::get_if<Comparison>(&cell)) count += comparison->paper != nullptr;
  return count;
}

TEST(Tables, CompareThePapersNetworkOnlyWithThePaper) {
  const Experiment another =
      run_experiment({.preset = small_preset(), .weights = tiny_network()}, paper(), Device::fastest());
  for (const Table& table : all_tables(another, paper())) EXPECT_EQ(printed_in(table), 0) << table.id;
  EXPECT_THAT(to_csv(table_of_attacks(another, paper())), HasSubstr("\ntiny,FGSM,linf,"));
  EXPECT_THAT(to_csv(table_of_models(another, paper())), HasSubstr("\ntiny,"));

  const Experiment own{.preset = small_preset(),
                       .model = {.architecture = good_init(), .network = nullptr, .metadata = {}},
                       .layers = layer_table(good_init())};
  EXPECT_GT(printed_in(table_of_architecture(own, paper())), 15);
  EXPECT_EQ(printed_in(table_of_models(own, paper())), 2);
}

/// Whatever the image is, the network says `answer`.
void write_network_that_says(int answer, const std::filesystem::path& path) {
  StoredNetwork stored = load_network(tiny_network(), Device::reference());
  const auto set = [&](Parameter& value) {
    if (value.name != "fc1.bias") return;
    std::vector<float> logits(10, 0.0f);
    logits[static_cast<std::size_t>(answer)] = 1e6f;
    value.value = Tensor::from_host(std::span<const float>(logits), {10}, Device::reference());
  };
  stored.network->for_each_parameter(Module::Visitor(set));
  save_network(path, stored);
}

TEST(Experiment, ANetworkThatGetsNothingRightHasNothingToAttack) {
  const TemporaryFolder folder;
  Preset preset = small_preset();
  preset.attacked_images = 1;  // which has one label: of two answers one is wrong
  int refused = 0;
  for (const int answer : {0, 1}) {
    write_network_that_says(answer, folder / "constant.safetensors");
    try {
      run_experiment({.preset = preset, .weights = folder / "constant.safetensors"}, paper(),
                     Device::fastest());
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnosis().code, "E0434") << error.diagnosis().message;
      EXPECT_EQ(error.diagnosis().kind, ErrorKind::damaged);
      ++refused;
    }
  }
  EXPECT_GE(refused, 1);
}

TEST(Study, PrimaryReadingsComeFromThePapersSettings) {
  EXPECT_EQ(primary_reading(paper(), "fgsm").at("eps"), "0.025");
  EXPECT_EQ(primary_reading(paper(), "igsm").at("step"), "0.002");
  EXPECT_EQ(primary_reading(paper(), "igsm").at("iterations"), "10");
}

TEST(ManifestFile, IsUnfinishedUntilItIsSealed) {
  Manifest manifest{.command = "study", .started = "2018-06-01T00:00:00Z"};
  EXPECT_TRUE(Json::parse(to_json(manifest)).at("exit_code").is_null());
  manifest.finished = "2018-06-01T00:01:00Z";
  EXPECT_EQ(Json::parse(to_json(manifest)).at("exit_code"), 0);
}

}  // namespace
}  // namespace weir
