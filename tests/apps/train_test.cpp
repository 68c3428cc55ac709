// `weir train`: what it leaves, and that being stopped leaves no trace in it.
#include <algorithm>
#include <csignal>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "data/npy.h"
#include "data/safetensors.h"
#include "tests/apps/run_weir.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Words = std::vector<std::string>;

/// A folder with a network and a recipe that take a second on the images that come with Weir.
class Training : public testing::Test {
 protected:
  Training() {
    put(folder_ / "small.json",
        R"({"model": "small", "layers": [{"kind": "conv", "width": 8, "activation": "relu"}, {"kind": "max_pool"},
            {"kind": "conv", "width": 8, "activation": "relu"}, {"kind": "global_max_pool"}, {"kind": "linear", "width": 10}]})");
    put(folder_ / "recipe.json",
        R"({"name": "short", "model": "small", "epochs": 6, "batch": 100, "norm_images": 0})");
  }

  Ran train(const std::string& out, Words more = {}, int signal = 0) const {
    Words words = {"train", "small.json", "--recipe", "recipe.json", "--out", out};
    words.insert(words.end(), more.begin(), more.end());
    return run_weir(words, {.folder = folder_.path(), .signal = signal, .signal_at = "epoch 1/"});
  }

  TemporaryFolder folder_;
};

