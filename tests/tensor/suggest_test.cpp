#include "tensor/suggest.h"

#include <array>
#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(EditDistance, CountsSlips) {
  EXPECT_EQ(edit_distance("steps", "steps"), 0u);
  EXPECT_EQ(edit_distance("stpes", "steps"), 1u);  // a swap is one slip
  EXPECT_EQ(edit_distance("step", "steps"), 1u);
  EXPECT_EQ(edit_distance("epoch", "batch"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
}

TEST(Suggestion, NamesTheNearestWordWithinTwoSlips) {
  constexpr std::array<std::string_view, 3> words = {"epochs", "batch", "seed"};
  EXPECT_EQ(suggestion("epohcs", words), "did you mean `epochs`?");
  EXPECT_EQ(suggestion("sed", words), "did you mean `seed`?");
  EXPECT_EQ(suggestion("momentum", words), "");
  EXPECT_EQ(suggestion("ab", words), "") << "nothing is left of a word of two letters after two edits";
}

TEST(Suggestion, NamesAWordThatTheOtherGoesOnFrom) {
  const std::vector<std::string> words = {"eps", "step", "steps"};
  EXPECT_EQ(suggestion("epsilon", words), "did you mean `eps`?");
  EXPECT_EQ(suggestion("stepsize", words), "did you mean `step`?");
}

}  // namespace
}  // namespace weir
