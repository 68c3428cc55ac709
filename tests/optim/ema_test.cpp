#include "optim/ema.h"

#include <cmath>
#include <gmock/gmock.h>

#include "tests/optim/gradients_of.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

void set(Parameter& parameter, float value) {
  parameter.value = Tensor::filled(parameter.value.shape(), value, parameter.value.device());
}

TEST(MovingAverage, WeighsValuesByTheirAgeAndForgetsTheStart) {
  Parameter weight = parameter_of("w", {100}, {1});
  MovingAverage average({&weight}, 0.5);
  for (const float value : {8.0f, 4.0f, 2.0f}) {
    set(weight, value);
    average.update();
  }
  // (0.5^2 * 8 + 0.5 * 4 + 1 * 2) / (0.5^2 + 0.5 + 1) = 6 / 1.75; the initial 100 has no share.
  EXPECT_THAT(average.state()[0].value.to_host(), ElementsAre(FloatNear(6 / 1.75f, 1e-6f)));
  EXPECT_EQ(average.updates(), 3);
}

TEST(MovingAverage, LeavesAStartThatIsNotANumber) {
  Parameter weight = parameter_of("w", {NAN, INFINITY}, {2});
  MovingAverage average({&weight}, 0.5);
  set(weight, 3);
  average.update();
  EXPECT_THAT(average.state()[0].value.to_host(), ElementsAre(3, 3));
}

TEST(MovingAverage, OfAConstantIsTheConstant) {
  Parameter weight = parameter_of("w", {3}, {1});
  MovingAverage average({&weight}, 0.999);
  for (int i = 0; i < 50; ++i) average.update();
  EXPECT_THAT(average.state()[0].value.to_host(), ElementsAre(3.0f));
}

TEST(MovingAverage, NeverChangesWhatItAverages) {
  Parameter weight = parameter_of("w", {1, 2}, {2});
  MovingAverage average({&weight}, 0.9);
  average.update();
  set(weight, 5);
  average.update();
  EXPECT_THAT(weight.value.to_host(), ElementsAre(5, 5));
}

TEST(MovingAverage, ContinuesFromARestoredState) {
  Parameter weight = parameter_of("w", {1}, {1});
  MovingAverage whole({&weight}, 0.9), first({&weight}, 0.9);
  for (const float value : {1.0f, 2.0f}) {
    set(weight, value);
    whole.update();
    first.update();
  }
  MovingAverage second({&weight}, 0.9);
  second.state()[0].value = first.state()[0].value;
  second.restore_updates(first.updates());
  set(weight, 7);
  whole.update();
  second.update();
  EXPECT_EQ(whole.state()[0].value.to_host(), second.state()[0].value.to_host());
}

TEST(MovingAverage, RefusesADecayThatNeverMoves) {
  EXPECT_THROW(MovingAverage({}, 1), Error);
  EXPECT_THROW(MovingAverage({}, -0.1), Error);
}

}  // namespace
}  // namespace weir
