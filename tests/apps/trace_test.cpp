// `weir trace`: what it writes, and what it says when it cannot.
#include <algorithm>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "data/hash.h"
#include "data/npy.h"
#include "data/png.h"
#include "tests/apps/run_weir.h"
#include "tests/apps/small_run.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Words = std::vector<std::string>;

Words on_small_run(const Words& more = {}) {
  Words words = {"trace", "igsm", "weights.safetensors", "--images", "images.npy", "--labels", "labels.npy",
                 "--out", "out"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Ran traced(const SmallRun& run, const Words& more = {"--image", "3"}) {
  return run_weir(on_small_run(more), {.folder = run.path()});
}

TEST(Trace, WritesWhatTheContractSays) {
  const SmallRun run;
  const Ran ran = traced(run, {"--image", "3", "--iterations", "4"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("The network small was "));
  EXPECT_THAT(ran.out, testing::EndsWith("\nout/trace.html\n"));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(run / "out"))
    names.push_back(entry.path().filename());
  std::ranges::sort(names);
  EXPECT_THAT(names, ElementsAre(".lock", "adversarial.png", "difference.png", "film.png", "manifest.json",
                                 "original.png", "paths.csv", "trace.csv", "trace.html"));
  const std::string csv = contents_of(run / "out/trace.csv");
  EXPECT_THAT(csv, StartsWith("iteration,objective,predicted_class,confidence,logit_0,"));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 6) << "a header, the clean image, four iterates";
  EXPECT_EQ(read_png(run / "out/film.png").width, 5 * 32);
  EXPECT_EQ(read_png(run / "out/original.png").height, 32);
  EXPECT_THAT(
      contents_of(run / "out/trace.html"),
      HasSubstr("<pre>weir trace igsm weights.safetensors --images images.npy --labels labels.npy --out "
                "out --image 3 --iterations 4</pre>"));
}

/// The attack of one image is that of the same image among others.
TEST(Trace, EndsWhereTheAttackEnds) {
  const SmallRun run;
  ASSERT_EQ(traced(run).code, 0);
  const Ran attacked = run_weir({"attack", "igsm", "weights.safetensors", "--images", "images.npy",
                                 "--labels", "labels.npy", "--out", "attack", "--numerics", "exact"},
                                {.folder = run.path()});
  ASSERT_EQ(attacked.code, 0) << attacked.err;
  const auto images = read_images_npy(run / "attack/adversarial.npy");
  write_npy<float>(run / "one.npy",
                   {{1, 3, 32, 32}, {images.values.begin() + 3 * 3072, images.values.begin() + 4 * 3072}});
  const Ran predicted =
      run_weir({"predict", "weights.safetensors", "one.npy", "--json"}, {.folder = run.path()});
  const auto logits = nlohmann::json::parse(predicted.out)["predictions"][0]["logits"];
  const std::string csv = contents_of(run / "out/trace.csv");
  const std::string last = csv.substr(csv.rfind('\n', csv.size() - 2) + 1);
  EXPECT_THAT(last, HasSubstr(fmt::format(",{},{},{},", logits[0].get<double>(), logits[1].get<double>(),
                                          logits[2].get<double>())));
}

TEST(Trace, TheDocumentOnStdoutHasTheEnd) {
  const SmallRun run;
  const Ran ran = traced(run, {"--image", "3", "--json", "--quiet"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  const auto document = nlohmann::json::parse(ran.out);
  EXPECT_EQ(document["attack"], "igsm");
  EXPECT_EQ(document["image"], 3);
  EXPECT_EQ(document["steps"], 10);
  EXPECT_EQ(document["settings"]["eps"], "0.025");
  const std::string csv = contents_of(run / "out/trace.csv");
  EXPECT_THAT(csv, HasSubstr(fmt::format(",{},{},{},{},{},,\n", document["l0_features"].get<Index>(),
                                         document["l2"].get<double>(), document["linf"].get<double>(),
                                         document["iip_distance"].get<double>(),
                                         document["oip_distance"].get<double>())));
}

TEST(Trace, TheManifestKnowsEveryFile) {
  const SmallRun run;
  ASSERT_EQ(traced(run).code, 0);
  const auto manifest = nlohmann::json::parse(contents_of(run / "out/manifest.json"));
  EXPECT_EQ(manifest["outputs"].size(), 7u);
  for (const auto& file : manifest["outputs"])
    EXPECT_EQ(file["xxh3_128"], xxh3_128_hex_of_file(run / "out" / file["file"].get<std::string>()));
  EXPECT_EQ(manifest["inputs"].size(), 3u) << "weights, images, labels";
}

TEST(Trace, TheBytesDoNotDependOnThreads) {
  const SmallRun run;
  ASSERT_EQ(traced(run, {"--image", "5", "--threads", "1"}).code, 0);
  const std::string csv = contents_of(run / "out/trace.csv"), paths = contents_of(run / "out/paths.csv");
  ASSERT_EQ(traced(run, {"--image", "5", "--threads", "3"}).code, 0);
  EXPECT_EQ(contents_of(run / "out/trace.csv"), csv);
  EXPECT_EQ(contents_of(run / "out/paths.csv"), paths);
}

TEST(Trace, AimsAtATarget) {
  const SmallRun run;
  const auto labels = read_labels_npy(run / "labels.npy").values;
  const std::string target = labels[3] == 5 ? "cat" : "dog";
  const Ran ran = traced(run, {"--image", "3", "--target", target, "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(nlohmann::json::parse(ran.out)["target"], target == "dog" ? 5 : 3);
}

/// The page's command, given to a shell, names the same file.
TEST(Trace, TheCommandThatMakesItAgainSurvivesAnyName) {
  const SmallRun run;
  const std::string name = "it's \"mine\" & $HOME.npy";
  std::filesystem::copy_file(run / "images.npy", run / name);
  const Ran ran = run_weir({"trace", "fgsm", "weights.safetensors", "--images", name, "--labels",
                            "labels.npy", "--image", "3", "--out", "out"},
                           {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(contents_of(run / "out/trace.html"),
              HasSubstr("--images 'it'\\''s &quot;mine&quot; &amp; $HOME.npy' --labels"));
}

TEST(Trace, TargetsAreOfferedWhereAnAttackHasThem) {
  for (const std::string command : {"trace", "attack"}) {
    EXPECT_THAT(run_weir({command, "igsm", "--help"}).out, HasSubstr("--target"));
    EXPECT_THAT(run_weir({command, "deepfool", "--help"}).out, testing::Not(HasSubstr("--target")));
  }
}

/// Of random starts and restarts neither is a step.
TEST(Trace, StepsAreThoseThatTheAttackTook) {
  const SmallRun run;
  const Ran ran = run_weir(
      {"trace", "pgd", "weights.safetensors", "--images", "images.npy", "--labels", "labels.npy", "--image",
       "3", "--out", "out", "--json", "--eps", "0", "--iterations", "3", "--restarts", "2"},
      {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(nlohmann::json::parse(ran.out)["steps"], 6);
  EXPECT_THAT(contents_of(run / "out/trace.html"), HasSubstr("In 6 steps, "));
}

TEST(Trace, DryRunOnlySaysWhatItWouldDo) {
  const SmallRun run;
  const Ran ran = traced(run, {"--image", "3", "--dry-run"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("igsm (eps 0.025 (3.19/255), "));
  EXPECT_THAT(ran.err, HasSubstr("image 3 of images.npy, "));
  EXPECT_FALSE(std::filesystem::exists(run / "out"));
}

TEST(TraceRefusals, NoSuchImage) {
  const SmallRun run;
  expect_refusal(on_small_run({"--image", "12"}), 2,
                 "error[E0216]: images.npy has no image 12\n"
                 "  = note: it has 12 images, numbered 0 to 11\n"
                 "  = help: the nearest is `--image 11`\n",
                 {.folder = run.path()});
  expect_refusal({"trace", "igsm", (run / "weights.safetensors").string(), "--image", "22", "--out", "out"},
                 2,
                 "error[E0216]: embedded (test) has no image 22\n"
                 "  = note: it has 1,000 images, numbered 21 to 9999\n"
                 "  = help: the nearest is `--image 21`\n",
                 {.folder = run.path()});
}

TEST(TraceRefusals, AnImageThatTheNetworkGetsWrong) {
  const SmallRun run;
  auto labels = read_labels_npy(run / "labels.npy");
  const auto seen = labels.values[3];
  labels.values[3] = seen == 3 ? 5 : 3;
  write_npy(run / "labels.npy", labels);
  const Ran ran = traced(run);
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr(seen == 3 ? "error[E0217]: image 3 is a dog, and the network sees a cat\n"
                                           : "error[E0217]: image 3 is a cat, and the network sees a"));
  EXPECT_THAT(ran.err, HasSubstr("\n  = note: only what a network gets right is attacked\n"
                                 "  = help: it is right about `--image 4`\n"));
  EXPECT_FALSE(std::filesystem::exists(run / "out/trace.html"));
}

TEST(TraceRefusals, ANetworkThatGetsNothingRight) {
  const SmallRun run;
  auto labels = read_labels_npy(run / "labels.npy");
  for (auto& label : labels.values) label = (label + 1) % 10;
  write_npy(run / "labels.npy", labels);
  EXPECT_THAT(traced(run).err, HasSubstr("= help: it gets none of these images right\n"));
}

TEST(TraceRefusals, NoImageNamed) {
  const Ran ran = run_weir({"trace", "igsm", "good-init"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, StartsWith("error[E0004]: `weir trace igsm` needs `--image`: "));
}

TEST(TraceRefusals, ATargetThatIsNoClass) {
  const Ran ran = run_weir({"trace", "igsm", "good-init", "--image", "21", "--target", "dgo"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, StartsWith("error[E0207]: `--target` has no `dgo`\n"));
  EXPECT_THAT(ran.err, HasSubstr("= help: did you mean `dog`?"));
}

TEST(TraceRefusals, ImagesWithoutLabels) {
  expect_refusal(
      {"trace", "igsm", "good-init", "--image", "1", "--images", "x.npy"}, 2,
      "error[E0004]: `--images` needs `--labels`\n"
      "  = help: write `--images X.npy --labels Y.npy`, or neither for an image of the test set\n");
}

TEST(TraceRefusals, OutHoldsAnInput) {
  const SmallRun run;
  expect_refusal({"trace", "igsm", "weights.safetensors", "--image", "21", "--out", "."}, 2,
                 "error[E0215]: `weights.safetensors` lies in `.`, where results would be written over it\n"
                 "  = help: choose another folder with `--out`\n",
                 {.folder = run.path()});
}

}  // namespace
}  // namespace weir
