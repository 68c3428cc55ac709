#include "tensor/built_code.h"

#include <gtest/gtest.h>
#include <utility>

namespace weir {
namespace {

TEST(BuiltCode, MachineCodeRunsOnItsOwnGenerationFromItsMinorNumberOn) {
  EXPECT_TRUE(has_code_for("80-real", 8, 0));
  EXPECT_TRUE(has_code_for("80-real", 8, 9));
  EXPECT_FALSE(has_code_for("86-real", 8, 0));
  EXPECT_FALSE(has_code_for("80-real", 9, 0));
  EXPECT_FALSE(has_code_for("80-real", 7, 5));
  EXPECT_TRUE(has_code_for("100-real", 10, 3));
  EXPECT_FALSE(has_code_for("100-real", 12, 0));
}

TEST(BuiltCode, WhatTheDriverCompilesRunsOnEverythingLater) {
  for (const char* built : {"90", "90-virtual"}) {
    EXPECT_TRUE(has_code_for(built, 9, 0));
    EXPECT_TRUE(has_code_for(built, 12, 1));
    EXPECT_FALSE(has_code_for(built, 8, 9));
  }
}

TEST(BuiltCode, ALetterBindsItToOneGpu) {
  for (const char* built : {"90a", "90a-real", "90a-virtual"}) {
    EXPECT_TRUE(has_code_for(built, 9, 0));
    EXPECT_FALSE(has_code_for(built, 10, 0));
  }
}

TEST(BuiltCode, AnyWordOfTheListWillDo) {
  const char* ours = "75-real,80-real,86-real,89-real,90,100-real,120-real";
  for (const auto& [major, minor] : {std::pair{7, 5}, {8, 0}, {8, 7}, {9, 0}, {10, 3}, {11, 0}, {13, 0}})
    EXPECT_TRUE(has_code_for(ours, major, minor)) << major << '.' << minor;
  for (const auto& [major, minor] : {std::pair{5, 2}, {7, 0}, {7, 2}})
    EXPECT_FALSE(has_code_for(ours, major, minor)) << major << '.' << minor;
  EXPECT_FALSE(has_code_for("", 9, 0));
  EXPECT_TRUE(has_code_for("all-major", 9, 0));
}

}  // namespace
}  // namespace weir
