/// Convolutions and linear layers under `fast` numerics: what Winograd's form and the library's products give
/// against double precision, and that weights packed for a primitive are never older than the weights.
#include <gtest/gtest.h>

#include "autograd/functions.h"
#include "tensor/ops/conv2d.h"
#include "tensor/ops/linear.h"
#include "tensor/ops/pointwise.h"
#include "tensor/workers.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

class FastNumerics : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, FastNumerics, testing::ValuesIn(device_names()), device_test_name);

struct Layer {
  Index in, out, height, width, padding;
};

/// Shapes for which a device has an algorithm of its own, and shapes beside them.
constexpr Layer layers[] = {{32, 32, 8, 8, 1},   {48, 80, 16, 16, 1}, {33, 47, 9, 13, 1}, {24, 40, 32, 32, 0},
                            {32, 48, 32, 32, 1}, {128, 128, 8, 8, 1}, {17, 16, 9, 9, 1},  {64, 64, 4, 4, 1}};

/// y, dx, dweight, dbias of a layer. All but y and dx are sums over the images too.
std::vector<Values> answers(const Layer& l, Device& device, DType dtype, Numerics numerics) {
  const Shape image{5, l.in, l.height, l.width}, filter{l.out, l.in, 3, 3};
  Tape tape({.record = Record::for_all, .numerics = numerics});
  const auto in = [&](const Shape& shape, std::uint64_t seed) {
    return tape.input(tensor_of(deviates(shape.volume(), {.seed = seed}), shape, device, dtype), "in");
  };
  const Var x = in(image, 1), weight = in(filter, 2), bias = in({l.out}, 3);
  const Var y = conv2d(x, weight, bias, {.padding = l.padding});
  const Gradients d =
      tape.backward(y, tensor_of(deviates(y.shape().volume(), {.seed = 4}), y.shape(), device, dtype));
  std::vector<Values> found = {y.value().to_host_double()};
  for (const Var& var : {x, weight, bias}) found.push_back(d[var].to_host_double());
  return found;
}

/// A GPU's tensor cores round operands to TF32, by up to 2^-11 each: two of them, evenly spread, err by 8e-8
/// in squares.
double allowed_error(const Device& device, double otherwise) {
  return device.executor() == Executor::cuda ? 1e-6 : otherwise;
}

/// The transforms of F(4x4, 3x3) multiply by up to 8 and cancel again: 1e-6 of the root mean square was
/// measured, where the direct form has 2e-7.
TEST_P(FastNumerics, AgreesWithDoublesWithinTheErrorOfWinograd) {
  for (const Layer& l : layers) {
    SCOPED_TRACE(fmt::format("{} to {} channels at {}x{}", l.in, l.out, l.height, l.width));
    const auto exact = answers(l, Device::reference(), DType::f64, Numerics::exact);
    for (const Numerics numerics : {Numerics::exact, Numerics::fast}) {
      const auto found = answers(l, device(), DType::f32, numerics);
      const double allowed = numerics == Numerics::fast ? allowed_error(device(), 2e-11) : 2e-11;
      for (std::size_t i = 0; i < found.size(); ++i) {
        SCOPED_TRACE(fmt::format("{} numerics, result {}", to_string(numerics), i));
        EXPECT_TRUE(normalised_error_below(allowed, found[i], exact[i]));  // of squares
        EXPECT_TRUE(enough_not_zero(found[i], 0.99));
      }
    }
  }
}

