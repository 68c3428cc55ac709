/// Paths that are counted where the maps are: the bits of the host's, whatever the options, sizes and
/// layouts.
#include "infoflow/device_paths.h"

#include <atomic>
#include <gtest/gtest.h>
#include <limits>

#include "infoflow/device_maps.h"
#include "infoflow/tracer.h"
#include "layers/conv_unit.h"
#include "layers/layers.h"
#include "tensor/vendors/vendors.h"
#include "tests/infoflow/sample_maps.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

constexpr Index batch = 3;

struct LayerShape {
  Index channels;
  MapSize size;
  Rectify rectify = Rectify::yes;
};

/// Maps of `batch` images; the second map of every layer is constant in all but the last.
Tensor random_maps(const LayerShape& layer, std::uint64_t stream, Device& device) {
  const auto pixels = static_cast<std::size_t>(layer.size.area());
  std::vector<float> all;
  for (std::uint64_t n = 0; n < batch; ++n) {
    std::vector<float> maps =
        sample_maps(layer.channels, layer.size, Rng{5, stream}.split(n), layer.rectify).values;
    if (layer.channels > 1 && n + 1 < batch) std::fill_n(maps.begin() + std::ptrdiff_t(pixels), pixels, 0.0f);
    all.insert(all.end(), maps.begin(), maps.end());
  }
  return Tensor::from_host(all, {batch, layer.channels, layer.size.height, layer.size.width}, device);
}

/// What a network left for some images.
struct Maps {
  std::vector<Tensor> layers;
  Tensor images;
};

/// Around a word of 64 pixels and a block of 16 channels, a row, a pixel; the target has odd sides.
Maps random_network(Device& device) {
  constexpr LayerShape shapes[] = {{3, {13, 12}}, {4, {8, 8}},  {1, {13, 5}}, {17, {7, 9}},
                                   {2, {1, 6}},   {33, {1, 1}}, {5, {9, 7}}};
  Maps maps{{}, random_maps({3, {13, 12}, Rectify::no}, 99, device)};
  for (const LayerShape& shape : shapes)
    maps.layers.push_back(random_maps(shape, maps.layers.size(), device));
  return maps;
}

/// The host's path of one image.
Path host_path(const Maps& maps, Index image, const FlowOptions& options) {
  std::vector<SampleMaps> values;
  const auto taken = [&](const Tensor& tensor) {
    return SampleMaps{tensor.batch_slice(image, 1).as(DType::f32).to_host(), tensor.shape()[1],
                      map_size(tensor.shape())};
  };
  for (const Tensor& layer : maps.layers) values.push_back(taken(layer));
  std::vector<LayerMaps> views;
  for (const SampleMaps& layer : values) views.push_back(layer.view());
  return information_path(views, taken(maps.images).view(), options);
}

void expect_same(const LayerReport& found, const LayerReport& expected) {
  EXPECT_EQ(found.name, expected.name);
  EXPECT_EQ(found.channels, expected.channels);
  EXPECT_EQ(found.size, expected.size);
  EXPECT_EQ(found.constant_fraction, expected.constant_fraction);
  EXPECT_EQ(found.occupied_buckets, expected.occupied_buckets);
  EXPECT_EQ(found.compared_constant_fraction, expected.compared_constant_fraction);
  EXPECT_EQ(found.compared_occupied_buckets, expected.compared_occupied_buckets);
  EXPECT_EQ(found.iip_z, expected.iip_z);
  EXPECT_EQ(found.oip_z, expected.oip_z);
  EXPECT_EQ(found.iip_rows, expected.iip_rows);
  EXPECT_EQ(found.oip_rows, expected.oip_rows);
}

void expect_same(const Path& found, const Path& expected) {
  EXPECT_EQ(found.iip, expected.iip);
  EXPECT_EQ(found.oip, expected.oip);
  ASSERT_EQ(found.layers.size(), expected.layers.size());
  for (std::size_t k = 0; k < expected.layers.size(); ++k) {
    SCOPED_TRACE(expected.layers[k].name);
    expect_same(found.layers[k], expected.layers[k]);
  }
}

void expect_the_hosts(const Maps& maps, FlowOptions options) {
  options.row_means = RowMeans::keep;
  const auto found = device_paths(maps.layers, maps.images, options);
  ASSERT_EQ(std::ssize(found), maps.images.rows());
  for (Index image = 0; image < std::ssize(found); ++image) {
    const std::optional<Path>& path = found[static_cast<std::size_t>(image)];
    ASSERT_TRUE(path.has_value());
    expect_same(*path, host_path(maps, image, options));
  }
}

class DevicePaths : public DeviceTest, public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, DevicePaths, ::testing::ValuesIn(device_names()), device_test_name);

