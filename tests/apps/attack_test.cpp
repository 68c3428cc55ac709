// `weir attack`: what it writes, and what it says when it cannot.
#include <algorithm>
#include <csignal>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/masking_report.h"
#include "attacks/registry.h"
#include "data/file_lock.h"
#include "data/hash.h"
#include "data/npy.h"
#include "models/weights.h"
#include "tensor/ops/pointwise.h"
#include "tests/apps/run_weir.h"
#include "tests/apps/small_run.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

Words on_small_run(const SmallRun& run, Words more = {}) {
  Words words = {"attack",
                 "fgsm",
                 (run / "weights.safetensors").string(),
                 "--images",
                 (run / "images.npy").string(),
                 "--labels",
                 (run / "labels.npy").string(),
                 "--out",
                 (run / "out").string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Attack, WritesWhatTheContractSays) {
  const SmallRun run;
  const Ran ran = run_weir(on_small_run(run, {"--eps", "8/255"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("eps 0.0627 (8/255)"));
  EXPECT_THAT(ran.out, HasSubstr("clean accuracy     100.00 %  (12 of 12;"));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(run / "out"))
    names.push_back(entry.path().filename());
  std::ranges::sort(names);
  EXPECT_THAT(names, ElementsAre(".lock", "adversarial.npy", "labels.npy", "manifest.json", "original.npy",
                                 "records.csv", "summary.json"));

  const auto original = read_images_npy(run / "out/original.npy"),
             moved = read_images_npy(run / "out/adversarial.npy");
  EXPECT_EQ(original.values, read_images_npy(run / "images.npy").values);
  EXPECT_EQ(read_labels_npy(run / "out/labels.npy").values, read_labels_npy(run / "labels.npy").values);
  ASSERT_EQ(moved.shape, original.shape);
  double farthest = 0;
  for (std::size_t i = 0; i < moved.values.size(); ++i)
    farthest = std::max(farthest, std::abs(double{moved.values[i]} - original.values[i]));
  EXPECT_NEAR(farthest, 16.0 / 255, 1e-6);

  const std::string records = contents_of(run / "out/records.csv");
  EXPECT_EQ(std::ranges::count(records, '\n'), 13);
  EXPECT_THAT(records, testing::StartsWith("id,label,clean_class,clean_confidence,target,status,"));
}

TEST(Attack, TheDocumentOnStdoutIsSummaryJson) {
  const SmallRun run;
  const Ran ran = run_weir(on_small_run(run, {"--json", "--quiet"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.out, contents_of(run / "out/summary.json"));
  const auto summary = nlohmann::json::parse(ran.out);
  EXPECT_EQ(summary["success"]["trials"], 12);
  EXPECT_EQ(summary["settings"]["eps"], "0.025");
}

TEST(Attack, AimsAtAClassAndLeavesItsOwnImagesOut) {
  const SmallRun run;
  std::vector<std::int64_t> labels = read_labels_npy(run / "labels.npy").values;
  const std::int64_t aim = (labels[0] + 3) % 10;
  labels[1] = labels[2] = aim;
  write_npy<std::int64_t>(run / "labels.npy", {{static_cast<Index>(labels.size())}, labels});
  const auto same = std::ranges::count(labels, aim);
  const Ran ran = run_weir(on_small_run(run, {"--target", std::to_string(aim)}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(fmt::format(", aimed at {}, {} of that class left out", aim, same)));
  EXPECT_EQ(std::ranges::count(contents_of(run / "out/records.csv"), '\n'),
            static_cast<std::ptrdiff_t>(labels.size()) - same + 1);
  EXPECT_EQ(read_labels_npy(run / "out/labels.npy").values.size(),
            labels.size() - static_cast<std::size_t>(same));

  const auto images_of = [&](const Words& more) {
    EXPECT_EQ(run_weir(on_small_run(run, more)).code, 0);
    return read_images_npy(run / "out/adversarial.npy").values;
  };
  std::vector<std::int64_t> next = labels;
  for (std::int64_t& target : next) target = (target + 1) % 10;
  write_npy<std::int64_t>(run / "targets.npy", {{static_cast<Index>(next.size())}, next});
  EXPECT_EQ(images_of({"--target", "next"}), images_of({"--target", (run / "targets.npy").string()}));
  EXPECT_NE(images_of({"--target", "next"}), images_of({}));
}

TEST(AttackRefusals, NoSuchTarget) {
  const SmallRun run;
  const Ran ran = run_weir(on_small_run(run, {"--target", "catt"}));
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("error[E0207]: `--target` has no `catt`"));
  EXPECT_THAT(ran.err, HasSubstr("did you mean `cat`?"));
}

TEST(Attack, SeveralNetworksAreFusedAndTheFirstOneJudges) {
  const SmallRun run, other;
  const std::string also = (other / "weights.safetensors").string();
  const Ran ran = run_weir(on_small_run(run, {"--also", also + "," + also, "--fusion", "losses", "--json"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("(fused losses, judged by the first)"));
  const auto summary = nlohmann::json::parse(ran.out);
  const std::string judge = (run / "weights.safetensors").string();
  EXPECT_EQ(summary["judged_by"], judge);
  EXPECT_EQ(summary["crafted_on"]["fusion"], "losses");
  EXPECT_EQ(summary["crafted_on"]["weights"], nlohmann::json({judge, also, also}));
  const auto manifest = nlohmann::json::parse(contents_of(run / "out/manifest.json"));
  EXPECT_EQ(manifest["settings"]["judged_by"], judge);
  EXPECT_EQ(manifest["inputs"].size(), 5u) << "three networks, images, labels";
  expect_refusal(on_small_run(run, {"--fusion", "losses"}), 2,
                 "error[E0004]: `--fusion` needs `--also`\n"
                 "  = help: name the other networks: `--also W2.safetensors,W3.safetensors`\n");
}

TEST(Attack, ADiagnosisIsPrintedAndKept) {
  const SmallRun run;
  const Ran ran = run_weir(on_small_run(run, {"--diagnose", "--json", "--eps", "8/255"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("gradient masking, eps 0.0627 (8/255):\n  gradient zero by underflow"));
  const auto masking = nlohmann::json::parse(ran.out)["masking"];
  EXPECT_EQ(masking["vanished"]["trials"], 12);
  EXPECT_NEAR(masking["eps"].get<double>(), 16.0 / 255, 1e-12);
  EXPECT_FALSE(nlohmann::json::parse(run_weir(on_small_run(run, {"--json"})).out).contains("masking"));
}

TEST(Attack, VanishedGradientsAreWarnedAbout) {
  const SmallRun run;
  StoredNetwork stored = load_network(run / "weights.safetensors", Device::reference());
  stored.network->for_each_parameter([](Parameter& parameter) {
    if (parameter.name.starts_with("fc")) parameter.value = 1e4 * parameter.value;
  });
  save_network(run / "weights.safetensors", stored);
  const Ran ran = run_weir(on_small_run(run, {"--json"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err,
              HasSubstr("warning[W0510]: input gradient is exactly 0 for 12 of 12 images\n"
                        "  = note: accuracy under this attack overstates robustness (gradient masking)\n"
                        "  = help: `--seed-scale scaled` finds gradients that underflow hides\n"));
  EXPECT_THAT(ran.err, HasSubstr("warning[W0511]: the gradient of 12 of 12 inputs is zero only because float "
                                 "arithmetic underflows\n"))
      << "the doctor comes by himself";
  const auto summary = nlohmann::json::parse(ran.out);
  EXPECT_EQ(summary["zero_gradients"]["hits"], 12);
  EXPECT_EQ(summary["masking"]["vanished"]["hits"], 12);
  EXPECT_THAT(run_weir(on_small_run(run, {"--seed-scale", "scaled"})).err, Not(HasSubstr("warning")));
}

TEST(Attack, TheHelpAgainstZeroGradientsIsOneThatTheAttackHas) {
  const auto help = [](std::string_view name, const OptionTexts& options) {
    return masking_warnings(*make_attack(name, options), rate_of(1, 2), {});
  };
  const auto scaled = HasSubstr("`--seed-scale scaled`");
  EXPECT_THAT(help("igsm", {}), scaled);
  EXPECT_THAT(help("jsma", {}), scaled);
  EXPECT_THAT(help("pgd", {}), scaled);
  for (const std::string& has_it_or_cannot :
       {help("deepfool", {}), help("cw", {}), help("battery", {}), help("igsm", {{"seed-scale", "scaled"}}),
        help("jsma", {{"on", "logits"}}), help("pgd", {{"loss", "margin"}})}) {
    EXPECT_THAT(has_it_or_cannot, Not(scaled));
    EXPECT_THAT(has_it_or_cannot, HasSubstr("= help: "));
  }
}

TEST(Attack, ADiagnosisOfAnAttackThatMovesNothingIsAtAnEpsThatDoes) {
  const SmallRun run;
  const Ran ran = run_weir(on_small_run(run, {"--eps", "0", "--diagnose"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("gradient masking, eps 0.0627 (8/255):"));
  EXPECT_THAT(ran.err, Not(HasSubstr("W0511")));
}

TEST(Attack, TheSummarySaysWhatWasAimedAtAndWhatWasLeftOut) {
  const SmallRun run;
  auto labels = read_labels_npy(run / "labels.npy");
  const auto answer = labels.values[0];  // of the whole small run
  labels.values[0] = (answer + 1) % 10;
  labels.values[1] = (answer + 2) % 10;
  write_npy(run / "labels.npy", labels);
  const std::string target = fmt::format("{}", labels.values[0]);
  const auto aimed = nlohmann::json::parse(run_weir(on_small_run(run, {"--json", "--target", target})).out);
  EXPECT_EQ(aimed["target"], target);
  EXPECT_EQ(aimed["left_out"]["of_the_target_class"], 1);
  EXPECT_EQ(aimed["left_out"]["misclassified"], 1);
  EXPECT_TRUE(aimed["l0_tolerant"].contains("median"));
  const auto any = nlohmann::json::parse(run_weir(on_small_run(run, {"--json"})).out);
  EXPECT_TRUE(any["target"].is_null());
  EXPECT_EQ(any["left_out"]["of_the_target_class"], 0);
}

TEST(Attack, MoreImagesThanThereAreIsSaid) {
  const SmallRun run;
  const Words words = {"attack", "fgsm", "weights.safetensors", "--dry-run", "--count"};
  const auto counted = [&](const std::string& count) {
    Words all = words;
    all.push_back(count);
    return run_weir(all, {.folder = run.path()}).err;
  };
  EXPECT_THAT(counted("5000"), HasSubstr("note: there are 1,000 images, `--count 5000` asks for more\n"));
  EXPECT_THAT(counted("1000"), Not(HasSubstr("note")));
}

TEST(Attack, TheManifestKnowsEveryFile) {
  const SmallRun run;
  ASSERT_EQ(run_weir(on_small_run(run, {"--seed", "7"})).code, 0);
  const auto manifest = nlohmann::json::parse(contents_of(run / "out/manifest.json"));
  EXPECT_EQ(manifest["seed"], 7);
  EXPECT_EQ(manifest["argv"].front(), "attack");
  EXPECT_EQ(manifest["outputs"].size(), 5u);
  for (const auto& file : manifest["outputs"])
    EXPECT_EQ(file["xxh3_128"], xxh3_128_hex_of_file(run / "out" / file["file"].get<std::string>()));
  EXPECT_EQ(manifest["inputs"].size(), 3u) << "weights, images, labels";
}

TEST(Attack, CraftsFastUnlessToldOtherwise) {
  const SmallRun run;
  const auto numerics_of = [&](const Words& more) {
    EXPECT_EQ(run_weir(on_small_run(run, more)).code, 0);
    return nlohmann::json::parse(contents_of(run / "out/manifest.json"))["settings"]["numerics"]
        .get<std::string>();
  };
  EXPECT_EQ(numerics_of({}), "fast");
  EXPECT_EQ(numerics_of({"--numerics", "exact"}), "exact");
  expect_refusal({"eval", "good-init", "--numerics", "quick"}, 2,
                 "error[E0207]: `--numerics` has no `quick`\n  = note: it is one of exact, fast\n");
}

TEST(Attack, TheBytesDoNotDependOnThreads) {
  const SmallRun run(70);
  Words words = on_small_run(run, {"--threads", "1"});
  ASSERT_EQ(run_weir(words).code, 0);
  const std::string once = contents_of(run / "out/adversarial.npy"),
                    records = contents_of(run / "out/records.csv");
  words.back() = "3";
  ASSERT_EQ(run_weir(words).code, 0);
  EXPECT_EQ(contents_of(run / "out/adversarial.npy"), once);
  EXPECT_EQ(contents_of(run / "out/records.csv"), records);
}

TEST(Attack, DryRunOnlySaysWhatItWouldDo) {
  const SmallRun run;
  const Ran ran = run_weir(on_small_run(run, {"--dry-run"}));
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("fgsm (eps 0.025 (3.19/255), label prediction"));
  EXPECT_FALSE(std::filesystem::exists(run / "out"));
}

TEST(AttackRefusals, NoSuchAttack) {
  expect_refusal({"attack", "fgms", "good-init"}, 2,
                 "error[E0001]: no attack `fgms`\n"
                 "  = help: did you mean `fgsm`?\n");
}

TEST(AttackRefusals, NoAttackNamed) {
  const Ran ran = run_weir({"attack"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, testing::StartsWith(
                           "error[E0004]: `weir attack` needs to know which\n  = note: it is one of fgsm"));
}

TEST(AttackRefusals, LongOptionName) {
  expect_refusal({"attack", "fgsm", "good-init", "--epsilon", "8/255"}, 2,
                 "error[E0002]: unknown option `--epsilon` for `weir attack fgsm`\n"
                 "  = help: did you mean `--eps`?\n");
}

TEST(AttackRefusals, EpsilonOnTheScaleOf255) {
  expect_refusal({"attack", "fgsm", "good-init", "--eps", "8"}, 2,
                 "error[E0203]: `--eps 8` is larger than the pixel range 2\n"
                 "  = note: pixels run from -1 to 1\n"
                 "  = help: did you mean `--eps 8/255` (0.0627)?\n");
}

TEST(AttackRefusals, NumbersOutOfBounds) {
  expect_refusal({"attack", "cw", "good-init", "--kappa", "-1"}, 2,
                 "error[E0206]: `--kappa` must be 0 or more, found -1\n");
  expect_refusal({"trace", "jsma", "good-init", "--image", "31", "--gamma", "2"}, 2,
                 "error[E0206]: `--gamma` must be more than 0 and at most 1, found 2\n");
  expect_refusal({"attack", "jsma", "good-init", "--on", "logits", "--temperature", "2"}, 2,
                 "error[E0006]: `--temperature 2` and `--on logits` exclude each other\n"
                 "  = note: logits have no temperature\n");
}

TEST(AttackRefusals, AShareThatIsLessThanAPair) {
  const SmallRun run;
  Words words = on_small_run(run, {"--gamma", "0.0001", "--quiet"});
  words[1] = "jsma";
  expect_refusal(words, 2,
                 "error[E0206]: gamma 0.0001 of 3072 features is less than the two that move at once\n"
                 "  = help: a pair is a share of 2/3072: take 0.00066 or more\n");
}

TEST(AttackRefusals, NetworksOfOtherClassesTogether) {
  const SmallRun run;
  StoredNetwork five{.architecture = {.model = "five",
                                      .layers = {{.kind = LayerKind::global_max_pool},
                                                 {.kind = LayerKind::linear, .width = 5}}},
                     .network = nullptr,
                     .metadata = {}};
  five.network = build(five.architecture, Device::reference());
  save_network(run / "five.safetensors", five);
  const std::string weights = (run / "weights.safetensors").string(),
                    other = (run / "five.safetensors").string();
  const Ran ran = run_weir(on_small_run(run, {"--also", other}));
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("error[E0228]: "));
  const auto said = nlohmann::json::parse(run_weir(on_small_run(run, {"--also", other, "--json"})).out);
  EXPECT_EQ(said["error"]["message"],
            fmt::format("{} has 10 classes, {} has 5: they cannot be attacked together", weights, other));
}

TEST(AttackRefusals, EpsilonThatIsNoNumber) {
  for (const std::string text : {"abc", "8/0", "", "nan", "8/256", "0,025"}) {
    const Ran ran = run_weir({"attack", "fgsm", "good-init", "--eps", text});
    EXPECT_EQ(ran.code, 2) << text;
    EXPECT_THAT(ran.err,
                testing::StartsWith("error[E0204]: cannot read `" + text + "` as a number for `--eps`\n"))
        << text;
    EXPECT_THAT(ran.err, HasSubstr("= help: write `0.025` (data units) or `8/255`")) << text;
  }
}

TEST(AttackRefusals, UnknownDevice) {
  expect_refusal({"attack", "fgsm", "good-init", "--device", "onedn"}, 2,
                 "error[E0207]: `--device` has no `onedn`\n"
                 "  = note: it is one of reference, openblas, onednn, cuda, emulated\n"
                 "  = help: did you mean `onednn`?\n");
}

TEST(AttackRefusals, ImagesWithoutLabels) {
  expect_refusal({"attack", "fgsm", "good-init", "--images", "x.npy"}, 2,
                 "error[E0004]: `--images` needs `--labels`\n"
                 "  = help: write `--images X.npy --labels Y.npy`, or neither for images of the test set\n");
}

TEST(AttackRefusals, AnotherNumberOfLabels) {
  const SmallRun run;
  write_npy<std::int64_t>(run / "labels.npy", {{3}, {1, 2, 3}});
  expect_refusal(on_small_run(run), 4,
                 "error[E0409]: `{}/labels.npy` has 3 labels, but there are 12 images\n",
                 {.folder = run.path()});
}

TEST(AttackRefusals, OutIsAFile) {
  const SmallRun run;
  put(run / "out", "kept");
  const Ran ran = run_weir(on_small_run(run));
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, testing::StartsWith("error[E0603]: "));
  EXPECT_EQ(contents_of(run / "out"), "kept");
}

TEST(AttackRefusals, OutIsCheckedBeforeAnythingIsRead) {
  const Ran ran = run_weir({"attack", "fgsm", "no-such-weights.safetensors", "--out", "/proc/weir"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_THAT(ran.err, testing::StartsWith("error[E0603]: cannot write to `/proc/weir`"));
}

TEST(AttackRefusals, OutIsNoNameForAFolder) {
  const Ran ran = run_weir({"attack", "fgsm", "good-init", "--out", std::string(300, 'a')});
  EXPECT_EQ(ran.code, 6);
  EXPECT_THAT(ran.err, testing::StartsWith("error[E0603]: cannot write to `aaa"));
}

TEST(AttackRefusals, OutIsInUse) {
  const SmallRun run;
  std::filesystem::create_directory(run / "out");
  const FileLock lock(run / "out");
  const Ran ran = run_weir(on_small_run(run));
  EXPECT_EQ(ran.code, 6);
  EXPECT_THAT(ran.err, testing::StartsWith("error[E0601]: "));
}

TEST(AttackRefusals, FullDiskLeavesNoPart) {
  const SmallRun run;
  const Ran ran = run_weir(on_small_run(run), {.file_size_limit = 4096});
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("error[E0602]: "));
  EXPECT_FALSE(std::filesystem::exists(run / "out/original.npy"));
  EXPECT_FALSE(std::filesystem::exists(run / "out/manifest.json"));
}

TEST(Attack, TheManifestKnowsTheImagesThatItUsed) {
  const SmallRun run;
  ASSERT_EQ(run_weir(on_small_run(run)).code, 0);
  const auto from_file = nlohmann::json::parse(contents_of(run / "out/manifest.json"));
  EXPECT_EQ(from_file["data"], (run / "images.npy").string());

  const Ran ran = run_weir({"attack", "fgsm", "weights.safetensors", "--count", "1"}, {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto drawn = nlohmann::json::parse(contents_of(run / "weir-out/attack/manifest.json"));
  EXPECT_EQ(drawn["data"], "embedded (test)");
  ASSERT_EQ(drawn["inputs"].size(), 3u) << "weights, the sheet of images, its list";
  for (const auto& file : drawn["inputs"])
    EXPECT_EQ(file["xxh3_128"], xxh3_128_hex_of_file(run.path() / file["file"].get<std::string>()));
}

TEST(Attack, ANameThatIsNotUtf8IsNoReasonToStop) {
  const SmallRun run;
  std::filesystem::copy_file(run / "weights.safetensors", run / "w\xff.safetensors");
  Words words = on_small_run(run, {"--json"});
  words[2] = (run / "w\xff.safetensors").string();
  const Ran ran = run_weir(words);
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(nlohmann::json::parse(ran.out)["weights"].get<std::string>(), HasSubstr("w\ufffd.safetensors"));
}

TEST(Attack, StoppedItKeepsTheBatchesThatAreFinished) {
  const SmallRun run(300);
  Words words = on_small_run(run, {"--iterations", "100"});
  words[1] = "igsm";
  const Ran ran = run_weir(words, {.stderr_is = Behind::terminal, .signal = SIGINT, .signal_at = "128/300"});
  EXPECT_EQ(ran.code, 130);
  EXPECT_THAT(ran.err, HasSubstr("stopped: the first 128 of 300 images are finished and written"));
  EXPECT_THAT(ran.err, HasSubstr("the same command attacks all of them again"));
  EXPECT_EQ(read_images_npy(run / "out/original.npy").shape[0], 128);
  EXPECT_EQ(read_images_npy(run / "out/adversarial.npy").shape[0], 128);
  EXPECT_EQ(read_labels_npy(run / "out/labels.npy").values.size(), 128u);
  EXPECT_EQ(std::ranges::count(contents_of(run / "out/records.csv"), '\n'), 129);
  EXPECT_EQ(nlohmann::json::parse(contents_of(run / "out/summary.json"))["images"], 128);
  const Ran verified = run_weir({"verify", (run / "out").string()});
  EXPECT_EQ(verified.code, 1);
  EXPECT_THAT(verified.out, HasSubstr("the run was not finished\n5 of 5 results unchanged\n"));
  const auto manifest = nlohmann::json::parse(contents_of(run / "out/manifest.json"));
  EXPECT_EQ(manifest["exit_code"], 130);
  EXPECT_EQ(manifest["numerics"], "fast");
  EXPECT_THAT(manifest["settings"]["images"].get<std::string>(), HasSubstr("stopped after 128 of them"));
}

TEST(Attack, StoppedBeforeTheFirstBatchItLeavesNoResults) {
  const SmallRun run;
  const Ran ran = run_weir({"attack", "igsm", "good-init", "--count", "1000", "--iterations", "500"},
                           {.folder = run.path(), .signal = SIGINT, .signal_at = "good-init, 1,071,542"});
  EXPECT_EQ(ran.code, 130);
  EXPECT_THAT(ran.err,
              HasSubstr("stopped before the first of 1,000 images was finished: nothing is written"));
  EXPECT_FALSE(std::filesystem::exists(run / "weir-out")) << "what was made for it goes";
}

TEST(AttackRefusals, OutHoldsAnInput) {
  const SmallRun run;
  const std::string images = contents_of(run / "images.npy");
  expect_refusal({"attack", "fgsm", "weights.safetensors", "--images", "images.npy", "--labels", "labels.npy",
                  "--out", "."},
                 2,
                 "error[E0215]: `weights.safetensors` lies in `.`, where results would be written over it\n"
                 "  = help: choose another folder with `--out`\n",
                 {.folder = run.path()});
  std::filesystem::create_directory(run / "out");
  std::filesystem::create_symlink(run / "images.npy", run / "out/adversarial.npy");
  const Ran linked = run_weir(on_small_run(run));
  EXPECT_EQ(linked.code, 2);
  EXPECT_THAT(linked.err, HasSubstr("error[E0215]: "));
  EXPECT_EQ(contents_of(run / "images.npy"), images);
}

TEST(AttackRefusals, CountOfAFile) {
  const SmallRun run;
  const Ran ran = run_weir(on_small_run(run, {"--count", "3"}));
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, testing::StartsWith("error[E0006]: `--count` draws from the test set"));
}

TEST(AttackRefusals, AFileWithoutImages) {
  const SmallRun run;
  write_npy<float>(run / "images.npy", {{0, 3, 32, 32}, {}});
  write_npy<std::int64_t>(run / "labels.npy", {{0}, {}});
  expect_refusal(on_small_run(run), 4,
                 "error[E0409]: `{}/images.npy` holds no images: its shape is [0,3,32,32]\n",
                 {.folder = run.path()});
}

}  // namespace
}  // namespace weir
