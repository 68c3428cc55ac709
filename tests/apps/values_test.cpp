// Words of the command line as values.
#include "apps/values.h"

#include <gmock/gmock.h>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

TEST(Integer, Bounds) {
  Index value = 0;
  const Reader read = integer_into(value, {.low = 1, .high = 10'000});
  read({"--count", "200"});
  EXPECT_EQ(value, 200);
  EXPECT_THAT(diagnosis_of([&] {
                read({"--count", "0"});
              }),
              Says(ErrorKind::usage, "E0206", "`--count` must be 1 to 10000, found 0"));
  EXPECT_THAT(diagnosis_of([&] {
                read({"--count", "2.5"});
              }),
              Says(ErrorKind::usage, "E0204", "cannot read `2.5`"));
  EXPECT_THAT(diagnosis_of([&] {
                read({"--count", "99999999999999999999"});
              }),
              Says(ErrorKind::usage, "E0204", "cannot read"));
  EXPECT_EQ(value, 200) << "a refused value must not arrive";
}

TEST(Positive, MoreThanNothing) {
  double value = 0.5;
  const Reader read = positive_into(value);
  read({"--seconds", "0.25"});
  EXPECT_EQ(value, 0.25);
  for (const char* text : {"0", "-1", "inf", "nan"})
    EXPECT_THAT(diagnosis_of([&] {
                  read({"--seconds", text});
                }),
                Says(ErrorKind::usage, "E0206", "`--seconds` must be more than 0"));
  EXPECT_THAT(diagnosis_of([&] { read({"--seconds", "1s"}); }), Says(ErrorKind::usage, "E0204", "`1s`"));
  EXPECT_EQ(value, 0.25);
}

TEST(Lists, AreDividedByCommas) {
  std::vector<Index> numbers{7};
  std::vector<std::string> names, texts;
  integers_into(numbers, {.low = 1})({"--batch", "1,8,32"});
  names_into(names, {"a", "b"})({"--works", "b,a,b"});
  texts_of_list_into(texts)({"--models", "x"});
  EXPECT_EQ(numbers, (std::vector<Index>{1, 8, 32}));
  EXPECT_EQ(names, (std::vector<std::string>{"b", "a", "b"}));
  EXPECT_EQ(texts, (std::vector<std::string>{"x"}));
  EXPECT_THAT(diagnosis_of([&] {
                integers_into(numbers)({"--batch", "1,,2"});
              }),
              Says(ErrorKind::usage, "E0204", "`--batch`"));
  EXPECT_THAT(diagnosis_of([&] {
                texts_of_list_into(texts)({"--models", "x,"});
              }),
              Says(ErrorKind::usage, "E0204", "`--models` is empty"));
  EXPECT_EQ(numbers.size(), 3u) << "a refused list must not arrive";
}

TEST(Name, OneOfAList) {
  std::string value = "test";
  const Reader read = name_into(value, {"test", "train"});
  read({"--split", "train"});
  EXPECT_EQ(value, "train");
  const Diagnosis diagnosis = diagnosis_of([&] { read({"--split", "trian"}); });
  EXPECT_THAT(diagnosis, Says(ErrorKind::usage, "E0207", "`--split` has no `trian`"));
  EXPECT_EQ(diagnosis.note, "it is one of test, train");
  EXPECT_EQ(diagnosis.help, "did you mean `train`?");
}

TEST(Text, MayNotBeEmpty) {
  std::string value = "weir-out";
  EXPECT_THAT(diagnosis_of([&] {
                text_into(value)({"--out", ""});
              }),
              Says(ErrorKind::usage, "E0204", "`--out` is empty"));
}

TEST(Values, ControlCharactersAreShownHarmless) {
  Index value = 0;
  EXPECT_THAT(diagnosis_of([&] {
                integer_into(value)({"--count", "\x1b[31m"});
              }).message,
              testing::HasSubstr("`\\x1b[31m`"));
}

}  // namespace
}  // namespace weir
