#include "attacks/cw.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attacks/deepfool.h"
#include "attacks/fgsm.h"
#include "data/cifar.h"
#include "data/home.h"
#include "models/weights.h"
#include "tests/attacks/networks.h"
#include "tests/attacks/on_device.h"
#include "tests/attacks/plain_network.h"

namespace weir {
namespace {

using testing::HasSubstr;

Device& reference() { return Device::reference(); }

/// Adam as TensorFlow 1 (epsilon-hat) or PyTorch has it, on one vector.
struct PlainAdam {
  CwAdam kind;
  double rate;
  Values m, v;
  Index t = 0;

  void step(Values& x, const Values& gradient) {
    m.resize(x.size());
    v.resize(x.size());
    ++t;
    const double c1 = 1 - std::pow(0.9, t), c2 = 1 - std::pow(0.999, t);
    for (std::size_t i = 0; i < x.size(); ++i) {
      m[i] = 0.9 * m[i] + 0.1 * gradient[i];
      v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
      x[i] -= kind == CwAdam::tf ? rate * std::sqrt(c2) / c1 * m[i] / (std::sqrt(v[i]) + 1e-8)
                                 : rate * (m[i] / c1) / (std::sqrt(v[i] / c2) + 1e-8);
    }
  }
};

/// CarliniWagnerL2 of cleverhans 2.0 with batch size 1 and without its bound on the first loss, on pixels in
/// [-1, 1]. target < 0: untargeted.
struct PlainCw {
  const PlainNetwork& network;
  CwOptions options;
  Index passes = 0;

