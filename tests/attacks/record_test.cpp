#include "attacks/record.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

namespace weir {
namespace {

TEST(Record, TheColumnsBeginAsTheContractSays) {
  const std::string promised =
      "id,label,clean_class,clean_confidence,target,status,adversarial_class,adversarial_confidence,"
      "iterations,"
      "l0_features,l1,l2,linf,relative_l0,relative_l2,relative_linf";
  EXPECT_EQ(csv_header().substr(0, promised.size()), promised);
}

TEST(Record, IsOneLineInTheOrderOfTheColumns) {
  AttackRecord record{.id = 17, .label = 3, .clean_class = 3, .clean_confidence = 0.75, .target = 5};
  record.status = AttackStatus::success;
  record.adversarial_class = 5;
  record.adversarial_confidence = 0.1;
  record.iterations = 12;
  record.distortion = {
      .l0_features = 4, .l0_tolerant = 3, .l0_pixels = 2, .l1 = 0.5, .l2 = 0.25, .linf = 0.125};
  record.distortion.relative_l0 = 0.01;
  record.distortion.relative_l1 = 0.02;
  record.distortion.relative_l2 = 0.03;
  record.distortion.relative_linf = 0.04;
  record.margin = 1.5;
  record.first_success = 11;
  record.forwards = 13;
  record.backwards = 14;
  record.zero_gradient_share = 0.0625;
  record.rounded_class = 6;
  record.survives_rounding = true;
  EXPECT_EQ(
      to_csv(record),
      "17,3,3,0.75,5,success,5,0.1,12,4,0.5,0.25,0.125,0.01,0.03,0.04,0.02,2,3,1.5,11,13,14,0.0625,6,1,0");
}

TEST(Record, HasAsManyFieldsAsColumns) {
  const auto fields = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  EXPECT_EQ(fields(to_csv(AttackRecord{})), fields(csv_header()));
}

TEST(Record, NoClassIsAnEmptyField) {
  const std::string line = to_csv(AttackRecord{.id = 1, .label = 2, .clean_class = 2, .clean_confidence = 1});
  EXPECT_EQ(line.substr(0, 22), "1,2,2,1,,fail_budget,,");
}

TEST(Record, AFileIsHeaderAndLines) {
  const std::vector<AttackRecord> records = {{.id = 1}, {.id = 2}};
  EXPECT_EQ(to_csv(records), csv_header() + "\n" + to_csv(records[0]) + "\n" + to_csv(records[1]) + "\n");
}

TEST(Record, CountsWhatTheModelGotRight) {
  EXPECT_TRUE((AttackRecord{.label = 3, .clean_class = 3}).counts());
  EXPECT_FALSE((AttackRecord{.label = 3, .clean_class = 4}).counts());
  EXPECT_FALSE((AttackRecord{.label = 3, .clean_class = no_class}).counts());
}

}  // namespace
}  // namespace weir