std::shared_ptr<const PopulationRanges> some_ranges(const Maps& maps) {
  const auto of = [](const Tensor& layer) {
    std::vector<ValueRange> ranges;
    for (Index c = 0; c < layer.shape()[1]; ++c)
      ranges.push_back({c % 2 == 0 ? 0.0f : -0.5f, c % 5 == 4 ? 0.0f : 1.5f});  // some are empty
    return ranges;
  };
  PopulationRanges result{of(maps.images), {}};
  for (const Tensor& layer : maps.layers) result.layers.push_back(of(layer));
  return std::make_shared<PopulationRanges>(result);
}

TEST_P(DevicePaths, HaveTheHostsBitsUnderEveryEstimatorAndRuleForPairs) {
  const Maps maps = random_network(device());
  for (const auto estimator : {Estimator::plug_in, Estimator::miller_madow, Estimator::shift_null})
    for (const auto constant : {ConstantMaps::zero, ConstantMaps::skip})
      for (const auto self : {SelfPairs::include, SelfPairs::skip})
        expect_the_hosts(maps, {.constant_maps = constant, .self_pairs = self, .estimator = estimator});
}

TEST_P(DevicePaths, HaveTheHostsBitsForEveryRangeOrderAndDownsampling) {
  const Maps maps = random_network(device());
  for (const auto range : {RangeRule::per_map, RangeRule::layer, RangeRule::global})
    for (const auto order : {SizeOrder::downsample_then_bucket, SizeOrder::bucket_then_downsample})
      for (const auto rule : {Downsample::max, Downsample::average, Downsample::nearest})
        expect_the_hosts(
            maps, {.range = range, .global_ranges = some_ranges(maps), .order = order, .downsample = rule});
}

TEST_P(DevicePaths, HaveTheHostsBitsForEveryBucketingTargetAndUnit) {
  const Maps maps = random_network(device());
  for (const int buckets : {1, 2, 5, most_buckets})
    for (const auto zero : {ZeroBucket::keep, ZeroBucket::clamp_to_one, ZeroBucket::floor})
      expect_the_hosts(maps, {.buckets = buckets, .zero_bucket = zero});
  for (const Index target : {1, 3, 6}) expect_the_hosts(maps, {.target_layer = target});
  expect_the_hosts(maps, {.log_base = LogBase::two, .estimator = Estimator::shift_null, .shifts = 3});
}

TEST_P(DevicePaths, HaveTheHostsBitsInEveryLayoutAndBehindAGlobalPooling) {
  Maps maps = random_network(device());
  for (Tensor& layer : maps.layers) layer = layer.in(Layout::blocks_of_16);
  maps.layers.push_back(random_maps({32, {6, 5}}, 50, device()).as(DType::bf16).in(Layout::channels_last));
  maps.layers.push_back(random_maps({20, {1, 1}}, 51, device()).reshaped({batch, 20}));
  expect_the_hosts(maps, {.target_layer = 7});
  expect_the_hosts(maps, {});
}

TEST_P(DevicePaths, OfNoImagesAreNone) {
  Maps maps = random_network(device());
  for (Tensor& layer : maps.layers) layer = layer.batch_slice(0, 0);
  maps.images = maps.images.batch_slice(0, 0);
  EXPECT_TRUE(device_paths(maps.layers, maps.images, {}).empty());
}

TEST_P(DevicePaths, AreNotGivenForAnImageWithAValueThatIsNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -INFINITY}) {
    Maps maps = random_network(device());
    Tensor& layer = maps.layers[3];
    std::vector<float> values = layer.to_host();
    values[values.size() / batch + 70] = bad;  // of the second image
    layer = Tensor::from_host(values, layer.shape(), device());
    const auto found = device_paths(maps.layers, maps.images, {});
    EXPECT_FALSE(found[1].has_value());
    for (const Index image : {0, 2})
      expect_same(*found[static_cast<std::size_t>(image)], host_path(maps, image, {}));
  }
}