  Values operator()(const Values& x, std::size_t label, std::ptrdiff_t target = -1) {
    const std::size_t features = x.size();
    Values w0(features), best_image = x, base(features);
    for (std::size_t i = 0; i < features; ++i) {
      w0[i] = std::atanh(x[i] * 0.999999);
      base[i] = std::tanh(w0[i]);
    }
    double best = 1e10, c = options.initial_constant, low = 0, high = 1e10;
    for (Index step = 0; step < options.binary_steps; ++step) {
      if (options.binary_steps >= 10 && step == options.binary_steps - 1) c = high;
      Values shift(features), image(features), gradient;
      PlainAdam adam{options.adam, options.learning_rate, {}, {}};
      double previous = INFINITY;
      bool found = false;
      for (Index i = 0; i < options.iterations; ++i) {
        double distance = 0;
        for (std::size_t k = 0; k < features; ++k) {
          image[k] = std::tanh(w0[k] + shift[k]);
          distance += (image[k] - base[k]) * (image[k] - base[k]);
        }
        ++passes;
        const Values z = network.logits(image);
        const std::size_t own = target < 0 ? label : static_cast<std::size_t>(target);
        Values others = z;
        others[own] = -INFINITY;
        const std::size_t other = first_largest(others);
        const std::size_t sinking = target < 0 ? own : other, rising = target < 0 ? other : own;
        const double f = std::max(0.0, z[sinking] - z[rising] + options.kappa);
        const double loss = distance + c * f;
        if (options.abort != CwAbort::never && i % std::max<Index>(1, options.iterations / 10) == 0) {
          if (loss > 0.9999 * previous) break;
          previous = loss;
        }
        Values handicapped = z;
        handicapped[own] += target < 0 ? options.kappa : -options.kappa;
        const bool success = (first_largest(handicapped) == own) == (target >= 0);
        found |= success;
        if (success && distance < best) {
          best = distance;
          best_image = image;
        }
        gradient = network.gradient(image, difference(z.size(), sinking, rising));
        for (std::size_t k = 0; k < features; ++k)
          gradient[k] =
              (2 * (image[k] - base[k]) + (f > 0 ? c * gradient[k] : 0)) * (1 - image[k] * image[k]);
        adam.step(shift, gradient);
      }
      if (found) {
        high = std::min(high, c);
        if (high < 1e9) c = (low + high) / 2;
      } else {
        low = std::max(low, c);
        c = high < 1e9 ? (low + high) / 2 : c * 10;
      }
    }
    return best_image;
  }
};

void expect_the_plain_loop(const CwOptions& options, bool targeted) {
  const auto network = perceptron({12, 16, 5}, {1}, reference(), DType::f64);
  const PlainNetwork plain(*network);
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {12, 1, 3, 4}, 2, {}, DType::f64);
  const std::vector<std::int32_t> labels = task.truth.to_host();
  std::vector<std::int32_t> targets = labels;
  for (std::int32_t& target : targets) target = (target + 2) % 5;
  if (targeted) task.targets = labels_of(targets, reference());
  const Outcome outcome = Cw(options)(evaluator, task);
  const Values images = task.images.to_host_double(), found = outcome.images.to_host_double();
  for (std::size_t row = 0; row < 12; ++row) {
    const auto part = [&](const Values& of) {
      return Values(of.begin() + static_cast<std::ptrdiff_t>(12 * row),
                    of.begin() + static_cast<std::ptrdiff_t>(12 * (row + 1)));
    };
    PlainCw cw{plain, options};
    const Values expected =
        cw(part(images), static_cast<std::size_t>(labels[row]), targeted ? targets[row] : -1);
    EXPECT_TRUE(within(part(found), expected, Values(12, 1e-7))) << row;
    EXPECT_EQ(outcome.records[row].forwards, cw.passes) << row;
  }
}

TEST(Cw, IsTheLoopOfCleverhansImageByImage) {
  expect_the_plain_loop({.binary_steps = 5, .iterations = 60}, false);
  expect_the_plain_loop(
      {.learning_rate = 0.05, .initial_constant = 0.25, .binary_steps = 4, .iterations = 40}, true);
  expect_the_plain_loop({.kappa = 0.5, .binary_steps = 3, .iterations = 40, .adam = CwAdam::torch}, false);
  expect_the_plain_loop({.kappa = 0.5, .binary_steps = 10, .iterations = 20, .abort = CwAbort::never}, true);
  expect_the_plain_loop({.binary_steps = 2, .iterations = 7}, false);  // looks at every iteration
}

TEST(Cw, ReachesTheBoundaryOfAnAffineModel) {
  const Values direction = {0.5, -1, 0.25, 0.75, -0.5, 1, 0.125, -0.25};
  const auto network = affine_network({direction, Values(8, 0)}, {0.4, 0}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task;
  task.images = uniform({20, 1, 2, 4}, {-0.6f, 0.6f}, {3}, reference());
  task.truth = answers_of(evaluator, task.images);
  const Outcome outcome = Cw({.learning_rate = 0.01, .binary_steps = 9, .iterations = 400})(evaluator, task);
  const Values logits = evaluator.logits(task.images).to_host_double();
  double length = 0;
  for (const double w : direction) length += w * w;
  for (std::size_t row = 0; row < 20; ++row) {
    const double distance = std::abs(logits[2 * row]) / std::sqrt(length);
    EXPECT_EQ(outcome.records[row].status, AttackStatus::success) << row;
    EXPECT_GE(outcome.records[row].distortion.l2, distance * (1 - 1e-4)) << row;
    EXPECT_LE(outcome.records[row].distortion.l2, distance * 1.03) << row;
  }
}

double median_l2(const std::vector<AttackRecord>& records) {
  Values norms;
  for (const AttackRecord& record : records)
    norms.push_back(record.status == AttackStatus::success ? record.distortion.l2 : INFINITY);
  const auto middle = norms.begin() + static_cast<std::ptrdiff_t>(norms.size() / 2);
  std::nth_element(norms.begin(), middle, norms.end());
  return *middle;
}

TEST(Cw, OnThePretrainedNetworkItBeatsDeepFoolWhichBeatsFgsm) {
  Device& device = Device::fastest();
  const StoredNetwork stored = load_network(find_resource("models/pretrained/good-init.safetensors"), device);
  const std::vector<Index> rows = {0, 1, 2, 3, 4, 5, 6};
  Evaluator evaluator(*stored.network, device, Numerics::fast);
  AttackTask task;
  const std::vector<float> pixels = gather_floats(load_embedded(Split::test), rows);
  task.images = Tensor::from_host(std::span<const float>(pixels), {7, 3, 32, 32}, device);
  task.truth = answers_of(evaluator, task.images);
  std::vector<AttackRecord> smallest;
  for (double eps = 0.0025; eps < 1; eps *= 1.5) {
    const Outcome outcome = Fgsm({.eps = eps, .seed = SeedScale::scaled})(evaluator, task);
    if (smallest.empty()) smallest = outcome.records;
    for (std::size_t row = 0; row < rows.size(); ++row)
      if (smallest[row].status != AttackStatus::success) smallest[row] = outcome.records[row];
  }
  const double fgsm = median_l2(smallest), deepfool = median_l2(DeepFool()(evaluator, task).records);
  const Cw attack({.learning_rate = 5e-3, .initial_constant = 0.25, .binary_steps = 3, .iterations = 60});
  EXPECT_LE(deepfool, fgsm);
  EXPECT_LE(median_l2(attack(evaluator, task).records), deepfool);
}

TEST(Cw, TheObserverSeesEveryIterationAndChangesNothing) {
  const auto network = small_conv_network(10, {6}, reference());
  Evaluator evaluator(*network, reference());
  AttackTask task = random_task(evaluator, {9, 3, 8, 8}, 7);
  std::vector<std::int32_t> truth = task.truth.to_host();
  truth[3] = (truth[3] + 1) % 10;  // misclassified: rows and victims differ
  task.truth = labels_of(truth, reference());
  const Cw attack({.binary_steps = 2, .iterations = 12, .batch = 4});
  std::vector<Index> seen(9);
  Index calls = 0;
  const Outcome watched = attack(evaluator, task, [&](const AttackStep& step) {
    EXPECT_EQ(step.number, calls++);
    EXPECT_LE(step.images.rows(), 4);
    EXPECT_EQ(step.gradient.shape(), step.images.shape());
    for (std::size_t i = 0; i < step.rows.size(); ++i) {
      EXPECT_LT(step.objective[i], 0);
      ++seen[static_cast<std::size_t>(step.rows[i])];
    }
  });
  EXPECT_TRUE(same_bits(watched.images, attack(evaluator, task).images));
  Index forwards = 0;
  for (std::size_t row = 0; row < 9; ++row) {
    EXPECT_EQ(seen[row], watched.records[row].forwards) << row;
    forwards += watched.records[row].forwards;
  }
  EXPECT_EQ(seen[3], 0);
  EXPECT_EQ(watched.crafting.forwards, forwards);
  EXPECT_EQ(watched.crafting.backwards, forwards);
}

TEST(Cw, TheObservedGradientIsThatOfTheObjective) {
  const auto network = perceptron({6, 8, 3}, {8}, reference(), DType::f64);
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {1, 1, 2, 3}, 9, {}, DType::f64);
  const PlainNetwork plain(*network);
  const double c = 0.5;
  Values start;
  Index compared = 0;
  Cw({.learning_rate = 0.02, .initial_constant = c, .binary_steps = 1, .iterations = 20})(
      evaluator, task, [&](const AttackStep& step) {
        const Values x = step.images.to_host_double(), gradient = step.gradient.to_host_double();
        if (start.empty()) start = x;
        const auto height = [&](const Values& at) {
          const Values z = plain.logits(at);
          const auto y = static_cast<std::size_t>(task.truth.to_host()[0]);
          Values others = z;
          others[y] = -INFINITY;
          double loss = c * std::max(0.0, z[y] - *std::max_element(others.begin(), others.end()));
          for (std::size_t i = 0; i < at.size(); ++i) loss += (at[i] - start[i]) * (at[i] - start[i]);
          return -loss;
        };
        EXPECT_NEAR(step.objective[0], height(x), 1e-12);
        for (std::size_t i = 0; i < x.size(); ++i) {
          Values up = x, down = x;
          up[i] += 1e-6;
          down[i] -= 1e-6;
          // central differences in double: rounding 1e-16 / 1e-6, unless a kink lies between
          if (std::abs(height(up) - 2 * height(x) + height(down)) > 1e-9) continue;
          EXPECT_NEAR(gradient[i], (height(up) - height(down)) / 2e-6, 1e-8);
          ++compared;
        }
      });
  EXPECT_GT(compared, 60);
}

TEST(Cw, WithAbortOverTheBatchAnswersDependOnTheCompany) {
  const auto network = small_conv_network(10, {10}, reference());
  Evaluator evaluator(*network, reference());
  const AttackTask task = random_task(evaluator, {12, 3, 8, 8}, 11);
  const Cw coupled(
      {.learning_rate = 0.05, .binary_steps = 3, .iterations = 100, .abort = CwAbort::batch, .batch = 6});
  const Outcome together = coupled(evaluator, task);
  const Outcome half = coupled(evaluator, rows_of(task, {0, 1, 2, 3, 4, 5}));
  EXPECT_TRUE(same_bits(together.images.batch_slice(0, 6), half.images)) << "groups of six do not meet";
  Index different = 0;
  for (Index row = 0; row < 12; ++row)
    different += coupled(evaluator, rows_of(task, {row})).records[0].forwards !=
                 together.records[static_cast<std::size_t>(row)].forwards;
  EXPECT_GT(different, 0);
  for (std::size_t row = 1; row < 6; ++row)
    EXPECT_EQ(together.records[row].forwards, together.records[0].forwards) << "all keep pace";
}

TEST(Cw, AConstantWhoseGradientUnderflowsIsFollowedByALargerOne) {
  // arithmetic in which nothing below 0.05 comes back: 0.01 is lost, 0.1 is not
  const auto network = affine_network({{1}, {-1}}, {0, 0}, reference());
  const Wrapped coarse(*network, [](const Module& inner, const Var& x) {
    const Var z = inner(x);
    return z.tape().record("coarse", {z}, z.value(), [](const Tensor& dy, Cotangents& d) {
      Values values = dy.to_host_double();
      for (double& value : values) value = std::abs(value) < 0.05 ? 0 : value;
      d.add(0, tensor_of(values, dy.shape(), dy.device()));
    });
  });
  Evaluator evaluator(coarse, reference());
  const AttackTask task = line_task({{0.03125}}, {0}, reference());
  const AttackRecord one = Cw({.binary_steps = 1})(evaluator, task).records[0];
  EXPECT_EQ(one.status, AttackStatus::fail_zero_gradient);
  EXPECT_EQ(one.forwards, 1);
  const AttackRecord more = Cw({.learning_rate = 0.01, .binary_steps = 4})(evaluator, task).records[0];
  EXPECT_EQ(more.status, AttackStatus::success);
  EXPECT_EQ(more.zero_gradient_share, 1) << "at the first look";
  const AttackRecord unlucky = Cw({.binary_steps = 2, .iterations = 1})(evaluator, task).records[0];
  EXPECT_EQ(unlucky.status, AttackStatus::fail_budget) << "the second constant had a way to go";
}

TEST(Cw, RefusesNumbersThatMakeNoSense) {
  EXPECT_THROW(Cw({.kappa = -1}), Error);
  EXPECT_THROW(Cw({.learning_rate = 0}), Error);
  EXPECT_THROW(Cw({.initial_constant = -1e-2}), Error);
  EXPECT_THROW(Cw({.initial_constant = INFINITY}), Error);
  EXPECT_THROW(Cw({.binary_steps = 0}), Error);
  EXPECT_THROW(Cw({.iterations = 0}), Error);
  EXPECT_THROW(Cw({.batch = 0}), Error);
}

class CwOnDevice : public AttackOnDevice {};

TEST_P(CwOnDevice, FindsWhatTheReferenceFinds) {
  const auto here = perceptron({12, 20, 4}, {12}, device());
  const auto there = perceptron({12, 20, 4}, {12}, reference());
  Evaluator evaluator(*here, device()), expected(*there, reference());
  const AttackTask task = random_task(expected, {10, 1, 3, 4}, 13);
  AttackTask mine = task;
  mine.images = task.images.to(device());
  mine.truth = labels_of(task.truth.to_host(), device());
  const Cw attack({.learning_rate = 0.02, .binary_steps = 3, .iterations = 60, .batch = 4});
  const Outcome found = attack(evaluator, mine), wanted = attack(expected, task);
  for (std::size_t row = 0; row < 10; ++row) {
    EXPECT_EQ(found.records[row].status, wanted.records[row].status);
    // sums in another order steer Adam elsewhere in the last bits, and 180 iterations spread them
    EXPECT_NEAR(found.records[row].distortion.l2, wanted.records[row].distortion.l2,
                0.02 * wanted.records[row].distortion.l2);
  }
}

TEST_P(CwOnDevice, ReusesItsMemory) {
  const auto network = perceptron({64, 32, 4}, {14}, device());
  Evaluator evaluator(*network, device());
  const AttackTask task = random_task(evaluator, {32, 1, 8, 8}, 15);
  std::vector<std::size_t> allocations;
  Cw({.binary_steps = 1, .iterations = 40, .abort = CwAbort::never})(evaluator, task, [&](const AttackStep&) {
    allocations.push_back(device().pool().statistics().system_allocations);
  });
  ASSERT_EQ(allocations.size(), 40u);
  EXPECT_EQ(allocations[39], allocations[4]) << "a steady iteration asks the system for nothing";
}

INSTANTIATE_TEST_SUITE_P(Devices, CwOnDevice, testing::ValuesIn(device_names()), device_test_name);

}  // namespace
}  // namespace weir
