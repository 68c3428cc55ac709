#include "attacks/deepfool.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

#include "attacks/fgsm.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"
#include "tests/attacks/plain_network.h"

namespace weir {
namespace {

using testing::Each;
using testing::HasSubstr;

constexpr DeepFoolReading every_reading[] = {DeepFoolReading::foolbox1, DeepFoolReading::reference,
                                             DeepFoolReading::foolbox3};

Device& reference() { return Device::reference(); }

struct Walked {
  Values image;
  Index iterations = 0;
};

/// The loops of Foolbox 1, of the authors and of Foolbox 3 as their texts have them, for one image.
Walked plain_deepfool(const PlainNetwork& network, const Values& clean, const DeepFoolOptions& options) {
  const auto squash = [](Values x) {
    for (double& value : x) value = std::clamp(value, -1.0, 1.0);
    return x;
  };
  const Values z0 = network.logits(clean);
  const std::size_t y = first_largest(z0), features = clean.size();
  std::vector<std::size_t> classes(z0.size());
  std::iota(classes.begin(), classes.end(), 0u);
  std::stable_sort(classes.begin(), classes.end(), [&](auto a, auto b) { return z0[a] > z0[b]; });
  classes.resize(std::min(classes.size(), static_cast<std::size_t>(options.candidates)));

  Values x = clean, total(features);
  for (Index round = 0; round < options.steps; ++round) {
    const Values z = network.logits(x);
    if (first_largest(z) != y) return {squash(x), round};
    double nearest = INFINITY, slope = 0;
    Values w;
    for (const std::size_t k : classes) {
      if (k == y || (options.reading == DeepFoolReading::foolbox1 && z[k] >= z[y])) continue;
      const Values gradient = network.gradient(x, difference(z.size(), k, y));
      double norm = 0;
      for (const double g : gradient) norm += options.norm == PixelNorm::l2 ? g * g : std::abs(g);
      if (options.norm == PixelNorm::l2) norm = std::sqrt(norm);
      if (options.reading != DeepFoolReading::reference) norm += 1e-8;
      if (std::abs(z[k] - z[y]) / norm >= nearest) continue;
      nearest = std::abs(z[k] - z[y]) / norm;
      slope = norm;
      w = gradient;
    }
    for (std::size_t i = 0; i < features; ++i) {
      const double direction = options.norm == PixelNorm::l2 ? w[i] / slope : (w[i] > 0) - (w[i] < 0);
      if (options.reading == DeepFoolReading::foolbox1) {
        x[i] += (1 + options.overshoot) * nearest * direction;
      } else {
        total[i] += (nearest + 1e-4) * direction;
        x[i] = clean[i] + (1 + options.overshoot) * total[i];
      }
    }
    if (options.reading != DeepFoolReading::reference) x = squash(x);
  }
  return {squash(x), options.steps};
}

TEST(DeepFool, IsTheLoopOfItsThreeProgramsImageByImage) {
  const auto network = perceptron({24, 30, 20, 8}, {1}, reference(), DType::f64);
  const PlainNetwork plain(*network);
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {40, 1, 4, 6}, 2, {}, DType::f64);
  const Values images = task.images.to_host_double();
  Index several_steps = 0;
  for (const DeepFoolReading reading : every_reading)
    for (const PixelNorm norm : {PixelNorm::l2, PixelNorm::linf})
      for (const Index candidates : {Index{3}, Index{10}}) {
        DeepFoolOptions options = DeepFoolOptions::of(reading);
        options.norm = norm;
        options.candidates = candidates;
        const Outcome outcome = DeepFool(options)(evaluator, task);
        const Values found = outcome.images.to_host_double();
        for (std::size_t row = 0; row < 40; ++row) {
          const auto part = [&](const Values& of) {
            return Values(of.begin() + static_cast<std::ptrdiff_t>(24 * row),
                          of.begin() + static_cast<std::ptrdiff_t>(24 * (row + 1)));
          };
          const Walked expected = plain_deepfool(plain, part(images), options);
          EXPECT_TRUE(within(part(found), expected.image, Values(24, 1e-9))) << row;
          // more steps are those of an image that creeps up to the boundary along the range: the last bit
          // decides when it crosses
          if (expected.iterations > 5) continue;
          EXPECT_EQ(outcome.records[row].iterations, expected.iterations) << row;
          several_steps += expected.iterations > 1;
        }
      }
  EXPECT_GT(several_steps, 100) << "a network that one step fools shows little";
}

TEST(DeepFool, FoolsWhatItAttacksAndStopsAtTheFirstSuccess) {
  const auto network = small_conv_network(10, {3}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {40, 3, 8, 8}, 4);
  for (const DeepFoolReading reading : {DeepFoolReading::foolbox1, DeepFoolReading::foolbox3}) {
    const Outcome outcome = DeepFool(DeepFoolOptions::of(reading))(evaluator, task);
    for (const AttackRecord& record : outcome.records) {
      EXPECT_EQ(record.status, AttackStatus::success);
      EXPECT_EQ(record.first_success, record.iterations);
      EXPECT_FALSE(record.fragile);
    }
  }
}

TEST(DeepFool, MovesLessThanTheSmallestFgsmThatFools) {
  const auto network = small_conv_network(10, {5}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {30, 3, 8, 8}, 6);
  Values smallest(30, INFINITY);
  for (double eps = 0.4; eps > 1e-4; eps *= 0.9) {
    const Outcome outcome = Fgsm({.eps = eps})(evaluator, task);
    for (std::size_t row = 0; row < 30; ++row)
      if (outcome.records[row].status == AttackStatus::success)
        smallest[row] = std::min(smallest[row], outcome.records[row].distortion.l2);
  }
  const Outcome outcome = DeepFool()(evaluator, task);
  Index smaller = 0;
  for (std::size_t row = 0; row < 30; ++row) smaller += outcome.records[row].distortion.l2 <= smallest[row];
  EXPECT_GE(smaller, 29);
}

TEST(DeepFool, CountsItsPassesAsTheEvaluatorDoes) {
  const auto network = small_conv_network(10, {7}, reference());
  Evaluator evaluator(*network, reference());
  const Outcome outcome = DeepFool()(evaluator, random_task(evaluator, {70, 3, 8, 8}, 8));
  Index forwards = 0, backwards = 0, iterations = 0;
  for (const AttackRecord& record : outcome.records) {
    forwards += record.forwards;
    backwards += record.backwards;
    iterations += record.iterations;
    EXPECT_EQ(record.backwards, 9 * record.iterations);
    EXPECT_EQ(record.forwards, 2 * record.iterations);
  }
  EXPECT_EQ(outcome.crafting.forwards, forwards);
  EXPECT_EQ(outcome.crafting.backwards, backwards);
  EXPECT_GT(iterations, 70);
}

TEST(DeepFool, TheObserverSeesEveryStepAndChangesNothing) {
  const auto network = small_conv_network(10, {9}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {40, 3, 8, 8}, 10);
  std::vector<std::int32_t> truth = task.truth.to_host();
  truth[3] = (truth[3] + 1) % 10;  // misclassified: rows and victims differ
  task.truth = labels_of(truth, reference());
  std::vector<Index> seen(40);
  Index calls = 0;
  const Outcome watched = DeepFool()(evaluator, task, [&](const AttackStep& step) {
    EXPECT_EQ(step.number, calls++);
    EXPECT_EQ(step.gradient.shape(), step.images.shape());
    EXPECT_EQ(step.objective.size(), step.rows.size());
    EXPECT_THAT(step.objective, Each(testing::Lt(0)));
    for (const Index row : step.rows) ++seen[static_cast<std::size_t>(row)];
  });
  EXPECT_TRUE(same_bits(watched.images, DeepFool()(evaluator, task).images));
  for (std::size_t row = 0; row < 40; ++row) EXPECT_EQ(seen[row], watched.records[row].iterations) << row;
}

TEST(DeepFool, TheReferenceLooksBeyondTheRangeAndIsClippedAtTheEnd) {
  // the way leads beyond x1 = 1; without that part 1.02 steps do not reach the boundary, 1.05 steps do
  const auto network = affine_network({{1, -0.2}, {0, 0}}, {0.25, 0}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = line_task({{0.25, 1}}, {0}, reference());
  Index looks = 0;
  const Outcome outcome = DeepFool(DeepFoolOptions::of(DeepFoolReading::reference))(
      evaluator, task, [&](const AttackStep&) { ++looks; });
  EXPECT_EQ(looks, 1);
  EXPECT_EQ(outcome.images.to_host_double()[1], 1);
  EXPECT_EQ(outcome.records[0].status, AttackStatus::fail_budget) << "what was clipped fools nobody";
  EXPECT_FALSE(outcome.records[0].fragile);
  EXPECT_EQ(DeepFool()(evaluator, task).records[0].status, AttackStatus::success);
}

TEST(DeepFool, ABudgetThatIsTooSmallIsAFailureWithItsBestAttempt) {
  const auto network = small_conv_network(10, {11}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {60, 3, 8, 8}, 12);
  const Outcome outcome = DeepFool({.steps = 1})(evaluator, task);
  Index failures = 0;
  for (const AttackRecord& record : outcome.records) {
    EXPECT_EQ(record.iterations, 1);
    EXPECT_GT(record.distortion.l2, 0);
    failures += record.status == AttackStatus::fail_budget;
  }
  EXPECT_GT(failures, 0);
}

TEST(DeepFool, HasNoTargets) {
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = line_task({{0.5}}, {0}, reference());
  task.targets = labels_of({1}, reference());
  try {
    DeepFool()(evaluator, task);
    FAIL() << "a target was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().kind, ErrorKind::usage);
    EXPECT_THAT(error.diagnosis().message, HasSubstr("targets"));
  }
}

TEST(DeepFool, RefusesWhatItCannotDo) {
  EXPECT_THROW(DeepFool({.steps = 0}), Error);
  EXPECT_THROW(DeepFool({.candidates = 1}), Error);
  EXPECT_THROW(DeepFool({.overshoot = -0.1}), Error);
  EXPECT_THROW(DeepFool({.overshoot = INFINITY}), Error);
  EXPECT_THROW(DeepFool({.norm = PixelNorm::l1}), Error);
}

class DeepFoolOnDevice : public AttackOnDevice {};

TEST_P(DeepFoolOnDevice, StepsAndStopsAsOnTheReference) {
  // powers of two throughout: on the line the margin 2 x falls by 1 + overshoot of itself
  const auto network = affine_network({{1}, {-1}}, {0, 0}, device());
  Evaluator evaluator(*network, device());
  const DeepFool attack({.overshoot = 0.5});
  const Outcome outcome = attack(evaluator, line_task({{0.5}, {0.125}, {-0.25}}, {0, 0, 1}, device()));
  // the division by |w| + 1e-8 and the root round
  EXPECT_TRUE(within(outcome.images.to_host_double(), {-0.25, -0.0625, 0.125}, Values(3, 1e-7)));
}

INSTANTIATE_TEST_SUITE_P(Devices, DeepFoolOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