TEST_P(DevicePaths, RefuseWhatTheHostRefuses) {
  const Maps maps = random_network(device());
  PopulationRanges few = *some_ranges(maps);
  few.layers[2].clear();
  const FlowOptions wrong[] = {
      {.target_layer = 9},
      {.buckets = 0},
      {.buckets = most_buckets + 1},
      {.range = RangeRule::global},
      {.range = RangeRule::global, .global_ranges = std::make_shared<PopulationRanges>()},
      {.range = RangeRule::global, .global_ranges = std::make_shared<PopulationRanges>(few)},
      {.estimator = Estimator::shift_null, .shifts = 0}};
  const auto said = [](const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  for (const FlowOptions& options : wrong) {
    const std::string host = said([&] { host_path(maps, 0, options); });
    EXPECT_NE(host, "nothing");
    EXPECT_EQ(said([&] { device_paths(maps.layers, maps.images, options); }), host);
  }
}

/// Where rounding decides: zeros of both signs, neighbours of a bucket's edge, denormals, the widest range.
TEST_P(DevicePaths, SymbolsAreTheHostsAtTheEdges) {
  constexpr float tiny = std::numeric_limits<float>::denorm_min(), most = std::numeric_limits<float>::max();
  const std::vector<std::vector<float>> maps = {
      {0.0f, -0.0f, 0.0f, -0.0f, 0.0f, 0.0f, 0.0f, -0.0f},
      {0, 1, 2, 3, 4, 5, 6, 63},
      {0, std::nextafter(3.5f, 0.0f), 3.5f, std::nextafter(3.5f, 9.0f), 7, std::nextafter(14.0f, 0.0f),
       27.999998f, 28},
      {0, tiny, 2 * tiny, 3 * tiny, 9 * tiny, 40 * tiny, 1e-38f, 0.1f},
      {-most, -1, -tiny, 0, tiny, 1, 1e38f, most},
      {1e-30f, 1e30f, 3e29f, 1, 2, 5e29f, 0.5f, 1e-10f}};
  std::vector<float> all;
  for (const auto& map : maps) all.insert(all.end(), map.begin(), map.end());
  const auto channels = static_cast<Index>(maps.size());
  const DeviceMaps there(Tensor::from_host(all, {1, channels, 2, 4}, device()));
  const LayerMaps here{all, channels, {2, 4}};
  for (int buckets = 1; buckets <= most_buckets; ++buckets)
    for (const auto zero : {ZeroBucket::keep, ZeroBucket::clamp_to_one, ZeroBucket::floor}) {
      const SymbolRule rule{.bucket = {buckets, zero}};
      EXPECT_EQ(symbols_of(there, here.size, rule).values.to_host(), symbols_of(here, here.size, rule).values)
          << buckets << " buckets";
    }
}

/// Emulated memory that knows how much came back from it.
class CountingMemory : public Memory {
 public:
  std::atomic<std::size_t> bytes_to_host = 0;  // images are copied by several threads

  void* allocate(std::size_t bytes) override { return memory_.allocate(bytes); }
  void release(void* data, std::size_t bytes) noexcept override { memory_.release(data, bytes); }
  void copy_from_host(void* to, const void* from, std::size_t bytes) override {
    memory_.copy_from_host(to, from, bytes);
  }
  void copy_to_host(void* to, const void* from, std::size_t bytes) override {
    bytes_to_host += bytes;
    memory_.copy_to_host(to, from, bytes);
  }
  void copy(void* to, const void* from, std::size_t bytes) override { memory_.copy(to, from, bytes); }
  void fill(void* to, int byte, std::size_t bytes) override { memory_.fill(to, byte, bytes); }
  void open_access() override { memory_.open_access(); }
  void close_access() override { memory_.close_access(); }

 private:
  Memory& memory_ = emulated_memory();
};

/// conv1 3->8, conv2 8->17.
std::unique_ptr<Sequential> two_layers(Device& device) {
  auto net = std::make_unique<Sequential>();
  net->add(std::make_unique<ConvUnit>(1, ConvOptions{.in = 3, .out = 8}, device))
      .add(std::make_unique<ConvUnit>(2, ConvOptions{.in = 8, .out = 17}, device));
  std::uint64_t stream = 0;
  net->for_each_parameter([&](Parameter& p) {
    p.value = normal(p.value.shape(), 0.1, 0.3, Rng{3, ++stream}, device);
  });
  return net;
}

TEST(DevicePathsOfATracer, LeaveTheMapsWhereTheyAreAndHaveTheHostsBits) {
  CountingMemory memory;
  Device device("counted", Executor::emulated_grid, memory, plain_loops_vendor());
  const auto net = two_layers(device);
  Evaluator evaluator(*net, device);
  const Tensor images = uniform({4, 3, 16, 16}, {-1, 1}, Rng{1}, device);
  const std::size_t bytes_of_maps = 4 * (3 + 8 + 17) * 16 * 16 * sizeof(float);
  const auto measured = [&](const FlowOptions& options) {
    memory.bytes_to_host = 0;
    return information_paths(evaluator, images, options);
  };
  const std::vector<Path> there = measured({});
  EXPECT_LT(memory.bytes_to_host.load(), bytes_of_maps / 10);
  const std::vector<Path> here = measured({.method = CountMethod::popcount});
  EXPECT_EQ(memory.bytes_to_host.load(), bytes_of_maps);
  for (std::size_t image = 0; image < here.size(); ++image) expect_same(there[image], here[image]);
  for (const RangeRule range : {RangeRule::shared, RangeRule::robust}) {
    EXPECT_GT(measured({.range = range})[0].iip[0], 0);
    EXPECT_EQ(memory.bytes_to_host.load(), bytes_of_maps);
  }
}

}  // namespace
}  // namespace weir
