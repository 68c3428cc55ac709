// The page of a trace: self-contained, whole without its script, and in agreement with the numbers.
#include "study/trace_page.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/trace_pictures.h"
#include "study/trace_table.h"
#include "study/trace_words.h"
#include "tests/study/html_checks.h"
#include "tests/study/synthetic_trace.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::string page_of(const SyntheticTraceOptions& options = {}) {
  return trace_page(synthetic_trace(options), synthetic_heading());
}

/// In what order the frames of the film are, by their headings.
std::vector<std::string> frames_in(const std::string& html) {
  return all_matches(html, "<p class=\"when\">([^<]*)</p>");
}

TEST(TracePage, KeepsThePromisesOfEveryPage) {
  for (const bool pairs : {false, true}) {
    const std::string html = page_of({.steps = 90, .pairs = pairs});
    expect_nothing_loaded(html);
    expect_unique_ids_and_whole_references(html);
    expect_balanced_tags(html);
    expect_words_for_every_picture(html);
    EXPECT_LT(html.size(), 2u << 20);
    const auto name = pairs ? "weir_trace_of_pairs.html" : "weir_trace.html";
    std::ofstream(std::filesystem::path(::testing::TempDir()) / name) << html;  // for eyes
  }
}

TEST(TracePage, TellsTheStoryInASentence) {
  const std::string html = page_of();
  EXPECT_THAT(html, HasSubstr("<h1>How a cat became a dog</h1>"));
  EXPECT_THAT(html,
              HasSubstr("sure that this is a cat. In 12 steps, IGSM changed 3,072 of the picture's 3,072 "
                        "values, none by more than 3.06 of 255 grey levels. Now the network is"));
  EXPECT_THAT(html, HasSubstr("made-up &lt;net&gt;"));
  EXPECT_THAT(html, HasSubstr("<pre>weir trace igsm good-init --image 21</pre>"));
}

TEST(TracePage, AFailureIsToldAsOne) {
  const std::string html = page_of({.fooled_from = 100});
  EXPECT_THAT(html, HasSubstr("<h1>The cat that stayed a cat</h1>"));
  EXPECT_THAT(html, HasSubstr("so the attack failed: its steps were used up."));
  EXPECT_THAT(html, HasSubstr("After the attack"));
  EXPECT_THAT(html, Not(HasSubstr("Adversarial<")));
}

TEST(TracePage, OnlyTheViewerWaitsForTheScript) {
  const std::string html = page_of();
  EXPECT_THAT(all_matches(html, R"re(<[a-z]+ class="([a-z]+)" id="[a-z]+" hidden>)re"),
              ElementsAre("viewer"));
  EXPECT_EQ(html.find("<script"), html.rfind("<script"));
  EXPECT_GT(html.find("<script"), html.find("id=\"again\"")) << "what it needs comes first";
}

TEST(TracePage, ThinsAFilmOfThousandsOfSteps) {
  const std::string html = page_of({.steps = 2000, .fooled_from = 1210});
  const auto frames = frames_in(html);
  ASSERT_THAT(frames, SizeIs(most_shown_steps));
  EXPECT_EQ(frames.front(), "start");
  EXPECT_EQ(frames.back(), "end (2000)");
  EXPECT_THAT(frames, testing::IsSupersetOf({"step 1209", "step 1210"}));
  EXPECT_THAT(html, HasSubstr("Of its 2001 pictures, 40 are shown; trace.csv has all of them."));
  EXPECT_LT(html.size(), 2u << 20);
}

TEST(TracePage, ShowsEveryStepOfAShortAttack) {
  EXPECT_THAT(frames_in(page_of({.steps = 3, .fooled_from = 2})),
              ElementsAre("start", "step 1", "step 2", "end (3)"));
}

TEST(TracePage, TheTableHasTheNumbersOfTheTrace) {
  const Trace trace = synthetic_trace();
  const std::string html = page_of();
  const TraceStep& third = trace.steps[3];
  EXPECT_THAT(html,
              HasSubstr(fmt::format("<td>{:.4f}</td><td>{:.4f}</td><td>{:.4f}</td><td>{:.4f}</td></tr>",
                                    third.moved.l2, third.moved.linf, third.drift.iip, third.drift.oip)));
  EXPECT_THAT(all_matches(html, "<tr( class=\"fooled\")"), SizeIs(8)) << "steps 5 to 12";
}