TEST_P(FastNumerics, OfLinearLayersAgreesWithDoubles) {
  for (const Index rows : {0, 1, 2, 15, 16, 17, 33})
    for (const auto& [inputs, outputs] : {std::pair<Index, Index>{1, 1}, {17, 33}, {128, 10}, {64, 500}}) {
      SCOPED_TRACE(fmt::format("{} rows, {} to {}", rows, inputs, outputs));
      const auto found = [&](Device& where, DType dtype, Numerics numerics) {
        const auto in = [&](const Shape& shape, std::uint64_t seed) {
          return tensor_of(deviates(shape.volume(), {.seed = seed}), shape, where, dtype);
        };
        const Tensor weight = in({outputs, inputs}, 1);
        const Tensor y = linear(in({rows, inputs}, 2), weight, in({outputs}, 3), Activation::relu, numerics);
        const Tensor dx = linear_input_gradient(in({rows, outputs}, 4), weight, numerics);
        return std::vector<Values>{y.to_host_double(), dx.to_host_double()};
      };
      const auto fast = found(device(), DType::f32, Numerics::fast);
      const auto exact = found(Device::reference(), DType::f64, Numerics::exact);
      for (std::size_t i = 0; i < fast.size(); ++i)
        EXPECT_TRUE(normalised_error_below(4 * allowed_error(device(), 2.5e-13), fast[i], exact[i]));
    }
}

/// Else nothing above has been about Winograd. oneDNN 3 has none, nor has a CPU without AVX-512.
TEST(FastNumericsOnOneDnn, IsAnotherAlgorithmThanExact) {
  Device* const onednn = find_device("onednn");
  if (onednn == nullptr) GTEST_SKIP() << "no oneDNN";
  Device& device = *onednn;
  const std::string library = device.vendor().description();
  if (library.find("oneDNN 2.") == std::string::npos || library.find("no AVX-512") != std::string::npos)
    GTEST_SKIP() << "no Winograd in " << library;
  const Layer layer{128, 128, 8, 8, 1};
  bool differs = false;
  run_pieces(1, [&](Index) {  // alone on its core, as in a piece
    differs = answers(layer, device, DType::f32, Numerics::fast).front() !=
              answers(layer, device, DType::f32, Numerics::exact).front();
  });
  EXPECT_TRUE(differs);
}

void overwrite(Tensor& tensor, const std::vector<float>& values) {
  tensor.device().memory().copy_from_host(tensor.raw_overwrite(), values.data(),
                                          values.size() * sizeof(float));
}

/// A network that learns changes its weights in place, and memory that is given back comes again.
void expect_packed_weights_of_today(Index width, Numerics numerics, Device& device) {
  const Shape image{2, 32, width, width}, filter{32, 32, 3, 3};
  const ConvGeometry g = conv_geometry(image, filter, 1, 1);
  const Tensor x = tensor_of(deviates(image.volume(), {.seed = 5}), image, device);
  const Tensor bias = Tensor::zeros({32}, device);
  const Values first = deviates(filter.volume(), {.seed = 6});
  std::vector<float> halves;
  for (const double value : first) halves.push_back(static_cast<float>(value / 2));  // exactly
  Tensor weight = tensor_of(first, filter, device);
  const auto forward = [&](const Tensor& w) { return convolve(x, w, bias, g, Activation::none, numerics); };
  const auto backward = [&](const Tensor& w) {
    return convolve_input_gradient(x, w, g, Layout::plain, numerics);
  };
  const Tensor rows = tensor_of(deviates(18 * 288, {.seed = 7}), {18, 288}, device);
  const auto product = [&](const Tensor& w) {
    return linear(rows, w.reshaped({32, 288}), bias, Activation::none, numerics);
  };
  const Tensor y = forward(weight), dx = backward(weight), z = product(weight);
  overwrite(weight, halves);
  EXPECT_TRUE(same_bits(forward(weight), 0.5 * y));
  EXPECT_TRUE(same_bits(backward(weight), 0.5 * dx));
  EXPECT_TRUE(same_bits(product(weight), 0.5 * z));
  weight = Tensor();
  const Tensor next = tensor_of(first, filter, device);  // in the memory of the old one, as likely as not
  EXPECT_TRUE(same_bits(forward(next), y));
  EXPECT_TRUE(same_bits(backward(next), dx));
}

TEST_P(FastNumerics, PackedWeightsAreThoseOfToday) {
  for (const Index width : {8, 9})
    for (const Numerics numerics : {Numerics::exact, Numerics::fast})
      expect_packed_weights_of_today(width, numerics, device());
}

}  // namespace
}  // namespace weir
