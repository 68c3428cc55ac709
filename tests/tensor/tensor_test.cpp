/// Tensors are values: a copy never sees another change, a slice is a view until it is written, and accessors
/// refuse what they cannot serve.
#include "tensor/tensor.h"

#include <cmath>
#include <functional>
#include <gmock/gmock.h>

#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

class TensorOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
  Tensor counting(const Shape& shape, DType dtype = DType::f32) const {
    Values values;
    for (Index i = 0; i < shape.volume(); ++i) values.push_back(static_cast<double>(i));
    return tensor_of(values, shape, device(), dtype);
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, TensorOn, testing::ValuesIn(device_names()), device_test_name);

void write(Tensor& x, double value) {
  const Values values(static_cast<std::size_t>(x.shape().volume()), value);
  const std::vector<float> floats(values.begin(), values.end());
  x.device().memory().copy_from_host(x.update<float>(), floats.data(), floats.size() * sizeof(float));
}

TEST_P(TensorOn, NoCopySeesAnotherChange) {
  const Tensor original = counting({4, 3});
  Tensor copy = original, second = copy, slice = original.batch_slice(1, 2),
         other_shape = original.reshaped({12});
  const Values before = original.to_host_double();
  EXPECT_EQ(copy.raw(), original.raw()) << "a copy shares memory until it is written";
  write(copy, 7);
  write(slice, 8);
  write(other_shape, 9);
  EXPECT_EQ(original.to_host_double(), before);
  EXPECT_EQ(second.to_host_double(), before);
  EXPECT_EQ(copy.to_host_double(), Values(12, 7.0));
  EXPECT_EQ(slice.to_host_double(), Values(6, 8.0));
  EXPECT_EQ(other_shape.to_host_double(), Values(12, 9.0));
}

TEST_P(TensorOn, AnOnlyOwnerWritesInPlace) {
  Tensor x = counting({5});
  const void* before = x.raw();
  write(x, 1);
  EXPECT_EQ(x.raw(), before);
}

TEST_P(TensorOn, UpdateKeepsWhatAWriterDoesNotTouch) {
  const Tensor original = counting({6});
  Tensor copy = original;
  const float one = 100;
  device().memory().copy_from_host(copy.update<float>() + 2, &one, sizeof one);
  EXPECT_EQ(copy.to_host_double(), (Values{0, 1, 100, 3, 4, 5}));
  EXPECT_EQ(original.to_host_double(), (Values{0, 1, 2, 3, 4, 5}));
}

TEST_P(TensorOn, ASliceIsTheRowsInBothLayouts) {
  const Tensor images = counting({5, 17, 2, 3});
  for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
    const Tensor slice = images.in(layout).batch_slice(1, 3);
    EXPECT_EQ(slice.shape(), (Shape{3, 17, 2, 3}));
    const Values all = images.to_host_double();
    EXPECT_EQ(slice.to_host_double(), Values(all.begin() + 102, all.begin() + 408));
  }
  EXPECT_EQ(images.batch_slice(5, 0).shape().volume(), 0);
  EXPECT_THROW(images.batch_slice(3, 3), Error);
  EXPECT_THROW(images.batch_slice(-1, 1), Error);
}

TEST_P(TensorOn, LayoutsConvertThereAndBack) {
  for (const Index channels : {1, 3, 15, 16, 17, 33})
    for (const Shape& shape : {Shape{2, channels, 3, 5}, Shape{0, channels, 2, 2}, Shape{1, channels, 1, 1}})
      for (const DType dtype : {DType::f32, DType::f64}) {
        const Tensor plain = counting(shape, dtype), blocks = plain.in(Layout::blocks_of_16);
        EXPECT_EQ(blocks.storage(), (channels + 15) / 16 * 16 * shape[0] * shape[2] * shape[3]);
        EXPECT_TRUE(same_bits(blocks.in(Layout::plain), plain)) << to_string(shape);
        EXPECT_TRUE(same_bits(blocks, plain)) << "to_host gives plain order whatever the layout";
      }
}

TEST_P(TensorOn, MovesBetweenDevicesKeepBitsLayoutAndType) {
  const Tensor there = counting({2, 17, 3, 3}, DType::f64).in(Layout::blocks_of_16);
  const Tensor here = there.to(Device::reference());
  EXPECT_EQ(here.layout(), Layout::blocks_of_16);
  EXPECT_EQ(here.dtype(), DType::f64);
  EXPECT_EQ(&here.device(), &Device::reference());
  EXPECT_TRUE(same_bits(here, there));
}

TEST_P(TensorOn, WideningIsExactAndNarrowingRounds) {
  const Tensor x = tensor_of({1.0 / 3, -0.0, 1e-300, 65504}, {4}, device(), DType::f64);
  const Values narrowed = x.as(DType::f32).to_host_double();
  EXPECT_EQ(narrowed[0], static_cast<double>(static_cast<float>(1.0 / 3)));
  EXPECT_TRUE(std::signbit(narrowed[1]));
  EXPECT_EQ(narrowed[2], 0);
  EXPECT_TRUE(same_bits(x.as(DType::f32).as(DType::f64).as(DType::f32), x.as(DType::f32)));
}

TEST_P(TensorOn, ConcatenateJoinsInOrderAndInTheLayoutOfTheFirst) {
  const Tensor all = counting({7, 17, 2, 2});
  const std::vector<Tensor> pieces{all.batch_slice(0, 3).in(Layout::blocks_of_16), all.batch_slice(3, 0),
                                   all.batch_slice(3, 4)};
  const Tensor joined = concatenate(pieces);
  EXPECT_EQ(joined.layout(), Layout::blocks_of_16);
  EXPECT_TRUE(same_bits(joined, all));
  EXPECT_THROW(concatenate({}), Error);
  const std::vector<Tensor> strangers{all, counting({1, 16, 2, 2})};
  EXPECT_THROW(concatenate(strangers), Error);
}

