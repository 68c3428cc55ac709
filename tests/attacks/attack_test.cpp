#include "attacks/attack.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "attacks/fgsm.h"
#include "attacks/lockstep.h"
#include "tensor/ops/pointwise.h"
#include "tests/attacks/networks.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Device& reference() { return Device::reference(); }

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Does to the images what the test wants, without asking the network.
class Scripted : public Attack {
 public:
  using Script = std::function<Crafted(const Victims&)>;
  explicit Scripted(Script script, std::optional<Ball> promise = {})
      : script_(std::move(script)), promise_(promise) {}
  std::string_view name() const override { return "scripted"; }
  std::vector<Setting> settings() const override { return {}; }

 private:
  Crafted perturb(Evaluator&, const Victims& victims, const AttackObserver&) const override {
    return script_(victims);
  }
  std::optional<Ball> promise() const override { return promise_; }
  Script script_;
  std::optional<Ball> promise_;
};

Scripted::Script adding(const Values& change) {
  return [change](const Victims& victims) {
    return Crafted{victims.images + tensor_of(change, victims.images.shape(), victims.images.device()),
                   std::vector<Effort>(static_cast<std::size_t>(victims.count()))};
  };
}

class AttackTest : public testing::Test {
 protected:
  Diagnosis refused(const AttackTask& asked, const Attack& attack) {
    try {
      attack(evaluator, asked);
    } catch (const Error& error) {
      return error.diagnosis();
    }
    ADD_FAILURE() << "nothing was refused";
    return {};
  }
  Diagnosis refused(const AttackTask& asked) { return refused(asked, Fgsm()); }

  std::unique_ptr<Module> network = affine_network({{1, 1}, {-1, -1}}, {0, 0}, reference());
  Evaluator evaluator{*network, reference()};
  AttackTask task = line_task({{0.5, 0.25}, {-0.5, -0.5}, {0.25, 0.5}}, {0, 1, 0}, reference());
};

TEST_F(AttackTest, ImagesMustBeABatchOfImages) {
  task.images = task.images.reshaped({3, 2});
  const Diagnosis found = refused(task);
  EXPECT_EQ(found.code, "E0220");
  EXPECT_EQ(found.message, "images must be [N, C, H, W], found [3, 2]");
  task.images = {};
  EXPECT_EQ(refused(task).code, "E0220");
}

TEST_F(AttackTest, LabelsTargetsAndIdsComeOneForEachImage) {
  AttackTask few = task;
  few.truth = task.truth.slice(0, 2);
  EXPECT_EQ(refused(few).message, "3 images came with 2 labels");
  few = task;
  few.targets = task.truth.slice(0, 1);
  EXPECT_EQ(refused(few).message, "3 images came with 1 targets");
  few = task;
  few.ids = {7};
  EXPECT_EQ(refused(few).code, "E0221");
}

TEST_F(AttackTest, PixelsOutsideTheRangeAreNamed) {
  const auto with_pixel = [&](double value) {
    AttackTask bad = task;
    bad.images = tensor_of({0, 0, 0, value, 0, 0}, task.images.shape(), reference());
    return refused(bad);
  };
  EXPECT_EQ(with_pixel(1.5).code, "E0222");
  EXPECT_EQ(with_pixel(1.5).message, "feature 1 of image 1 is 1.5, pixels must be -1 to 1");
  EXPECT_EQ(with_pixel(-1.5).code, "E0222");
  EXPECT_THAT(with_pixel(not_a_number).message, HasSubstr("feature 1 of image 1 is nan"));
  EXPECT_EQ(with_pixel(INFINITY).code, "E0222");
  task.pixels = {1, 1};
  EXPECT_EQ(refused(task).message, "pixels cannot be 1 to 1");
  task.pixels = {-INFINITY, 1};
  EXPECT_EQ(refused(task).code, "E0222");
}

TEST_F(AttackTest, LabelsAndTargetsMustBeClasses) {
  task.truth = labels_of({0, 2, 0}, reference());
  EXPECT_EQ(refused(task).message, "label 2 of image 1 is no class, the network has classes 0 to 1");
  task.truth = labels_of({0, 1, 0}, reference());
  task.targets = labels_of({1, 0, -1}, reference());
  EXPECT_EQ(refused(task).message, "target -1 of image 2 is no class, the network has classes 0 to 1");
  EXPECT_EQ(refused(task).code, "E0223");
}

