#include "models/suggest.h"

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
}

}  // namespace
}  // namespace weir