TEST_P(TensorOn, AccessorsRefuseTheWrongTypeLayoutAndEmptiness) {
  Tensor x = counting({1, 16, 2, 2});
  EXPECT_THROW(x.read<double>(), Error);
  EXPECT_THROW(x.in(Layout::blocks_of_16).read<float>(), Error);
  EXPECT_THROW(x.in(Layout::blocks_of_16).reshaped({64}), Error);
  EXPECT_THROW(x.as(DType::f64).to_host(), Error);
  EXPECT_THROW(x.item(), Error);
  EXPECT_THROW(x.reshaped({3, 3}), Error);
  EXPECT_THROW(Tensor().to_host(), Error);
  EXPECT_THROW(Tensor::zeros({2, 3}, device(), DType::f32, Layout::blocks_of_16), Error);
  EXPECT_EQ(x.batch_slice(0, 0).to_host().size(), 0u);
}

/// volume() of no axes is 1 and rows() 0: nothing could agree on what such a tensor holds.
TEST_P(TensorOn, ATensorHasAtLeastOneAxis) {
  EXPECT_THROW(Tensor::filled({}, 3, device()), Error);
  EXPECT_THROW(Tensor::uninitialised({}, device()), Error);
  EXPECT_THROW(counting({1}).reshaped({}), Error);
  EXPECT_EQ((Tensor::filled({1}, 3, device()) + Tensor::filled({1}, 4, device())).item(), 7);
}

TEST_P(TensorOn, NothingCanBeAskedOfATensorWithoutAValue) {
  const Tensor nothing;
  EXPECT_THROW(nothing.to(device()), Error);
  EXPECT_THROW(nothing.as(DType::f64), Error);
  EXPECT_THROW(nothing.in(Layout::blocks_of_16), Error);
  EXPECT_THROW(nothing.item(), Error);
  EXPECT_THROW(nothing.to_host_double(), Error);
  EXPECT_THROW(nothing.reshaped({1}), Error);
  EXPECT_THROW(nothing.batch_slice(0, 0), Error);
  EXPECT_THROW(concatenate(std::vector<Tensor>{nothing, nothing}), Error);
}

TEST_P(TensorOn, ArraysAreValuesWithReadOnlySlices) {
  const std::vector<std::int32_t> labels{3, 1, 4, 1, 5};
  const Labels all = Labels::from_host(labels, device());
  EXPECT_EQ(all.slice(1, 3).to_host(), (std::vector<std::int32_t>{1, 4, 1}));
  EXPECT_EQ(all.slice(1, 3).slice(2, 1).to_host(), std::vector<std::int32_t>{1});
  EXPECT_TRUE(all.slice(5, 0).empty());
  EXPECT_THROW(all.slice(3, 3), Error);
  EXPECT_TRUE(Labels::from_host(std::span<const std::int32_t>(), device()).to_host().empty());
}

TEST(Operands, OfAnotherDeviceAreRefused) {
  Device &here = Device::reference(), &there = Device::named("emulated");
  const Tensor x = Tensor::zeros({2, 3}, here), other = Tensor::zeros({2, 3}, there);
  const std::vector<std::int32_t> labels = {0, 1};
  for (const auto& compute : std::vector<std::function<void()>>{
           [&] { x + other; }, [&] { times_saved(x, other); }, [&] { softmax_gradient(x, other); },
           [&] { cross_entropy(x, Labels::from_host(labels, there)); }})
    EXPECT_THROW(compute(), Error);
  EXPECT_THROW(x + Tensor(), Error) << "what has no value has no device";
}

TEST(Shape, SaysItsExtentsAndRefusesBadOnes) {
  EXPECT_EQ(to_string(Shape{64, 16, 14, 14}), "[64, 16, 14, 14]");
  EXPECT_EQ((Shape{2, 3, 4}).volume(), 24);
  EXPECT_EQ((Shape{2, 3, 4}).row_volume(), 12);
  EXPECT_EQ((Shape{2, 3, 4})[-1], 4);
  EXPECT_EQ((Shape{2, 0}).volume(), 0);
  EXPECT_EQ((Shape{2, 3}).with_rows(9), (Shape{9, 3}));
  EXPECT_THROW((Shape{2, -1}), Error);
  EXPECT_THROW((Shape{1, 1, 1, 1, 1, 1}), Error);
  EXPECT_EQ((Shape{1 << 20, 1 << 20}).volume(), Index{1} << 40);
}

TEST(Shape, CountsOnlyWhatAMemoryCanHold) {
  EXPECT_EQ(checked_volume({3, 0, 5}), 0);
  EXPECT_EQ(checked_volume({1, Index{1} << 47}), Index{1} << 47);
  for (const Shape& shape :
       {Shape{2, Index{1} << 47}, Shape{Index{1} << 32, Index{1} << 32}, Shape{3072, 1501199875790165}}) {
    EXPECT_THROW(checked_volume(shape), Error) << to_string(shape);
    EXPECT_THROW(Tensor::uninitialised(shape, Device::reference()), Error) << to_string(shape);
  }
}

TEST(Check, NamesTheKindAndFormatsOnlyOnFailure) {
  EXPECT_NO_THROW(expects(true, "never {}", 1));
  try {
    expects(false, "found {}, expected {}", 3, 4);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_STREQ(error.what(), "error[E0200]: found 3, expected 4");
  }
  try {
    ensures(false, "an invariant");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 70);
    EXPECT_THAT(error.what(), testing::HasSubstr("tensor_test.cpp"));
  }
}

}  // namespace
}  // namespace weir
