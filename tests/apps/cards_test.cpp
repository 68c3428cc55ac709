// Cards of weights: who writes them, who keeps them, who prints them.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "data/safetensors.h"
#include "models/zoo.h"
#include "study/model_card.h"
#include "tests/apps/run_weir.h"
#include "tests/apps/small_run.h"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Cards, HoldWhatWasMeasuredOfTheFile) {
  const SmallRun run;
  const std::string weights = (run / "weights.safetensors").string();
  const json found = json::parse(run_weir({"eval", weights, "--card", "--json"}).out);
  const ModelCard card = card_of(weights).value();
  EXPECT_EQ(card.name, "weights");
  EXPECT_EQ(card.measured->test.count, 1000);
  EXPECT_EQ(card.measured->test.correct, found["correct"].get<Index>());
  EXPECT_EQ(card.measured->embedded.at(card.measured->device).correct, found["correct"].get<Index>());
  EXPECT_EQ(card.measured->embedded.at("reference").images, 64);
  EXPECT_EQ(card.made->recipe, "none") << "the metadata know that much";
}

TEST(Cards, AreOfACompressedFileAsItLiesThere) {
  const SmallRun run;
  const std::filesystem::path weights = run / "compressed.safetensors.gz";
  write_safetensors(weights, read_safetensors(run / "weights.safetensors"));
  const json found = json::parse(run_weir({"eval", weights, "--card", "--json"}).out);
  const ModelCard card = card_of(weights).value();
  EXPECT_EQ(card.name, "compressed");
  EXPECT_EQ(card.measured->bytes, std::filesystem::file_size(weights));
  const json plain = json::parse(run_weir({"eval", run / "weights.safetensors", "--json"}).out);
  EXPECT_EQ(found["loss"], plain["loss"]) << "to the bit";
}

TEST(Cards, AreNotOfAPartOfTheImages) {
  for (const auto& more :
       {std::vector<std::string>{"--limit", "10"}, {"--split", "train"}, {"--numerics", "fast"}}) {
    std::vector<std::string> words = {"eval", "good-init", "--card"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = run_weir(words);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("`--card` measures all test images"));
  }
}

TEST(Models, PrintWhatTheCardsSay) {
  const json document = json::parse(run_weir({"models", "--json"}).out);
  const std::string text = run_weir({"models"}).out;
  for (const json& weights : document["weights"]) {
    const std::string name = weights["name"];
    const ModelCard card = card_of(find_weights(name)).value();
    EXPECT_EQ(weights["card"], json::parse(to_json(card))) << name;
    EXPECT_THAT(text, HasSubstr(name));
    EXPECT_THAT(text, HasSubstr(fmt::format("{:.2f} % (", 100 * card.measured->test.accuracy())));
    EXPECT_THAT(text, HasSubstr(fmt::format("{:.2f} %", 100 * card.measured->test.mean_confidence)));
  }
  EXPECT_EQ(document["weights"].size(), pretrained_names().size());
}

}  // namespace
}  // namespace weir
