#include "data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using ::testing::ElementsAre;

TEST(Csv, ReadsQuotedFields) {
  const CsvTable table = parse_csv("x.csv", "a,b\n1,\"two, \"\"quoted\"\"\"\n,\n");
  EXPECT_THAT(table.header, ElementsAre("a", "b"));
  EXPECT_THAT(table.rows, ElementsAre(ElementsAre("1", "two, \"quoted\""), ElementsAre("", "")));
  EXPECT_EQ(table.column("b"), 1u);
}

TEST(Csv, WritesWhatItReads) {
  for (const char* field : {"plain", "a,b", "\"", "", "a\rb"})
    EXPECT_EQ(parse_csv("x.csv", "h,i\n" + csv_quoted(field) + ",\n").rows[0][0], field);
}

TEST(Csv, QuotesWhateverEndsALineSomewhere) {
  EXPECT_EQ(csv_quoted("a\rb"), "\"a\rb\"");
  EXPECT_EQ(csv_quoted("a\nb"), "\"a\nb\"");
}

TEST(Csv, RefusesWhatIsNoTable) {
  for (const char* text : {"", "a,b\n1\n", "a\n\"1\n"})
    EXPECT_THAT(diagnosis_of([&] { parse_csv("x.csv", text); }), Says(ErrorKind::damaged, "E0443", "x.csv"));
  EXPECT_THAT(diagnosis_of([] { parse_csv("x.csv", "a\n1\n").column("z"); }),
              Says(ErrorKind::damaged, "E0443", "table"));
}

}  // namespace
}  // namespace weir