TEST_F(Training, LeavesWeightsAndALineForEachEpoch) {
  const Ran ran = train("w.safetensors", {"--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto document = nlohmann::json::parse(ran.out);
  EXPECT_EQ(document["finished"], true);
  EXPECT_EQ(document["epochs"], 6);
  EXPECT_GT(document["test_accuracy"].get<double>(), 0);
  EXPECT_EQ(std::ranges::count(contents_of(folder_ / "w.safetensors.log.jsonl"), '\n'), 6);
  EXPECT_THAT(ran.err, HasSubstr("epoch 6/6: loss "));
  write_npy<float>(folder_ / "grey.npy", {{1, 3, 32, 32}, std::vector<float>(3072)});
  const Ran read = run_weir({"predict", "w.safetensors", "grey.npy"}, {.folder = folder_.path()});
  EXPECT_EQ(read.code, 0) << read.err;
}

TEST_F(Training, ARecipeThatWantsGivenWeightsIsRefused) {
  put(folder_ / "recipe.json", R"({"name": "on", "initialisation": "given", "epochs": 1, "batch": 100})");
  const Ran ran = train("w.safetensors", {"--quiet"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err,
            "error[E0213]: recipe on starts from given weights, not from a model's name\n"
            "  = help: `weir compress` and `weir distill --start teacher` give some\n");
}

TEST_F(Training, GoingOnAndStartingOverExcludeEachOther) {
  for (const Words& command : {Words{"train", "small.json"},
                               {"compress", "good-init", "--max-parameters", "890411"},
                               {"distill", "good-init"}}) {
    Words words = command;
    words.insert(words.end(), {"--resume", "--fresh", "--dry-run"});
    expect_refusal(
        words, 2,
        "error[E0006]: `--resume` goes on with an earlier run, `--fresh` throws it away: both cannot be\n"
        "  = help: leave one of them out\n",
        {.folder = folder_.path()});
  }
}

TEST_F(Training, StoppedAndResumedItEndsWithTheSameBytes) {
  ASSERT_EQ(train("whole.safetensors", {"--epochs", "12"}).code, 0);
  const Ran stopped = train("stopped.safetensors", {"--epochs", "12"}, SIGINT);
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_THAT(stopped.err, testing::Not(HasSubstr("epoch 12/")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "stopped.safetensors"));
  const Ran resumed = train("stopped.safetensors", {"--epochs", "12", "--resume"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(contents_of(folder_ / "stopped.safetensors"), contents_of(folder_ / "whole.safetensors"));
}

TEST_F(Training, FinishedWeightsKeepTheirLogUntilThereAreOthers) {
  ASSERT_EQ(train("w.safetensors").code, 0);
  const std::string log = contents_of(folder_ / "w.safetensors.log.jsonl");
  ASSERT_EQ(train("w.safetensors", {"--seed", "7", "--stop-after", "2"}).code, 0);
  EXPECT_EQ(contents_of(folder_ / "w.safetensors.log.jsonl"), log);
  ASSERT_EQ(train("w.safetensors", {"--seed", "7", "--resume"}).code, 0);
  const std::string other = contents_of(folder_ / "w.safetensors.log.jsonl");
  EXPECT_EQ(std::ranges::count(other, '\n'), 6);
  EXPECT_NE(other, log);
}

TEST_F(Training, SigtermIsAnsweredWithItsOwnCode) {
  const Ran stopped = train("w.safetensors", {"--epochs", "500"}, SIGTERM);
  EXPECT_EQ(stopped.code, 143) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("--resume goes on"));
}

TEST_F(Training, AnotherRecipeIsNotResumed) {
  ASSERT_EQ(train("w.safetensors", {"--stop-after", "1"}).code, 0);
  put(folder_ / "recipe.json",
      R"({"name": "short", "model": "small", "epochs": 6, "batch": 100, "norm_images": 0, "peak_rate": 0.05})");
  const Ran resumed = train("w.safetensors", {"--resume"});
  EXPECT_EQ(resumed.code, 2);
  EXPECT_EQ(resumed.out, "");
  EXPECT_THAT(resumed.err, HasSubstr("error[E0422]: "));
  EXPECT_THAT(resumed.err, HasSubstr("`peak_rate` 0.1 there, 0.05 here"));
}

TEST_F(Training, MisspeltKeyInARecipe) {
  put(folder_ / "recipe.json", "{\n  \"name\": \"short\",\n  \"epocs\": 6\n}\n");
  const Ran ran = train("w.safetensors");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, StartsWith("error[E0210]: "));
  EXPECT_THAT(ran.err, HasSubstr("recipe.json:3"));
  EXPECT_THAT(ran.err, HasSubstr("did you mean `epochs`?"));
}

TEST_F(Training, OutIsCheckedBeforeAnythingIsComputed) {
  const Ran ran = train("/proc/weir/w.safetensors");
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("error[E0603]: "));
  EXPECT_THAT(ran.err, testing::Not(HasSubstr("epoch 1")));
}

TEST_F(Training, AFolderAsOutIsRefusedBeforeAnythingIsComputed) {
  std::filesystem::create_directory(folder_ / "folder");
  for (const char* out : {"folder", "new/"}) {
    const Ran ran = train(out);
    EXPECT_EQ(ran.code, 6);
    EXPECT_THAT(ran.err, HasSubstr(fmt::format("error[E0603]: cannot write `{}`: it is a folder\n", out)));
    EXPECT_THAT(ran.err, testing::Not(HasSubstr("epoch 1")));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new"));
}

TEST_F(Training, TheRecipesSeedCountsUnlessOneIsTyped) {
  put(folder_ / "recipe.json",
      R"({"name": "short", "model": "small", "epochs": 1, "batch": 100, "norm_images": 0, "seed": 5})");
  const auto seed_of = [&](const std::string& out) {
    return read_safetensors(folder_ / out).metadata.at("seed");
  };
  ASSERT_EQ(train("recipe.safetensors").code, 0);
  EXPECT_EQ(seed_of("recipe.safetensors"), "5");
  ASSERT_EQ(train("typed.safetensors", {"--seed", "2018"}).code, 0);
  EXPECT_EQ(seed_of("typed.safetensors"), "2018");
}

TEST(TrainRefusals, TheModelIsLookedAtFirst) {
  for (const Words& more :
       {Words{}, Words{"--recipe", "vgg-like"}, Words{"--recipe", "vgg-like", "--dry-run"}}) {
    Words words = {"train", "god-init"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = run_weir(words);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, StartsWith("error[E0209]: no model `god-init`"));
    EXPECT_THAT(ran.err, HasSubstr("did you mean `good-init`?"));
  }
}

}  // namespace
}  // namespace weir
