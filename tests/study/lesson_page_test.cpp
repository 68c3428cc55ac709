// The interactive lesson: whole without its script, and its numbers are those of the story. What the script
// does is tested in a browser (tests/pages/lesson_page_in_a_browser).
#include "study/lesson_page.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "study/lesson_json.h"
#include "tests/data/temporary_folder.h"
#include "tests/study/html_checks.h"
#include "tests/study/synthetic_trace.h"

namespace weir {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr LayerSpec conv{.kind = LayerKind::conv, .width = 2, .activation = Activation::relu};
constexpr LayerSpec pool{.kind = LayerKind::max_pool};
constexpr LayerSpec mean{.kind = LayerKind::global_avg_pool};
constexpr LayerSpec head{.kind = LayerKind::linear, .width = 10};

StoredNetwork network_of(std::vector<LayerSpec> layers) {
  Architecture architecture{.model = "small", .layers = std::move(layers)};
  auto network = build(architecture, Device::reference());
  return {std::move(architecture), std::move(network), {}};
}

AttackStory synthetic_attack(const std::string& name) {
  AttackStory story{.attack = name, .trace = synthetic_trace(), .told = {0, 5, 12}, .plane = {}};
  story.plane = {.side = 2,
                 .from = -1,
                 .to = 2,
                 .loss = {0.1, 0.2, 0.3, 0.4},
                 .answers = {3, 3, 3, 5},
                 .steps = {{0, 0}, {0.5, 0.1}, {1, 0.2}}};
  return story;
}

LessonStory synthetic_story(const StoredNetwork& small) {
  LessonStory story{.network = "good-init", .images = {}, .small = &small};
  ImageStory image{.id = 21,
                   .label = 3,
                   .pixels = std::vector<std::uint8_t>(3072, 128),
                   .small_logits = std::vector<double>(10, 0),
                   .small_gradient = std::vector<float>(3072, 0.1f),
                   .attacks = {}};
  for (const std::string& name : told_attacks()) image.attacks.push_back(synthetic_attack(name));
  story.images.push_back(std::move(image));
  return story;
}

/// What a browser reads as tags: the inside of a script is none.
std::string without_scripts(std::string html) {
  for (std::size_t at = html.find("<script"); at != std::string::npos; at = html.find("<script", at))
    html.erase(at, html.find("</script>", at) + 9 - at);
  return html;
}

TEST(LessonPage, KeepsThePromisesOfEveryPage) {
  const StoredNetwork small = network_of({conv, pool, mean, head});
  const std::string html = lesson_page(synthetic_story(small), {.command = "weir lesson-page"});
  expect_nothing_loaded(html);
  expect_unique_ids_and_whole_references(html);
  expect_balanced_tags(without_scripts(html));
  expect_words_for_every_picture(html);
}

TEST(LessonPage, TellsEveryAttackWithoutItsScript) {
  const StoredNetwork small = network_of({conv, mean, head});
  const std::string html = lesson_page(synthetic_story(small), {.command = "weir lesson-page"});
  const std::string whole = html.substr(0, html.find("<script"));
  for (const char* title : {"FGSM", "IGSM", "JSMA", "DeepFool", "C&amp;W"})
    EXPECT_THAT(whole, HasSubstr(fmt::format("<figcaption>{}</figcaption>", title)));
  EXPECT_THAT(all_matches(whole, "(id=\"(?:explorer|board)\" hidden)"), SizeIs(2));  // a script wakes them
}

TEST(LessonPage, HandsItsScriptTheNumbersOfTheStory) {
  const StoredNetwork small = network_of({conv, pool, conv, mean, head});
  const LessonStory story = synthetic_story(small);
  const Json json = Json::parse(lesson_json(story));
  const Trace& trace = story.images[0].attacks[0].trace;
  const Json& step = json["images"][0]["attacks"][0]["steps"][1];
  EXPECT_NEAR(step["l2"].get<double>(), trace.steps[5].moved.l2, 1e-4);
  ASSERT_EQ(step["logits"].size(), 10u);
  for (std::size_t k = 0; k < 10; ++k)
    EXPECT_NEAR(step["logits"][k].get<double>(), trace.steps[5].logits[k], 1e-4);
  EXPECT_EQ(json["images"][0]["attacks"][0]["plane"]["answers"], Json({3, 3, 3, 5}));
  EXPECT_EQ(json["small"]["layers"].size(), 5u);
  EXPECT_EQ(json["small"]["layers"][2], Json({{"kind", "conv"}, {"in", 2}, {"out", 2}}));
  // 3*2*9 + 2, 2*2*9 + 2 and 2*10 + 10 floats as base64
  EXPECT_EQ(json["small"]["weights"].get<std::string>().size(), (4 * (56 + 38 + 30) + 2) / 3 * 4);
}

TEST(LessonPage, RefusesANetworkThatItsScriptCannotCompute) {
  constexpr LayerSpec wide{.kind = LayerKind::conv, .width = 2, .activation = Activation::relu, .window = 5};
  const StoredNetwork small = network_of({wide, mean, head});
  EXPECT_THAT(diagnosis_of([&] { lesson_json(synthetic_story(small)); }),
              Says(ErrorKind::usage, "E0200", "cannot compute a layer of kind conv"));
}

}  // namespace
}  // namespace weir
