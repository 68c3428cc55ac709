#include "models/evaluate.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "layers/init.h"
#include "tests/models/small_training.h"

namespace weir {
namespace {

Tensor logits_of(const std::vector<float>& values, Index classes) {
  return Tensor::from_host(std::span<const float>(values),
                           {static_cast<Index>(values.size()) / classes, classes}, Device::reference());
}

TEST(Evaluate, AgreesWithHandComputedNumbers) {
  // Softmax of (log 3, 0) is (3/4, 1/4); of (0, log 4) is (1/5, 4/5).
  const float log3 = std::log(3.0f), log4 = std::log(4.0f);
  const std::vector<std::int32_t> labels = {0, 0, 1};
  const Evaluation e = evaluate(logits_of({log3, 0, 0, log4, 0, log4}, 2), labels);
  EXPECT_EQ(e.count, 3);
  EXPECT_EQ(e.correct, 2);
  EXPECT_NEAR(e.accuracy(), 2.0 / 3, 1e-12);
  EXPECT_NEAR(e.loss, -(std::log(0.75) + std::log(0.2) + std::log(0.8)) / 3, 1e-6);
  EXPECT_NEAR(e.mean_confidence, (0.75 + 0.8 + 0.8) / 3, 1e-6);
  // Bins of width 1/15: 0.75 stands alone and right, 0.8 twice and half right.
  EXPECT_NEAR(e.calibration_error, (std::abs(0.75 - 1) + std::abs(1.6 - 1)) / 3, 1e-6);
}

TEST(Evaluate, GivesTiesToTheLowestClass) {
  const std::vector<std::int32_t> first = {0}, second = {1};
  EXPECT_EQ(evaluate(logits_of({2, 2, 1}, 3), first).correct, 1);
  EXPECT_EQ(evaluate(logits_of({2, 2, 1}, 3), second).correct, 0);
}

TEST(Evaluate, SurvivesLargeLogitsAndRefusesBrokenOnes) {
  const std::vector<std::int32_t> labels = {1};
  EXPECT_NEAR(evaluate(logits_of({1e4f, 0}, 2), labels).loss, 1e4, 1e-6);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(diagnosis_of([&] {
                evaluate(logits_of({nan, 0}, 2), labels);
              }),
              Says(ErrorKind::numerical, "E0503", "not finite"));
}

TEST(Evaluate, CutsImagesIntoChunksWithoutATrace) {
  const ImageSet images = small_images(1100);  // more than one chunk
  const std::unique_ptr<Sequential> network = build(small_architecture(), Device::fastest());
  initialise_he(*network, Rng{.seed = 1});
  Evaluator evaluator(*network, Device::fastest());
  const Tensor logits = evaluator.logits(image_tensor(images, {0, 1100}, Device::fastest()));
  const Evaluation whole = evaluate(logits, images.labels), chunks = evaluate(evaluator, images);
  EXPECT_EQ(whole.loss, chunks.loss);
  EXPECT_EQ(whole.calibration_error, chunks.calibration_error);
  EXPECT_EQ(chunks.count, 1100);
  EXPECT_EQ(evaluate(evaluator, images, 50).count, 50);
}

TEST(Evaluate, RefusesAnswersThatAreNotOneNumberForEachClass) {
  const std::vector<std::int32_t> label = {2}, none = {-1};
  EXPECT_THAT(diagnosis_of([&] {
                evaluate(logits_of({1, 0}, 2), label);
              }),
              Says(ErrorKind::usage, "E0200", "class 2 cannot be judged by answers of shape [1, 2]"));
  EXPECT_THROW(evaluate(logits_of({1, 0}, 2), none), Error);
  const Tensor map = Tensor::zeros({1, 10, 4, 4}, Device::reference());
  EXPECT_THROW(evaluate(map, label), Error);
}

TEST(Evaluate, OfNothingIsNothing) { EXPECT_EQ(evaluate(logits_of({}, 10), {}).accuracy(), 0); }

}  // namespace
}  // namespace weir
