// The bar and the lines of progress, with a clock of our own.
#include "apps/progress.h"

#include <gmock/gmock.h>
#include <memory>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct Screen {
  std::string text;
  int writes = 0;
  std::chrono::steady_clock::duration now = 100h;  // since the machine started

  std::unique_ptr<Progress> progress(Progress::Style style, Index total = 200, int columns = 80) {
    return std::make_unique<Progress>(Progress::Options{.what = "attack",
                                                        .unit = "images",
                                                        .total = total,
                                                        .style = style,
                                                        .write =
                                                            [this](std::string_view bytes) {
                                                              text = bytes;
                                                              ++writes;
                                                            },
                                                        .now = [this] { return now; },
                                                        .columns = columns});
  }
};

TEST(Progress, ABarWithRateAndTimeLeft) {
  Screen screen;
  const auto progress = screen.progress(Progress::Style::bar);
  progress->at(0);
  screen.now += 10s;
  progress->at(50, "loss 0.41");
  EXPECT_EQ(screen.text, "\r\x1b[Kattack [#####...............] 50/200 images, 5/s, 30 s left, loss 0.41");
}

TEST(Progress, DrawsAtMostTenTimesASecond) {
  Screen screen;
  const auto progress = screen.progress(Progress::Style::bar);
  for (int i = 0; i < 1000; ++i, screen.now += 1ms) progress->at(i);
  EXPECT_EQ(screen.writes, 10);
}

TEST(Progress, AFileGetsALineEveryThirtySeconds) {
  Screen screen;
  const auto progress = screen.progress(Progress::Style::lines);
  for (int i = 0; i < 100; ++i, screen.now += 1s) progress->at(i);
  EXPECT_EQ(screen.writes, 3);
  EXPECT_EQ(screen.text, "attack: 90/200 images after 1 min 30 s, 1 min 50 s left\n");
}

TEST(Progress, AResumedRunIsNotFasterThanItIs) {
  Screen screen;
  const auto progress = screen.progress(Progress::Style::bar);
  progress->at(100);
  screen.now += 10s;
  progress->at(120);
  EXPECT_THAT(screen.text, HasSubstr("120/200 images, 2/s, 40 s left"));
}

TEST(Progress, WipesItselfAway) {
  Screen screen;
  auto progress = screen.progress(Progress::Style::bar);
  progress->at(1);
  progress.reset();
  EXPECT_EQ(screen.text, "\r\x1b[K");
}

TEST(Progress, SilentMeansSilent) {
  Screen screen;
  auto progress = screen.progress(Progress::Style::silent);
  for (int i = 0; i < 100; ++i, screen.now += 1min) progress->at(i);
  progress.reset();
  EXPECT_EQ(screen.writes, 0);
}

TEST(Progress, NeverWrapsInANarrowTerminal) {
  Screen screen;
  const auto progress = screen.progress(Progress::Style::bar, 200, 40);
  screen.now += 10s;
  progress->at(50, "a long remark about the state of things");
  EXPECT_LT(screen.text.size(), 40 + std::string_view("\r\x1b[K").size());
}

TEST(Progress, NoTimeLeftFromTooLittle) {
  Screen screen;
  const auto progress = screen.progress(Progress::Style::bar, 0);
  progress->at(0);
  EXPECT_THAT(screen.text, Not(HasSubstr("left")));
  EXPECT_THAT(screen.text, Not(HasSubstr("/s")));
}

TEST(Duration, InWords) {
  EXPECT_EQ(duration_in_words(-1), "0 s");
  EXPECT_EQ(duration_in_words(59.4), "59 s");
  EXPECT_EQ(duration_in_words(59.6), "1 min 00 s");
  EXPECT_EQ(duration_in_words(75), "1 min 15 s");
  EXPECT_EQ(duration_in_words(4020), "1 h 07 min");
}

}  // namespace
}  // namespace weir
