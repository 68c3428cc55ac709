#include "infoflow/tracer.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <utility>

#include "infoflow/bucketize.h"
#include "layers/conv_unit.h"
#include "layers/layers.h"
#include "tensor/check.h"
#include "tests/support/approx.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

struct NetOptions {
  Norm norm = Norm::none;
  Activation activation = Activation::relu;
};

/// conv1 3->5, conv2 5->6, pool, conv3 6->20 (more than one block of 16 channels), global pool, classifier.
std::unique_ptr<Sequential> small_net(Device& device, const NetOptions& options = {}) {
  auto net = std::make_unique<Sequential>();
  const auto conv = [&](int number, Index in, Index out) {
    return std::make_unique<ConvUnit>(
        number, ConvOptions{.in = in, .out = out, .norm = options.norm, .activation = options.activation},
        device);
  };
  net->add(conv(1, 3, 5))
      .add(conv(2, 5, 6))
      .add(std::make_unique<MaxPool2d>("pool1", PoolOptions{.window = 2, .stride = 2}));
  net->add(conv(3, 6, 20)).add(std::make_unique<GlobalMaxPool2d>("pool2"));
  net->add(std::make_unique<Linear>("fc1", LinearOptions{.in = 20, .out = 10}, device));
  std::uint64_t stream = 0;
  net->for_each_parameter([&](Parameter& p) {
    p.value = normal(p.value.shape(), 0.1, 0.3, Rng{17, ++stream}, device);
  });
  return net;
}

Tensor random_images(Index count, Device& device) {
  return uniform({count, 3, 8, 8}, {-1, 1}, Rng{23}, device);
}

/// The values under one path of a tape, for one image, as the library's own view.
struct Tapped {
  std::vector<float> values;
  LayerMaps view() const { return {.values = values, .channels = channels, .size = size}; }
  Index channels;
  MapSize size;

  Tapped(const Tensor& batch, Index row)
      : values(batch.batch_slice(row, 1).to_host()),
        channels(batch.shape()[1]),
        size{batch.shape()[2], batch.shape()[3]} {}
};

/// The path of one image by hand: the net's layers called one after the other, no tape searched.
Path path_by_hand(const Sequential& net, const Tensor& images, Index row) {
  Tape tape(Mode::evaluate, Record::values);
  const Var x = tape.input(images, "images");
  const auto layers = net.layers();
  const Var one = (*layers[0])(x), two = (*layers[1])(one), three = (*layers[3])((*layers[2])(two));
  const Tapped a(one.value(), row), b(two.value(), row), c(three.value(), row), image(images, row);
  return information_path(std::vector<LayerMaps>{a.view(), b.view(), c.view()}, image.view());
}

class TracerOn : public DeviceTest, public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

TEST_P(TracerOn, ReadsWhatTheLayersGave) {
  const auto net = small_net(device());
  Evaluator evaluator(*net, device());
  const Tensor images = random_images(3, device());
  const std::vector<Path> paths = information_paths(evaluator, images);
  ASSERT_EQ(paths.size(), 3u);
  for (Index row = 0; row < 3; ++row) {
    const Path expected = path_by_hand(*net, images, row);
    EXPECT_EQ(paths[static_cast<std::size_t>(row)].iip, expected.iip) << row;
    EXPECT_EQ(paths[static_cast<std::size_t>(row)].oip, expected.oip) << row;
  }
  EXPECT_EQ(paths[0].layers[2].name, "conv3");
  EXPECT_EQ(paths[0].layers[2].channels, 20);
  EXPECT_EQ(paths[0].layers[2].size, (MapSize{4, 4}));
}

// Two pieces and a bit, on two workers; every path must be what its image gives alone.
TEST_P(TracerOn, GivesAnImageTheSamePathAloneAndInAnyBatch) {
  const auto net = small_net(device());
  Evaluator evaluator(*net, device());
  const Tensor images = random_images(2 * piece_rows + 3, device());
  const std::vector<Path> together = information_paths(evaluator, images);
  ASSERT_EQ(std::ssize(together), images.rows());
  for (const Index row : {Index{0}, piece_rows - 1, piece_rows, 2 * piece_rows + 2}) {
    const std::vector<Path> alone = information_paths(evaluator, images.batch_slice(row, 1));
    EXPECT_EQ(together[static_cast<std::size_t>(row)].iip, alone[0].iip) << row;
    EXPECT_EQ(together[static_cast<std::size_t>(row)].oip, alone[0].oip) << row;
  }
  EXPECT_NE(together[0].iip, together[1].iip);
}

