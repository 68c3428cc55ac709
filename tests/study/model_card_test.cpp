// Cards of weights: the trip through a file, and that no shipped number is older than its file.
#include "study/model_card.h"

#include <gmock/gmock.h>

#include "data/hash.h"
#include "data/home.h"
#include "models/weights.h"
#include "models/zoo.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;

ModelCard whole_card() {
  return {.name = "mine",
          .made = Making{.command = "weir train mine.json --out mine.safetensors",
                         .commit = "abc",
                         .version = "0.1.0",
                         .recipe = "short",
                         .seed = 9007199254740991,
                         .epochs = 3,
                         .seconds = 1.5,
                         .finished = "2018-06-01T12:00:00Z",
                         .device = "onednn",
                         .vendor = "oneDNN 2.6.3",
                         .numerics = "fast",
                         .threads = 2,
                         .machine = {{"CPU", "a fast one"}, {"memory", "much"}},
                         .first_log_lines = {R"({"epoch":1})"}},
          .measured = CardMeasurement{.xxh3_128 = "0123",
                                      .bytes = 1234567,
                                      .stored_as = "F16",
                                      .parameters = 1071542,
                                      .device = "onednn",
                                      .test = {.count = 10000,
                                               .correct = 9123,
                                               .loss = 0.25,
                                               .mean_confidence = 0.9,
                                               .calibration_error = 0.0125},
                                      .embedded = {{"onednn", {.images = 1000, .correct = 915}}}},
          .notes = "By hand."};
}

TEST(ModelCard, SurvivesTheTripThroughAFile) {
  const TemporaryFolder folder;
  const ModelCard card = whole_card();
  write_card(folder / "mine.safetensors", card);
  EXPECT_THAT(folder.names(), testing::ElementsAre("mine.card.json", "mine.card.md"));
  const ModelCard again = card_of(folder / "mine.safetensors").value();
  EXPECT_EQ(to_json(again), to_json(card));
  EXPECT_EQ(again.made->machine[1].value, "much");
  EXPECT_EQ(again.measured->embedded.at("onednn").correct, 915);
  EXPECT_FALSE(card_of(folder / "other.safetensors").has_value());
}

TEST(ModelCard, LiesBesideWeightsUnderTheirName) {
  EXPECT_EQ(card_path("a/mine.safetensors"), "a/mine.card.json");
  EXPECT_EQ(card_path("a/mine.safetensors.gz"), "a/mine.card.json");
  EXPECT_EQ(card_path("net-0.2"), "net-0.2.card.json");
  EXPECT_EQ(card_path("net-0.3.safetensors"), "net-0.3.card.json");
  EXPECT_EQ(name_of_weights("a/mine.v2"), "mine.v2");
}

TEST(ModelCard, TellsPeopleTheSame) {
  const std::string text = to_markdown(whole_card());
  for (const char* part :
       {"# mine\n\nBy hand.", "91.23 % of 10,000 test images (95 % interval 90.66 to 91.77 %)",
        "0.2500, 90.00 %, 1.25 %", "| 915 of the first 1000 |", "1,071,542", "`0123`",
        "weir train mine.json --out mine.safetensors", R"({"epoch":1})"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(ModelCard, RefusesWhatIsNone) {
  EXPECT_THAT(diagnosis_of([] { card_from_json("{}", "x.card.json"); }),
              Says(ErrorKind::damaged, "E0440", "x.card.json is not the card"));
  EXPECT_THAT(diagnosis_of([] { card_from_json("{", "x.card.json"); }),
              Says(ErrorKind::damaged, "E0440", ""));
}

TEST(ModelCard, ReadsALog) {
  const TemporaryFolder folder;
  put(folder / "w.log.jsonl",
      "{\"round\":1}\n{\"epoch\":1,\"seconds\":2.5}\n{\"epoch\":2,\"seconds\":1}\n{\"epoch\":3}\n");
  Making made;
  read_log(folder / "w", made);
  EXPECT_EQ(made.epochs, 3);
  EXPECT_EQ(made.seconds, 3.5);
  EXPECT_EQ(made.first_log_lines.size(), 3u);
}

/// Every file that comes with Weir, by name.
class ShippedWeights : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(ModelCard, ShippedWeights, testing::ValuesIn(pretrained_names()),
                         [](const auto& name) {
                           std::string text = name.param;
                           std::erase(text, '-');
                           return text;
                         });

TEST_P(ShippedWeights, ItsCardIsAboutThisFile) {
  const std::filesystem::path path = find_weights(GetParam());
  const std::optional<ModelCard> card = card_of(path);
  ASSERT_TRUE(card.has_value() && card->measured.has_value())
      << "`weir eval " << GetParam() << " --card` writes it";
  EXPECT_EQ(card->name, GetParam());
  EXPECT_EQ(card->measured->xxh3_128, xxh3_128_hex_of_file(path));
  EXPECT_EQ(card->measured->test.count, 10000);
  ASSERT_TRUE(card->made.has_value());
  const Metadata metadata = read_safetensors(path).metadata;
  EXPECT_EQ(card->made->recipe, metadata.at("recipe"));
  EXPECT_EQ(std::to_string(card->made->seed), metadata.at("seed"));
  EXPECT_EQ(fmt::format("{:.4f}", card->measured->test.accuracy()), metadata.at("test_accuracy"));
}

TEST_P(ShippedWeights, IsAsGoodOnTheEmbeddedImagesAsItsCardSays) {
  const std::filesystem::path path = find_weights(GetParam());
  const std::optional<ModelCard> card = card_of(path);
  ASSERT_TRUE(card.has_value() && card->measured.has_value());
  const ImageSet images = load_embedded(Split::test);
  for (const auto& [name, count] : card->measured->embedded) {
    if (std::ranges::count(Device::available(), name) == 0) continue;  // not in this build
    Device& device = Device::named(name);
    const StoredNetwork stored = load_network(path, device);
    Evaluator evaluator(*stored.network, device);
    EXPECT_EQ(evaluate(evaluator, images, count.images).correct, count.correct) << name;
  }
}

}  // namespace
}  // namespace weir
