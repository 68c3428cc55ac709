// The whole study on a small network that is trained for the purpose: everything real, nothing from the
// paper's network.
#include "study/study.h"

#include <cmath>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <unistd.h>

#include "data/csv.h"
#include "data/file_lock.h"
#include "data/hash.h"
#include "data/read_file.h"
#include "generated/places.h"
#include "models/registry.h"
#include "study/manifest.h"
#include "study/report.h"
#include "study/run_comparison.h"
#include "study/study_steps.h"
#include "study/tables.h"
#include "study/verification.h"
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

/// The tiny network in two roles: every input for one fools the other, too, and no path differs.
Preset preset_of(Index attacked, std::vector<std::string> attacks) {
  return {.name = "quick",
          .settings = Settings::reduced,
          .attacked_images = attacked,
          .normal_images = 60,
          .accuracy_images = 300,
          .replicates = 100,
          .pictures = 4,
          .attacks = std::move(attacks),
          .across = {"fgsm"}};
}

StudyOptions options_into(const std::filesystem::path& folder) {
  return {.preset = preset_of(150, {"fgsm", "igsm"}),
          .out = folder,
          .weights = tiny_network(),
          .others = {{"compressed", tiny_network()}},
          .arguments = {"weir", "study"},
          .host = {{"CPU", "a test"}}};
}

StudySummary run_into(const std::filesystem::path& folder) {
  return run_study(options_into(folder), Device::fastest());
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
  for (const char* file : {"report.html", "tables/table2.csv", "tables/table3.csv", "seeds.csv",
                           "figures/fig1.svg", "figures/fig1.csv", "figures/fig2.svg", "figures/fig2.csv",
                           "findings.json", "q4.json", "manifest.json", "records/original-fgsm.csv",
                           "records/compressed-fgsm-answers.csv", "records/original-unchanged-paths.csv"})
    EXPECT_TRUE(std::filesystem::exists(run.folder / file)) << file;
  for (int number = 2; number <= 10; ++number)
    if (number != 9) {  // JSMA is not in this preset
      EXPECT_TRUE(std::filesystem::exists(run.folder / fmt::format("tables/table{}.csv", number))) << number;
    }
  for (int number = 3; number <= 11; ++number) {
    EXPECT_TRUE(std::filesystem::exists(run.folder / fmt::format("figures/fig{}.gp", number)));
    read_csv(run.folder / fmt::format("figures/fig{}.csv", number));  // each row has the header's fields
  }
  EXPECT_EQ(run.summary.attacks.size(), 2u);
}