TEST_F(AttackTest, RefusalsNameImagesByTheirIds) {
  task.ids = {70, 50, 30};
  AttackTask bad = task;
  bad.truth = labels_of({0, 2, 0}, reference());
  EXPECT_THAT(refused(bad).message, HasSubstr("of image 50 is no class"));
  bad = task;
  bad.targets = labels_of({1, 0, 0}, reference());
  EXPECT_EQ(refused(bad).message, "the target of image 30 is its own label 0");
  bad = task;
  bad.images = tensor_of({2, 0, 0, 0, 0, 0}, task.images.shape(), reference());
  EXPECT_THAT(refused(bad).message, HasSubstr("feature 0 of image 70 is 2"));
}

TEST_F(AttackTest, ARadiusBeyondThePixelRangeIsAMistakeOfUnits) {
  const Diagnosis found = refused(task, Fgsm({.eps = 8}));
  EXPECT_EQ(found.code, "E0203");
  EXPECT_EQ(found.message, "eps 8 is larger than the pixel range 2");
  EXPECT_THAT(found.help, HasSubstr("0.0627"));
}

/// A model that says the opposite when it is asked in haste.
TEST_F(AttackTest, VerdictsAreExactWhereCraftingIsFast) {
  const Wrapped hasty(*network, [](const Module& inner, const Var& x) {
    return scaled(inner(x), x.tape().options().numerics == Numerics::fast ? -1 : 1);
  });
  task.images = tensor_of(Values(12, 0.25), {6, 1, 1, 2}, reference());  // more than a lone piece
  task.truth = labels_of(std::vector<std::int32_t>(6, 0), reference());
  Evaluator fast(hasty, reference(), Numerics::fast);
  const Outcome outcome = Fgsm({.eps = 0.125})(fast, task);
  for (const AttackRecord& record : outcome.records) {
    EXPECT_EQ(record.clean_class, 0);
    EXPECT_EQ(record.status, AttackStatus::fail_budget) << "0.125 does not reach the other side";
  }
  // Crafting asked the hasty model, and went the wrong way.
  EXPECT_EQ(outcome.images.to_host(), std::vector<float>(12, 0.375f));
  EXPECT_EQ(outcome.crafting.forwards, 6);
  EXPECT_GE(outcome.judging.forwards, 12);
}

TEST_F(AttackTest, NoImagesAreNoProblem) {
  task.images = Tensor::zeros({0, 1, 1, 2}, reference());
  task.truth = labels_of({}, reference());
  const Outcome outcome = Fgsm()(evaluator, task);
  EXPECT_EQ(outcome.images.rows(), 0);
  EXPECT_TRUE(outcome.records.empty());
}

TEST_F(AttackTest, NothingWorthAttackingIsNoProblem) {
  task.truth = labels_of({1, 0, 1}, reference());
  const Outcome outcome = Fgsm()(evaluator, task);
  EXPECT_TRUE(same_bits(outcome.images, task.images));
  EXPECT_EQ(outcome.crafting.forwards, 0);
  for (const AttackRecord& record : outcome.records)
    EXPECT_EQ(record.status, AttackStatus::skipped_misclassified);
}

TEST_F(AttackTest, RecordsNameTheirInputs) {
  task.ids = {100, 7, 55};
  const Outcome outcome = Fgsm()(evaluator, task);
  EXPECT_EQ(outcome.records[1].id, 7);
  EXPECT_EQ(outcome.records[1].label, 1);
  EXPECT_EQ(outcome.records[1].clean_class, 1);
  EXPECT_NEAR(outcome.records[1].clean_confidence, 1 / (1 + std::exp(-2.0)), 1e-6);
  EXPECT_EQ(outcome.records[1].target, no_class);
}

TEST_F(AttackTest, RandomNumbersFollowTheIdAndNotTheRow) {
  std::vector<std::uint64_t> streams;
  const Scripted spy([&](const Victims& victims) {
    for (const Rng& rng : victims.rngs) streams.push_back(rng.stream);
    return Crafted{victims.images, std::vector<Effort>(victims.rows.size())};
  });
  task.ids = {5, 6, 9};
  spy(evaluator, task);
  spy(evaluator, rows_of(task, {2, 0}));
  task.rng.seed = 99;
  spy(evaluator, task);
  EXPECT_EQ(streams[3], streams[2]);
  EXPECT_EQ(streams[4], streams[0]);
  EXPECT_NE(streams[0], streams[1]);
  EXPECT_NE(streams[5], streams[0]);
}

