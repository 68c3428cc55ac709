// The timers: what they collect, whose time it is, and that nothing is collected without a profile.
#include "tensor/profile.h"

#include <gmock/gmock.h>

#include "tensor/ops/conv2d.h"
#include "tensor/ops/linear.h"
#include "tensor/ops/pointwise.h"
#include "tensor/workers.h"
#include "tests/support/thread_budget.h"

namespace weir {
namespace {

Tensor some(const Shape& shape, Device& device) { return uniform(shape, {}, Rng{1}, device); }

TEST(Profile, SeesVendorRoutinesAndKernels) {
  Device& device = Device::fastest();
  const Tensor x = some({2, 16, 8, 8}, device), weight = some({16, 16, 3, 3}, device);
  const ConvGeometry g = conv_geometry(x.shape(), weight.shape(), 1, 1);
  const Profile profile;
  const Tensor y = convolve(x, weight, {}, g);
  convolve_input_gradient(y, weight, g, x.layout());
  convolve_input_gradient(y, weight, g, x.layout());
  convolve_weight_gradient(y, x, g);
  linear(some({2, 8}, device), some({4, 8}, device), some({4}, device));
  EXPECT_EQ(profile.of(Timed::conv_forward).calls, 1);
  EXPECT_EQ(profile.of(Timed::conv_input_gradient).calls, 2);
  EXPECT_EQ(profile.of(Timed::conv_weight_gradient).calls, 1);
  EXPECT_GE(profile.of(Timed::gemm).calls, 1);
  EXPECT_GT(profile.of(Timed::conv_input_gradient).milliseconds, 0);
}

TEST(Profile, KernelsBelongToTheNameThatTheirThreadGivesNext) {
  const Tensor x = some({4, 8}, Device::reference());
  const Profile profile;
  const Tensor twice = x + x;
  Profile::name_kernels("doubling");
  run_pieces(1, [&](Index) { sign(x); });
  Profile::name_kernels("nothing of this thread");
  sign(twice);
  sign(twice);
  Profile::name_kernels("sign", " gradient");
  const auto kernels = profile.kernels();
  std::map<std::string, Index> calls;
  for (const auto& [name, sum] : kernels) calls[name] = sum.calls;
  EXPECT_EQ(calls,
            (std::map<std::string, Index>{{"doubling", 1}, {"outside the tape", 1}, {"sign gradient", 2}}));
  EXPECT_EQ(profile.of(Timed::kernel).calls, 4);
}

TEST(Profile, CollectsWhileItLives) {
  const Tensor x = some({4, 8}, Device::reference());
  sign(x);
  {
    const Profile first;
    EXPECT_EQ(first.of(Timed::kernel).calls, 0);
    EXPECT_ANY_THROW(Profile()) << "two would share what is collected";
  }
  sign(x);
  const Profile second;
  sign(x);
  EXPECT_EQ(second.of(Timed::kernel).calls, 1);
}

TEST(Profile, CountsTheThreadsOfATimer) {
  const Profile profile;
  const auto pause = [](int threads) {
    const ProfileScope timed(Timed::gemm, threads);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  };
  pause(1);
  const double one = profile.of(Timed::gemm).milliseconds;
  EXPECT_GE(one, 2);
  pause(1000);
  EXPECT_GE(profile.of(Timed::gemm).milliseconds - one, 2000);
}

TEST(Profile, APieceThatWaitsIsAway) {
  const ThreadBudget two(2);
  const Profile profile;
  Cohort cohort(3);
  cohort.run([&](Index piece) {
    if (piece == 2) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    cohort.all_gather(piece, {});
  });
  EXPECT_EQ(profile.of(Timed::piece).calls, 3);
  EXPECT_EQ(profile.of(Timed::away).calls, 2) << "the last to arrive does not wait";
  EXPECT_EQ(profile.of(Timed::cohort).calls, 1);
  const double held = profile.of(Timed::piece).milliseconds - profile.of(Timed::away).milliseconds;
  EXPECT_GE(held, 5);
  EXPECT_LE(held, profile.of(Timed::cohort).milliseconds) << "no more than the cores have";
}

}  // namespace
}  // namespace weir