/// A layer counts by its number, however deep it lies.
TEST_P(TracerOn, FindsTheConvolutionsInsideAResidualBlock) {
  const auto chain = small_net(device());
  const auto block = std::make_unique<Sequential>();
  auto branch = std::make_unique<Sequential>();
  const std::vector<const Module*> layers = std::as_const(*chain).layers();
  block->add(layers[0]->clone());
  const auto conv = [&](int number) {
    return std::make_unique<ConvUnit>(number, ConvOptions{.in = 5, .out = 5}, device());
  };
  branch->add(conv(2)).add(conv(3));
  block->add(std::make_unique<Residual>("residual1", std::move(branch), std::make_unique<Sequential>()));
  Tape tape({.record = Record::values});
  (*block)(tape.input(random_images(2, device()), "images"));
  const std::vector<Tensor> found = tapped_layers(tape, Tap::post_act);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_TRUE(same_bits(found[2], tape.find("residual1/conv3/conv2d_relu")->value));
}

TEST_P(TracerOn, AnExplodedActivationIsANumericalErrorThatNamesTheLayer) {
  const auto net = small_net(device());
  net->for_each_parameter([&](Parameter& p) {
    if (p.name == "conv2.bias")
      p.value = Tensor::filled(p.value.shape(), std::numeric_limits<double>::infinity(), device());
  });
  Evaluator evaluator(*net, device());
  try {
    information_paths(evaluator, random_images(40, device()));
    ADD_FAILURE() << "infinity passed";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().kind, ErrorKind::numerical);
    EXPECT_THAT(error.what(), HasSubstr("conv2:")) << "not a later layer, which it made infinite too";
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, TracerOn, ::testing::ValuesIn(device_names()), device_test_name);

/// The tensors that a tap reads from a small net, and the tape for comparison.
class Taps : public ::testing::Test {
 protected:
  std::vector<Tensor> layers(Tap tap, const NetOptions& options) {
    net_ = small_net(Device::named("reference"), options);
    tape_ = std::make_unique<Tape>(
        TapeOptions{.mode = Mode::evaluate, .record = Record::values, .fuse = tap == Tap::post_act});
    (*net_)(tape_->input(random_images(2, Device::named("reference")), "images"));
    return tapped_layers(*tape_, tap);
  }
  std::vector<float> entry(std::string_view path) const {
    const Entry* found = tape_->find(path);
    return found == nullptr ? std::vector<float>{} : found->value.to_host();
  }

  std::unique_ptr<Sequential> net_;
  std::unique_ptr<Tape> tape_;
};

TEST_F(Taps, PreActIsTheConvolutionAloneWhateverFollows) {
  for (const Norm norm : {Norm::none, Norm::before_activation, Norm::after_activation}) {
    const auto found = layers(Tap::pre_act, {.norm = norm});
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[1].to_host(), entry("conv2/conv2d"));
    const auto values = found[1].to_host();
    EXPECT_LT(*std::min_element(values.begin(), values.end()), 0);
  }
}

TEST_F(Taps, PostActIsTheLastValueOfTheUnit) {
  for (const Norm norm : {Norm::after_activation, Norm::before_activation}) {
    const auto found = layers(Tap::post_act, {.norm = norm});
    EXPECT_EQ(found[0].to_host(), entry("conv1/batch_norm"));
  }
  const auto plain = layers(Tap::post_act, {});
  EXPECT_EQ(plain[0].to_host(), entry("conv1/conv2d_relu"));
}

TEST_F(Taps, PostReluStandsBeforeANormThatFollowsIt) {
  const auto found = layers(Tap::post_relu, {.norm = Norm::after_activation});
  EXPECT_EQ(found[0].to_host(), entry("conv1/relu"));
  EXPECT_NE(found[0].to_host(), entry("conv1/batch_norm"));
}