/// If this fails the other checks test nothing: chance is 10 %.
void the_network_is_worth_attacking(const FinishedRun& run) {
  EXPECT_GT(run.json("findings.json").at("accuracy").get<double>(), 0.25);
  for (const AttackSummary& attack : run.summary.attacks) {
    EXPECT_GT(attack.success.trials, 30);
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
  EXPECT_EQ(drawn["attacked_test"].size(), 150u);
  EXPECT_EQ(drawn["normal_train"].size(), 60u);
}

void every_statement_of_the_paper_is_answered_or_open(const FinishedRun& run) {
  const Json findings = run.json("findings.json").at("findings");
  EXPECT_EQ(findings.size(), paper().directions().size());
  std::map<std::string, std::string> status;
  for (const Json& finding : findings) status[finding.at("id")] = finding.at("status");
  for (const Json& finding : findings)
    EXPECT_EQ(finding.at("rows").empty(), status[finding.at("id")] == "not measured") << finding.at("id");
  for (const char* measured : {"Q1c", "Q2a", "Q2c"}) EXPECT_NE(status[measured], "not measured") << measured;
  for (const char* open : {"Q1a", "Q4a", "Q5a"}) EXPECT_EQ(status[open], "not measured") << open;
}

void the_manifest_knows_every_file_by_its_hash(const FinishedRun& run) {
  const Json manifest = run.json("manifest.json");
  EXPECT_EQ(manifest.at("exit_code"), 0);
  EXPECT_EQ(manifest.at("inputs").size(), 6u) << "weights of two roles, two sheets, their lists";
  for (const Json& file : manifest.at("inputs"))
    EXPECT_EQ(xxh3_128_hex_of_file(file.at("file").get<std::string>()),
              file.at("xxh3_128").get<std::string>())
        << file;
  EXPECT_EQ(manifest.at("seed"), 2018);
  EXPECT_EQ(manifest.at("settings").at("original.igsm.step"), "0.002");
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

/// Known answers: the network that an input was made for, under another name.
void the_same_network_in_two_roles_shows_no_difference(const FinishedRun& run) {
  const std::string gaps = run.text("tables/table5.csv"), rates = run.text("tables/table6.csv");
  EXPECT_THAT(gaps, HasSubstr("FGSM,tiny,tiny,0,"));
  EXPECT_THAT(rates, HasSubstr("FGSM,tiny,tiny,1,"));
  EXPECT_THAT(rates, HasSubstr("not measured: no network was given as other-seed beside tiny.safetensors"));
}

void is_sound_until_a_file_changes(const FinishedRun& run) {
  EXPECT_TRUE(verify_run(run.folder).sound());
  const std::string table = run.text("tables/table3.csv");
  put(run.folder / "tables/table3.csv", table + " ");
  const Verification after = verify_run(run.folder);
  EXPECT_FALSE(after.sound());
  for (const VerifiedFile& one : after.outputs)
    EXPECT_EQ(one.state == FileState::changed, one.file == "tables/table3.csv") << one.file;
  put(run.folder / "tables/table3.csv", table);
}

void every_success_of_table_two_is_a_line_of_the_records(const FinishedRun& run) {
  const std::string records = run.text("records/original-igsm.csv");
  Index successes = 0;
  for (auto at = records.find(",success,"); at != std::string::npos; at = records.find(",success,", at + 1))
    ++successes;
  EXPECT_EQ(successes, run.summary.attacks[1].success.hits);
}

void has_the_same_bytes(const FinishedRun& first, const FinishedRun& second) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(first.folder)) {
    const auto file = std::filesystem::relative(entry.path(), first.folder);
    if (!entry.is_regular_file() || file == "manifest.json" || file == "report.html" || file == ".lock" ||
        file.native().starts_with("cache"))  // cells hold the time that they took
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
  the_same_network_in_two_roles_shows_no_difference(first);
  every_success_of_table_two_is_a_line_of_the_records(first);
  is_sound_until_a_file_changes(first);

  set_thread_budget(thread_budget() == 1 ? 2 : 1);
  const FinishedRun second{folder_of("second"), run_into(folder_of("second"))};
  has_the_same_bytes(first, second);
  for (const FileComparison& file : compare_runs(first.folder, second.folder, 1e-9))
    EXPECT_TRUE(file.same()) << file.file;
  std::filesystem::remove_all(first.folder.parent_path());
}

std::size_t cells_in(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "cache", ignored))
    count += entry.is_regular_file() && entry.path().extension() == ".safetensors" ? 1 : 0;
  return count;
}

TEST(Study, StoppedAfterEveryCellItEndsWithTheSameBytes) {
  const TemporaryFolder folder;
  StudyOptions options = options_into(folder / "whole");
  options.preset = preset_of(40, {"fgsm"});
  const FinishedRun whole{folder / "whole", run_study(options, Device::fastest())};
  const std::size_t cells = cells_in(folder / "whole");
  options.out = folder / "stopped";
  std::size_t sittings = 0;
  for (bool finished = false; !finished; ++sittings) {
    const std::size_t before = cells_in(options.out);
    options.should_stop = [&] { return cells_in(options.out) > before; };
    const StudySummary summary = run_study(options, Device::fastest());
    finished = summary.finished;
    if (!finished) {
      EXPECT_TRUE(Json::parse(read_text_file(options.out / "manifest.json")).at("exit_code").is_null());
      EXPECT_FALSE(std::filesystem::exists(options.out / "report.html"));
      ASSERT_EQ(cells_in(options.out), before + 1) << "a sitting that saved nothing would go on for ever";
    }
  }
  EXPECT_EQ(sittings, cells + 1);
  has_the_same_bytes(whole, {options.out, {}});
}

TEST(Study, StoppedWhileFiguresAreDrawnItHasNoPage) {
  const TemporaryFolder folder;
  StudyOptions options = options_into(folder / "run");
  options.preset = preset_of(20, {"fgsm"});
  options.should_stop = [&] { return std::filesystem::exists(options.out / "figures/fig3.gp"); };
  EXPECT_FALSE(run_study(options, Device::fastest()).finished);
  EXPECT_FALSE(std::filesystem::exists(options.out / "report.html"));
  EXPECT_FALSE(std::filesystem::exists(options.out / "figures/fig4.gp"));
  EXPECT_FALSE(verify_run(options.out).finished);
}

TEST(Study, ItsCommandCanBeCopiedIntoAShell) {
  StudyOptions options = options_into("out");
  options.data = "my images; rm -rf x";
  options.weights = "it's.safetensors";
  options.others = {};
  EXPECT_EQ(command_of(options),
            "weir study --preset quick --seed 2018 --data 'my images; rm -rf x' --numerics fast --seeds 150 "
            "--weights 'it'\\''s.safetensors' --out DIR");
}