TEST_F(AttackTest, VictimsAreTheRowsTheModelGetsRight) {
  task.truth = labels_of({0, 0, 0}, reference());
  const Scripted spy([&](const Victims& victims) {
    EXPECT_THAT(victims.rows, ElementsAre(0, 2));
    EXPECT_THAT(victims.labels, ElementsAre(0, 0));
    EXPECT_THAT(victims.images.to_host_double(), ElementsAre(0.5, 0.25, 0.25, 0.5));
    EXPECT_THAT(victims.clean_logits, ElementsAre(0.75, -0.75, 0.75, -0.75));
    return Crafted{victims.images, std::vector<Effort>(victims.rows.size())};
  });
  spy(evaluator, task);
}

TEST_F(AttackTest, TheJudgeNotTheAttackDecides) {
  const Scripted boaster([](const Victims& victims) {
    Effort effort;
    effort.claims_success = true;
    effort.first_success = 1;
    return Crafted{victims.images, std::vector<Effort>(victims.rows.size(), effort)};
  });
  for (const AttackRecord& record : boaster(evaluator, task).records) {
    EXPECT_EQ(record.status, AttackStatus::fail_budget);
    EXPECT_TRUE(record.fragile);
  }
  const Scripted modest([](const Victims& victims) {
    Effort effort;
    effort.failure = AttackStatus::fail_no_pair;
    return Crafted{-1.0 * victims.images, std::vector<Effort>(victims.rows.size(), effort)};
  });
  for (const AttackRecord& record : modest(evaluator, task).records) {
    EXPECT_EQ(record.status, AttackStatus::success);
    EXPECT_FALSE(record.fragile);
  }
}

TEST_F(AttackTest, WhyItFailedIsTheAttacksToSay) {
  const Scripted stuck([](const Victims& victims) {
    Effort effort;
    effort.failure = AttackStatus::fail_no_pair;
    return Crafted{victims.images, std::vector<Effort>(victims.rows.size(), effort)};
  });
  for (const AttackRecord& record : stuck(evaluator, task).records)
    EXPECT_EQ(record.status, AttackStatus::fail_no_pair);
}

TEST_F(AttackTest, ABrokenImageIsReplacedByTheOriginal) {
  const Scripted breaks_one(adding({0, 0, not_a_number, 0, -0.75, -0.75}));
  const Outcome outcome = breaks_one(evaluator, task);
  EXPECT_TRUE(same_bits(outcome.images.batch_slice(1, 1), task.images.batch_slice(1, 1)));
  EXPECT_EQ(outcome.records[1].status, AttackStatus::fail_nan);
  EXPECT_EQ(outcome.records[1].distortion.l0_features, 0);
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget);
  EXPECT_EQ(outcome.records[2].status, AttackStatus::success);
}

TEST_F(AttackTest, ANetworkThatBreaksIsNotFooled) {
  // NaN logits for the second image of any batch that has moved, and a NaN gradient for it
  const Wrapped broken(*network, [](const Module& inner, const Var& x) {
    const Var z = inner(x);
    return x.value().to_host()[0] == 0.5f ? z : shifted(z, {not_a_number, 0});
  });
  Evaluator breaking(broken, reference());
  const Outcome outcome = Fgsm({.eps = 0.125})(breaking, rows_of(task, {0}));
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_nan);
  EXPECT_EQ(outcome.records[0].adversarial_class, no_class);
}

TEST_F(AttackTest, NaNOnTheCleanInputIsNotAMisclassification) {
  const Wrapped broken(*network, [](const Module& inner, const Var& x) {
    return shifted(inner(x), {not_a_number, 0});
  });
  Evaluator breaking(broken, reference());
  const Outcome outcome = Fgsm()(breaking, task);
  EXPECT_TRUE(same_bits(outcome.images, task.images));
  for (const AttackRecord& record : outcome.records) {
    EXPECT_EQ(record.status, AttackStatus::fail_nan);
    EXPECT_FALSE(record.counts());
  }
}