TEST_F(Taps, PostPoolFollowsThePoolingAndTheLocalOneNotToAPixel) {
  const auto all = layers(Tap::post_pool, {});
  EXPECT_EQ(all[0].shape(), (Shape{2, 5, 8, 8}));
  EXPECT_EQ(all[1].shape(), (Shape{2, 6, 4, 4}));
  EXPECT_EQ(all[2].shape(), (Shape{2, 20}));
  const auto local = layers(Tap::post_pool_local, {});
  EXPECT_EQ(local[1].shape(), (Shape{2, 6, 4, 4}));
  EXPECT_EQ(local[2].shape(), (Shape{2, 20, 4, 4}));
}

TEST_F(Taps, ATapThatALayerLacksIsAnErrorThatNamesIt) {
  try {
    layers(Tap::post_relu, {.activation = Activation::none});
    ADD_FAILURE() << "a relu was found where there is none";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().code, "E0229");
    EXPECT_THAT(error.what(), HasSubstr("layer conv1 recorded nothing that the tap post_relu could read"));
  }
}

TEST(Tracer, PoolingToOnePixelLeavesNoInformation) {
  Device& device = Device::named("reference");
  const auto net = small_net(device);
  Evaluator evaluator(*net, device);
  const std::vector<Path> paths =
      information_paths(evaluator, random_images(1, device), {.tap = Tap::post_pool});
  EXPECT_EQ(paths[0].oip, (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(paths[0].iip[2], 0);
  EXPECT_GT(paths[0].iip[0], 0);
}

// Fused, a convolution's own output is never recorded: the tracer has to ask for the longer way, and the
// network's other values must not notice.
TEST(Tracer, TapsBeforeTheActivationNeedNoHelp) {
  Device& device = Device::fastest();
  const auto net = small_net(device);
  Evaluator evaluator(*net, device);
  const Tensor images = random_images(2, device);
  const auto after = information_paths(evaluator, images),
             before = information_paths(evaluator, images, {.tap = Tap::pre_act});
  EXPECT_NE(before[0].iip, after[0].iip);
  EXPECT_GT(before[0].layers[0].occupied_buckets, after[0].layers[0].occupied_buckets);
  EXPECT_EQ(information_paths(evaluator, images, {.tap = Tap::post_relu})[1].oip, after[1].oip);
}

TEST(Tracer, ANetWithoutConvolutionsIsRefused) {
  Device& device = Device::named("reference");
  Sequential net;
  net.add(std::make_unique<Flatten>("flatten1"))
      .add(std::make_unique<Linear>("fc1", LinearOptions{.in = 192, .out = 10}, device));
  Evaluator evaluator(net, device);
  EXPECT_THROW(information_paths(evaluator, random_images(1, device)), Error);
}

TEST(Tracer, PopulationRangesHoldEveryValueAndTouchTheEnds) {
  Device& device = Device::named("reference");
  const auto net = small_net(device);
  Evaluator evaluator(*net, device);
  const Tensor images = random_images(piece_rows + 5, device);
  const PopulationRanges ranges = population_ranges(evaluator, images);
  ASSERT_EQ(ranges.layers.size(), 3u);
  ASSERT_EQ(ranges.image.size(), 3u);
  ASSERT_EQ(ranges.layers[2].size(), 20u);
  float low = 1, high = -1;
  for (Index row = 0; row < images.rows(); ++row) {
    const Tapped image(images, row);
    low = std::min(low, finite_range(image.view().map(1)).low);
    high = std::max(high, finite_range(image.view().map(1)).high);
  }
  EXPECT_EQ(ranges.image[1].low, low);
  EXPECT_EQ(ranges.image[1].high, high);
  const FlowOptions options{.range = RangeRule::global,
                            .global_ranges = std::make_shared<PopulationRanges>(ranges)};
  EXPECT_NE(information_paths(evaluator, images, options)[0].iip,
            information_paths(evaluator, images)[0].iip);
  EXPECT_THROW(population_ranges(evaluator, images.batch_slice(0, 0)), Error);
}

}  // namespace
}  // namespace weir
