// `weir compress` and `weir distill` on a small network: what they print and leave, and
// that being stopped leaves no trace.
#include <csignal>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "data/safetensors.h"
#include "study/model_card.h"
#include "tests/apps/run_weir.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;
using Words = std::vector<std::string>;

/// A folder with trained weights of a small network and recipes of a second or two.
class FurtherTraining : public testing::Test {
 protected:
  FurtherTraining() {
    put(folder_ / "small.json",
        R"({"model": "small", "layers": [{"kind": "conv", "width": 16, "activation": "relu"}, {"kind": "max_pool"},
            {"kind": "conv", "width": 16, "activation": "relu"}, {"kind": "global_max_pool"},
            {"kind": "linear", "width": 20, "activation": "relu"}, {"kind": "linear", "width": 10}]})");
    put(folder_ / "short.json",
        R"({"name": "short", "model": "small", "epochs": 2, "batch": 100, "norm": "fold", "norm_images": 500})");
    put(folder_ / "c.json",
        R"({"like": "short.json", "name": "c", "initialisation": "given", "peak_rate": 0.02})");
    put(folder_ / "d.json",
        R"({"like": "short.json", "name": "d", "temperature": 40, "head": "reparametrised"})");
    const Ran ran = run({"train", "small.json", "--recipe", "short.json", "--out", "w.safetensors"});
    EXPECT_EQ(ran.code, 0) << ran.err;
  }

  Ran run(const Words& words, int signal = 0) const {
    return run_weir(words, {.folder = folder_.path(), .signal = signal, .signal_at = "epoch 1/"});
  }
  Ran compress(const std::string& out, Words more = {}, int signal = 0) const {
    Words words = {"compress",
                   "w.safetensors",
                   "--max-parameters",
                   "2400",
                   "--recipe",
                   "c.json",
                   "--rounds",
                   "2",
                   "--round-epochs",
                   "2",
                   "--total-share",
                   "0.5",
                   "--out",
                   out};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, signal);
  }

  TemporaryFolder folder_;
};

TEST_F(FurtherTraining, CompressesToABudget) {
  const Ran ran = compress("c.safetensors", {"--store", "f16", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json document = json::parse(ran.out);
  EXPECT_EQ(document["finished"], true);
  EXPECT_LE(document["parameters"].get<Index>(), 2400);
  EXPECT_THAT(ran.err, HasSubstr("round 2/2: "));
  const SafetensorsFile file = read_safetensors(folder_ / "c.safetensors");
  EXPECT_EQ(file.tensors.front().type, StoredType::f16);
  EXPECT_EQ(file.find("conv2.weight")->shape[0], document["widths"][1].get<Index>());
  // The number in the file is that of the file.
  const json found = json::parse(run({"eval", "c.safetensors", "--json"}).out);
  EXPECT_EQ(fmt::format("{:.4f}", found["accuracy"].get<double>()), file.metadata.at("test_accuracy"));
  const Making made = card_of(folder_ / "c.safetensors")->made.value();
  EXPECT_THAT(made.command, StartsWith("weir compress w.safetensors --max-parameters 2400"));
  EXPECT_THAT(made.command, testing::Not(HasSubstr("--json")));
  EXPECT_EQ(made.epochs, 4);
}

TEST_F(FurtherTraining, ACompressionThatWasStoppedEndsWithTheSameBytes) {
  ASSERT_EQ(compress("whole.safetensors").code, 0);
  const Ran stopped = compress("stopped.safetensors", {}, SIGINT);
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("--resume goes on"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "stopped.safetensors"));
  EXPECT_THAT(compress("stopped.safetensors").err, HasSubstr("error[E0423]: "));
  const Ran resumed = compress("stopped.safetensors", {"--resume"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(contents_of(folder_ / "stopped.safetensors"), contents_of(folder_ / "whole.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "stopped.safetensors.rounds"));
}

TEST_F(FurtherTraining, ABudgetOutOfReachIsRefused) {
  const Ran ran = compress("c.safetensors", {"--total-share", "0.1"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("error[E0230]: 2400 parameters are out of reach"));
}

TEST_F(FurtherTraining, WhatIsReadIsNotWrittenOver) {
  const std::string weights = contents_of(folder_ / "w.safetensors");
  std::filesystem::create_symlink("w.safetensors", folder_ / "link");
  for (const char* out : {"w.safetensors", "./w.safetensors", "link"}) {
    for (const Ran& ran :
         {compress(out), run({"distill", "w.safetensors", "--recipe", "d.json", "--out", out})}) {
      EXPECT_EQ(ran.code, 2);
      EXPECT_EQ(ran.err,
                "error[E0215]: `w.safetensors` is read, and results would be written over it\n"
                "  = help: choose another file with `--out`\n");
    }
  }
  EXPECT_EQ(contents_of(folder_ / "w.safetensors"), weights);
}

TEST_F(FurtherTraining, AFolderAsOutIsRefusedBeforeAnythingIsComputed) {
  std::filesystem::create_directory(folder_ / "folder");
  for (const Ran& ran :
       {compress("folder"), run({"distill", "w.safetensors", "--recipe", "d.json", "--out", "folder"})}) {
    EXPECT_EQ(ran.code, 6);
    EXPECT_THAT(ran.err, HasSubstr("error[E0603]: cannot write `folder`: it is a folder\n"));
    EXPECT_THAT(folder_.names(), testing::Not(testing::Contains(HasSubstr("folder."))));
  }
}

TEST_F(FurtherTraining, DistilsAndSaysHowCertainTheStudentIs) {
  const Ran ran = run({"distill", "w.safetensors", "--recipe", "d.json", "--out", "d.safetensors", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("trained at temperature 1; student at 40"));
  const json document = json::parse(ran.out);
  EXPECT_GT(document["median_logit_gap"].get<double>(), 1);
  EXPECT_LE(document["certain_share"].get<double>(), 1);
  EXPECT_EQ(read_safetensors(folder_ / "d.safetensors").metadata.at("temperature"), "40");
  // A student can teach in its turn.
  const Ran again = run({"distill", "d.safetensors", "--start", "teacher", "--head", "naive", "--recipe",
                         "d.json", "--epochs", "1", "--out", "e.safetensors"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("trained at temperature 40; student at 40, teacher start"));
  EXPECT_THAT(again.out, HasSubstr("median gap between the two largest logits"));
}

TEST_F(FurtherTraining, ADistillationThatWasStoppedEndsWithTheSameBytes) {
  const auto distil = [&](const std::string& out, const Words& more, int signal = 0) {
    Words words = {"distill", "w.safetensors", "--recipe", "d.json", "--epochs", "8", "--out", out};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, signal);
  };
  ASSERT_EQ(distil("whole.safetensors", {}).code, 0);
  EXPECT_EQ(distil("stopped.safetensors", {}, SIGTERM).code, 143);
  const Ran resumed = distil("stopped.safetensors", {"--resume"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(contents_of(folder_ / "stopped.safetensors"), contents_of(folder_ / "whole.safetensors"));
}

TEST_F(FurtherTraining, ACardKeepsHowTheWeightsWereMade) {
  const Ran ran = run({"eval", "w.safetensors", "--card"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const ModelCard card = card_of(folder_ / "w.safetensors").value();
  EXPECT_THAT(card.made->command, StartsWith("weir train small.json"));
  EXPECT_EQ(card.measured->test.count, 1000);
  EXPECT_THAT(contents_of(folder_ / "w.card.md"), HasSubstr("weir train small.json"));
}

}  // namespace
}  // namespace weir