TEST(Study, ADamagedCellIsComputedAgainAndSaidSo) {
  const TemporaryFolder folder;
  StudyOptions options = options_into(folder / "run");
  options.preset = preset_of(20, {"fgsm"});
  run_study(options, Device::fastest());
  const std::string table = read_text_file(folder / "run/tables/table2.csv");
  std::size_t damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "run/cache"))
    if (entry.path().filename().native().starts_with("attack-")) {
      std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 1);
      ++damaged;
    }
  ASSERT_GT(damaged, 0u);
  std::vector<std::string> heard;
  options.listener = [&](std::string_view message) { heard.emplace_back(message); };
  run_study(options, Device::fastest());
  EXPECT_EQ(heard.size(), damaged);
  EXPECT_THAT(heard.at(0), HasSubstr("is computed again"));
  EXPECT_EQ(read_text_file(folder / "run/tables/table2.csv"), table);
}

TEST(Study, FromCellsOnlyAMissingOneIsAnError) {
  const TemporaryFolder folder;
  StudyOptions options = options_into(folder / "run");
  options.should_stop = [] { return true; };
  EXPECT_FALSE(run_study(options, Device::fastest()).finished);
  const std::string manifest = read_text_file(folder / "run/manifest.json");
  options.should_stop = {};
  options.only_from_cells = true;
  EXPECT_THAT(diagnosis_of([&] { run_study(options, Device::fastest()); }),
              Says(ErrorKind::missing, "E0306", "has no cell"));
  EXPECT_EQ(read_text_file(folder / "run/manifest.json"), manifest);
}

TEST(Preset, AnUnknownOneIsNamedWithThoseThereAre) {
  EXPECT_THAT(diagnosis_of([] { read_preset(WEIR_SOURCE_DIR "/study/presets.json", "instant"); }).help,
              HasSubstr("quick"));
}

TEST(Preset, FewerImagesAreReducedSettingsAndMoreAreNot) {
  const Preset paper_preset = read_preset(WEIR_SOURCE_DIR "/study/presets.json", "paper");
  EXPECT_EQ(with_attacked_images(paper_preset, 1000).settings, Settings::as_printed);
  EXPECT_EQ(with_attacked_images(paper_preset, 1000).attacked_images, 1000);
  EXPECT_EQ(with_attacked_images(paper_preset, 100).settings, Settings::reduced);
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

Experiment small_experiment(const TemporaryFolder& folder, const Preset& preset = small_preset(),
                            const std::filesystem::path& weights = tiny_network()) {
  std::set<std::string> cells;
  return run_experiment({.preset = preset, .weights = weights, .cells = folder / "cache"}, paper(),
                        Device::fastest(), cells);
}

TEST(Experiment, OnTheEmbeddedImagesNothingIsAsPrinted) {
  const TemporaryFolder folder;
  const Experiment experiment = small_experiment(folder);
  EXPECT_EQ(experiment.preset.settings, Settings::reduced);
  EXPECT_THAT(experiment.preset.remark, HasSubstr("1,000 training"));
  EXPECT_EQ(table_of_attacks(analyse(experiment, paper())).settings, Settings::reduced);
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
      small_experiment(folder, preset, folder / "constant.safetensors");
    } catch (const Error& error) {
      EXPECT_EQ(error.diagnosis().code, "E0434") << error.diagnosis().message;
      EXPECT_EQ(error.diagnosis().kind, ErrorKind::damaged);
      ++refused;
    }
  }
  EXPECT_GE(refused, 1);
}

TEST(AttackReading, ComesFromThePapersSettings) {
  const Preset preset = read_preset(WEIR_SOURCE_DIR "/study/presets.json", "paper");
  EXPECT_EQ(reading_of(paper(), preset, "fgsm").options.at("eps"), "0.025");
  EXPECT_EQ(reading_of(paper(), preset, "igsm").options.at("step"), "0.002");
  EXPECT_EQ(reading_of(paper(), preset, "igsm").options.at("iterations"), "10");
  EXPECT_EQ(reading_of(paper(), preset, "jsma").options.at("gamma"), "0.1");
  EXPECT_EQ(reading_of(paper(), preset, "adaptive-jsma").options.at("theta"), "0.4");
  EXPECT_EQ(reading_of(paper(), preset, "adaptive-jsma").options.at("temperature"), "40");
  EXPECT_EQ(reading_of(paper(), preset, "defended-jsma").options.count("temperature"), 0u);
}

