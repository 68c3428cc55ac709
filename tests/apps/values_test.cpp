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