TEST_F(AttackTest, NaNGradientsEndARowAndNothingElse) {
  // the pullback of the first row is broken
  const Wrapped broken(*network, [](const Module& inner, const Var& x) {
    const Var z = inner(x);
    return z.tape().record("broken", {z}, z.value(),
                           [first = x.value().to_host()[0]](const Tensor& dy, Cotangents& d) {
                             Values values = dy.to_host_double();
                             if (first == 0.5f) values[0] = not_a_number;
                             d.add(0, tensor_of(values, dy.shape(), dy.device()));
                           });
  });
  Evaluator breaking(broken, reference());
  for (const bool early : {false, true}) {
    (void)early;
    const Outcome outcome = Fgsm({.eps = 0.125})(breaking, task);
    EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_nan);
    EXPECT_TRUE(same_bits(outcome.images.batch_slice(0, 1), task.images.batch_slice(0, 1)));
    EXPECT_THAT(outcome.images.batch_slice(1, 2).to_host_double(), ElementsAre(-0.375, -0.375, 0.125, 0.375));
  }
}

TEST_F(AttackTest, LeavingThePixelRangeIsOurBug) {
  const Scripted leaves(adding({0, 0.8125, 0, 0, 0, 0}));
  const Diagnosis found = refused(task, leaves);
  EXPECT_EQ(found.kind, ErrorKind::bug);
  EXPECT_THAT(found.message, HasSubstr("pixel range"));
}

TEST_F(AttackTest, LeavingThePromisedBallIsOurBug) {
  const Values change = {0, 0.25, 0, 0, 0, 0};
  EXPECT_NO_THROW(Scripted(adding(change), Ball{PixelNorm::linf, 0.25})(evaluator, task));
  EXPECT_NO_THROW(Scripted(adding(change), Ball{PixelNorm::l0, 1})(evaluator, task));
  for (const PixelNorm norm : {PixelNorm::l1, PixelNorm::l2, PixelNorm::linf}) {
    const Diagnosis found = refused(task, Scripted(adding(change), Ball{norm, 0.125}));
    EXPECT_EQ(found.kind, ErrorKind::bug);
    EXPECT_THAT(found.message, HasSubstr("ball"));
  }
  EXPECT_EQ(refused(task, Scripted(adding(change), Ball{PixelNorm::l0, 0})).kind, ErrorKind::bug);
}

TEST_F(AttackTest, DistancesAreThoseOfTheStoredImages) {
  const Outcome outcome = Scripted(adding({0.25, -0.5, 0, 0, 0, 0}))(evaluator, task);
  const Distortion& moved = outcome.records[0].distortion;
  EXPECT_EQ(moved.l1, 0.75);
  EXPECT_EQ(moved.l2, std::sqrt(0.0625 + 0.25));
  EXPECT_EQ(moved.linf, 0.5);
  EXPECT_EQ(moved.relative_linf, 1);
  EXPECT_EQ(outcome.records[1].distortion.l1, 0);
}

TEST(Lockstep, KeepsRowsAndTheirOrder) {
  const Tensor x = tensor_of({0, 1, 10, 11, 20, 21, 30, 31}, {4, 2}, reference());
  EXPECT_THAT(keep_rows(x, std::vector<Index>{1, 2}).to_host_double(), ElementsAre(10, 11, 20, 21));
  EXPECT_THAT(keep_rows(x, std::vector<Index>{3, 0}).to_host_double(), ElementsAre(30, 31, 0, 1));
  EXPECT_EQ(keep_rows(x, {}).rows(), 0);
  EXPECT_THAT(x.to_host_double(), ElementsAre(0, 1, 10, 11, 20, 21, 30, 31));
}

TEST(Lockstep, RetiredRowsComeBackInTheirPlaces) {
  Victims victims;
  victims.images = Tensor::zeros({4, 1, 1, 1}, reference());
  victims.rows = {5, 6, 8, 9};
  Lockstep rows(victims);
  const auto images = [](const Values& values) {
    return tensor_of(values, {static_cast<Index>(values.size()), 1, 1, 1}, reference());
  };
  EXPECT_THAT(rows.retire(images({1, 2, 3, 4}), {false, true, false, false}), ElementsAre(0, 2, 3));
  EXPECT_THAT(rows.task_rows(), ElementsAre(5, 8, 9));
  rows.count_step();
  EXPECT_THAT(rows.retire(images({10, 30, 40}), {true, false, true}), ElementsAre(1));
  EXPECT_THAT(rows.task_rows(), ElementsAre(8));
  EXPECT_EQ(rows.victim(0), 2);
  const Crafted crafted = rows.finish(images({300}));
  EXPECT_THAT(crafted.images.to_host_double(), ElementsAre(10, 2, 300, 40));
  EXPECT_EQ(crafted.efforts[0].iterations, 1);
  EXPECT_EQ(crafted.efforts[1].iterations, 0);
  EXPECT_FALSE(rows.any());
}

}  // namespace
}  // namespace weir