TEST(TracePage, MarksWhereTheAnswerChanges) {
  EXPECT_THAT(page_of({.fooled_from = 5}), HasSubstr(">dog from step 5<"));
  EXPECT_THAT(page_of({.fooled_from = 100}), Not(HasSubstr(" from step ")));
}

TEST(TracePage, NumbersTheChosenPairsWhereTheyLie) {
  const std::string html = page_of({.steps = 6, .pairs = true});
  // Step 1 takes features 97 and 1130: row 3, column 1 of red; row 3, column 10 of green.
  EXPECT_THAT(html, HasSubstr("<rect x=\"16\" y=\"48\" width=\"16\""));
  EXPECT_THAT(html, HasSubstr("<rect x=\"160\" y=\"48\" width=\"16\""));
  EXPECT_THAT(html, HasSubstr("<li>x 1, y 3, red and x 10, y 3, green</li>"));
  EXPECT_THAT(all_matches(html, "text-anchor=\"middle\" fill=\"var\\(--surface\\)\">([0-9]+)<"), SizeIs(12));
  EXPECT_THAT(page_of(), Not(HasSubstr("id=\"pairs\"")));
}

TEST(TracePage, TwoPagesOfOneTraceAreEqual) { EXPECT_EQ(page_of(), page_of()); }

TEST(TraceWords, PercentagesDoNotClaimCertainty) {
  EXPECT_EQ(percent(0.97), "97.0 %");
  EXPECT_EQ(percent(0.99999), "over 99.9 %");
  EXPECT_EQ(percent(1e-9), "under 0.1 %");
  EXPECT_EQ(percent(1), "over 99.9 %");
  EXPECT_EQ(percent(0), "under 0.1 %");
}

TEST(TraceWords, ArticlesFitTheirNouns) {
  EXPECT_EQ(with_article("cat"), "a cat");
  EXPECT_EQ(with_article("airplane"), "an airplane");
  EXPECT_EQ(with_article(class_word(no_class, 10)), "nothing");
  EXPECT_EQ(class_word(1, 2), "class 1");
}

TEST(TracePictures, AGradientIsWhiteWhereItVanishesAndHasTwoColours) {
  Trace trace = synthetic_trace();
  TraceStep& step = trace.steps[1];
  std::ranges::fill(step.gradient, 0.0f);
  step.gradient[0] = 2;                                // red of the first pixel
  step.gradient[1024 + 1] = -2;                        // green of the second
  step.gradient[2] = 2, step.gradient[1024 + 2] = -2;  // the third gets no brighter
  const RgbPicture map = gradient_of(step, trace);
  const auto pixel = [&](std::size_t at) {
    return std::vector<int>(map.pixels.begin() + static_cast<std::ptrdiff_t>(3 * at),
                            map.pixels.begin() + static_cast<std::ptrdiff_t>(3 * at + 3));
  };
  EXPECT_THAT(pixel(0), ElementsAre(0xd5, 0x5e, 0x00));
  EXPECT_THAT(pixel(1), ElementsAre(0x00, 0x72, 0xb2));
  EXPECT_THAT(pixel(2), ElementsAre(255, 255, 255));
  EXPECT_THAT(pixel(3), ElementsAre(255, 255, 255));
}

TEST(TracePictures, TheGainShowsTheLargestChangeInFull) {
  EXPECT_EQ(perturbation_gain(synthetic_trace({.steps = 12})), 20);  // largest change 0.024
  Trace trace = synthetic_trace();
  trace.steps[3].moved.linf = 1.5;
  EXPECT_EQ(perturbation_gain(trace), 20) << "the last counts";
  trace.steps.back().moved.linf = 0;
  EXPECT_EQ(perturbation_gain(trace), 1) << "unless it is the original";
}

TEST(TracePictures, EnlargingRepeatsPixels) {
  const RgbPicture small{.width = 2, .height = 1, .pixels = {1, 2, 3, 4, 5, 6}};
  const RgbPicture large = enlarged(small, 2);
  EXPECT_EQ(large.width, 4);
  EXPECT_THAT(large.pixels,
              ElementsAre(1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6));
}

TEST(TracePictures, TheFilmHasThreeRows) {
  const Trace trace = synthetic_trace();
  const RgbPicture film = film_of(trace, std::vector<Index>{0, 12});
  EXPECT_EQ(film.width, 64);
  EXPECT_EQ(film.height, 96);
  const RgbPicture last = picture_of(trace.last().image, trace);
  EXPECT_TRUE(std::equal(last.pixels.begin(), last.pixels.begin() + 96, film.pixels.begin() + 96));
}

}  // namespace
}  // namespace weir