TEST(AttackReading, OfAnotherReadingKeepsWhatItSaysItself) {
  const Preset preset = read_preset(WEIR_SOURCE_DIR "/study/presets.json", "paper");
  const AttackReading early = reading_of(paper(), preset, "igsm-early-stop");
  EXPECT_EQ(early.options.at("iterations"), "5");
  EXPECT_EQ(early.options.at("early-stop"), "success");
  EXPECT_EQ(early.options.at("step"), "0.002");
}

TEST(AttackReading, IsReducedWhereThePresetSaysSo) {
  const Preset preset = read_preset(WEIR_SOURCE_DIR "/study/presets.json", "quick");
  EXPECT_EQ(reading_of(paper(), preset, "cw").options.at("iterations"), "100");
  EXPECT_EQ(reading_of(paper(), preset, "fgsm").options.size(), 1u);
}

TEST(Plan, OfThePaperHoldsItsSixteenRuns) {
  const Preset preset = read_preset(WEIR_SOURCE_DIR "/study/presets.json", "paper");
  std::map<std::string, int> runs;
  for (const PlannedRun& run : planned_runs(preset)) ++runs[run.target];
  EXPECT_EQ(runs["original"], 5 + 2 + 1);  // Table II, other readings, the ensemble's counterpart
  for (const char* target : {"compressed", "deep-conv", "vgg-like", "other-seed"}) EXPECT_EQ(runs[target], 3);
  EXPECT_EQ(runs["distilled"], 2);
  EXPECT_EQ(runs["ensemble"], 1);
}

TEST(Role, KnowsTheKindOfNetworkThatThePaperMeasured) {
  EXPECT_TRUE(fits(role_named("original"), good_init()));
  EXPECT_FALSE(fits(role_named("compressed"), good_init()));  // as many parameters as before
  EXPECT_FALSE(fits(role_named("vgg-like"), deep_conv()));
  EXPECT_THAT(diagnosis_of([] { role_named("vgglike"); }).help, HasSubstr("vgg-like"));
}

TEST(Noise, IsAsLongAsTheChange) {
  std::vector<float> original(3072, 0.0f), changed(3072, 0.0f);
  changed[5] = 0.3f, changed[70] = -0.4f;
  const std::vector<Index> ids{42};
  const std::vector<float> noisy = noise_of_equal_norm(original, changed, ids, 2018);
  double squares = 0;
  for (const float pixel : noisy) squares += static_cast<double>(pixel) * pixel;
  EXPECT_NEAR(std::sqrt(squares), 0.5, 1e-6);  // floats of 3072 pixels
  EXPECT_NE(noisy, noise_of_equal_norm(original, changed, std::vector<Index>{43}, 2018));
}

TEST(InRandomPlaces, MovesOtherValuesByAsMuchAtTheSameStep) {
  std::vector<float> way(3 * 3072, 0.25f);
  way[3072 + 7] = 0.35f;                                     // one value at the first step,
  way[6144 + 7] = 0.45f, way[6144 + 8] = 0.15f;              // again and another at the second,
  for (std::size_t i = 3000; i < 3072; ++i) way[i] = 0.95f;  // beside some that have no room
  for (std::size_t i = 3000; i < 3072; ++i) way[3072 + i] = way[6144 + i] = 0.95f;
  const std::vector<float> scattered = in_random_places(way, 42, 2018);
  ASSERT_EQ(scattered.size(), way.size());
  std::vector<std::vector<std::size_t>> moved(3);
  for (std::size_t step = 0; step < 3; ++step)
    for (std::size_t i = 0; i < 3072; ++i)
      if (scattered[step * 3072 + i] != way[i]) moved[step].push_back(i);
  EXPECT_EQ(moved[0].size(), 0u);
  ASSERT_EQ(moved[1].size(), 1u);
  const std::size_t place = moved[1][0];
  EXPECT_NE(place, 7u);
  EXPECT_EQ(moved[2].size(), 2u);
  EXPECT_NEAR(scattered[3072 + place] - way[place], place < 3000 ? 0.1 : 0.05, 1e-6);
  EXPECT_NEAR(scattered[6144 + place] - way[place], place < 3000 ? 0.2 : 0.05, 1e-6);
  EXPECT_NE(scattered, in_random_places(way, 43, 2018));
  EXPECT_NE(scattered, in_random_places(way, 42, 2019));
}

TEST(ManifestFile, IsUnfinishedUntilItIsSealed) {
  Manifest manifest{.command = "study", .started = "2018-06-01T00:00:00Z"};
  EXPECT_TRUE(Json::parse(to_json(manifest)).at("exit_code").is_null());
  manifest.finished = "2018-06-01T00:01:00Z";
  EXPECT_EQ(Json::parse(to_json(manifest)).at("exit_code"), 0);
}

}  // namespace
}  // namespace weir
