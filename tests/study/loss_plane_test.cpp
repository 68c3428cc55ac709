// The plane of the lesson page on a network whose loss everybody can compute: one linear layer.
#include "study/loss_plane.h"

#include <cmath>
#include <gmock/gmock.h>

#include "layers/layers.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

/// Two classes of 3x2x2 images: z_0 = 0, z_1 = the sum of the numbers.
class SumNetwork : public Sequential {
 public:
  SumNetwork() {
    auto head = std::make_unique<Linear>("fc1", LinearOptions{.in = 12, .out = 2}, Device::reference());
    std::vector<float> weight(24, 0);
    std::fill(weight.begin() + 12, weight.end(), 1.0f);
    head->weight().value = Tensor::from_host(std::span<const float>(weight), {2, 12}, Device::reference());
    add(std::make_unique<Flatten>("flatten")).add(std::move(head));
  }
};

struct Traced {
  SumNetwork network;
  Evaluator evaluator{network, Device::reference()};
  Trace trace{.channels = 3, .size = {2, 2}};

  Traced() {
    trace.record.label = 0;
    add_step(-0.1f);
    add_step(0.05f);
  }
  void add_step(float value) {
    trace.steps.push_back({.image = std::vector<float>(12, value), .logits = {0, 12.0 * value}});
  }
};

double loss_at(double sum) { return std::log1p(std::exp(sum)); }

TEST(LossPlane, LooksUphillToTheRight) {
  Traced traced;
  const LossPlane plane = loss_plane(traced.evaluator, traced.trace, {.side = 9});
  const double root = std::sqrt(12.0);
  EXPECT_NEAR(plane.steps[0].first, 0, 1e-6);
  EXPECT_NEAR(plane.steps[1].first, 0.15 * root, 1e-5);  // all twelve numbers rose by 0.15
  EXPECT_NEAR(plane.steps[1].second, 0, 1e-5);
  for (Index row = 0; row < 9; ++row)
    for (Index column = 0; column < 9; ++column) {
      const double right = plane.from + (plane.to - plane.from) / 8 * static_cast<double>(column);
      const auto i = static_cast<std::size_t>(row * 9 + column);
      EXPECT_NEAR(plane.loss[i], loss_at(-1.2 + right * root), 1e-4);  // whatever the row
      EXPECT_EQ(plane.answers[i], -1.2 + right * root > 0 ? 1 : 0);
    }
}

TEST(LossPlane, HoldsTheShadowOfEveryStep) {
  Traced traced;
  const LossPlane plane = loss_plane(traced.evaluator, traced.trace, {.side = 5});
  for (const auto& [right, up] : plane.steps) {
    EXPECT_TRUE(plane.from <= right && right <= plane.to);
    EXPECT_LE(std::abs(up), (plane.to - plane.from) / 2);
  }
}

TEST(LossPlane, IsDrawnBlueWhereTheLabelHoldsAndOrangeWhereItDoesNot) {
  Traced traced;
  const LossPlane plane = loss_plane(traced.evaluator, traced.trace, {.side = 9});
  const RgbPicture picture = picture_of(plane, 0, 2);
  ASSERT_EQ(picture.width, 18);
  const auto part = [&](Index x, Index channel) {
    return picture.pixels[static_cast<std::size_t>(3 * x + channel)];
  };
  EXPECT_GT(part(0, 2), part(0, 0));    // the upper left: more blue than red
  EXPECT_GT(part(17, 0), part(17, 2));  // the upper right: more red than blue
}

TEST(LossPlane, NeedsTwoPointsASide) {
  Traced traced;
  EXPECT_THAT(diagnosis_of([&] { loss_plane(traced.evaluator, traced.trace, {.side = 1}); }),
              Says(ErrorKind::usage, "E0200", "2 points a side"));
}

}  // namespace
}  // namespace weir
