#include "apps/benchmark/op_works.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

#include "tensor/ops/activation.h"
#include "tensor/ops/batch_norm.h"
#include "tensor/ops/conv2d.h"
#include "tensor/ops/linear.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/pool2d.h"
#include "tensor/ops/softmax.h"
#include "tensor/random.h"

namespace weir {
namespace {

constexpr Index images = 32;

/// Values between -1 and 1, where and as the device computes with them.
Tensor operand(const Shape& shape, std::uint64_t seed, const OpSetting& s) {
  return uniform(shape, {}, Rng{}.split(seed), Device::reference()).as(s.dtype).to(s.device);
}

/// Feature maps lie as the vendor likes them; images of 3 channels are plain.
Tensor feature_maps(const Shape& shape, std::uint64_t seed, const OpSetting& s) {
  const Tensor values = operand(shape, seed, s);
  return shape[1] > 3 ? values.in(s.device.vendor().preferred_layout(s.dtype)) : values;
}

double bytes_of(std::initializer_list<Shape> shapes) {
  Index values = 0;
  for (const Shape& shape : shapes) values += shape.volume();
  return 4 * static_cast<double>(values);
}

}  // namespace

std::vector<OpWork> convolution_works(const ConvShape& c) {
  const Shape x{images, c.in, c.size, c.size}, y{images, c.out, c.size, c.size}, w{c.out, c.in, 3, 3};
  const ConvGeometry g = conv_geometry(x, w, 1, 1);
  const std::string shape = fmt::format("{}x{}x{}x{}, {} windows 3x3", images, c.in, c.size, c.size, c.out);
  const double operations = 2 * static_cast<double>(y.volume() * c.in * 9), bytes = bytes_of({x, y, w});
  const auto work = [&](std::string op, auto prepare) {
    return OpWork{std::move(op), shape, operations, bytes, std::move(prepare), true};
  };
  return {work("conv forward",
               [=](const OpSetting& s) {
                 return [=, numerics = s.numerics, x = feature_maps(x, 1, s), w = operand(w, 2, s),
                         bias = operand({c.out}, 3, s)] {
                   return convolve(x, w, bias, g, Activation::none, numerics);
                 };
               }),
          work("conv input gradient",
               [=](const OpSetting& s) {
                 return [=, numerics = s.numerics, dy = feature_maps(y, 4, s), w = operand(w, 2, s),
                         layout = feature_maps(x, 1, s).layout()] {
                   return convolve_input_gradient(dy, w, g, layout, numerics);
                 };
               }),
          work("conv weight gradient", [=](const OpSetting& s) {
            return [=, numerics = s.numerics, dy = feature_maps(y, 4, s), x = feature_maps(x, 1, s)] {
              return convolve_weight_gradient(dy, x, g, numerics).dweight;
            };
          })};
}

namespace {

void add_linear(std::vector<OpWork>& works, Index inputs, Index outputs) {
  const Shape x{images, inputs}, y{images, outputs}, w{outputs, inputs};
  const std::string shape = fmt::format("{}x{}, {} outputs", images, inputs, outputs);
  const double operations = 2 * static_cast<double>(y.volume() * inputs), bytes = bytes_of({x, y, w});
  const auto add = [&](std::string op, auto prepare) {
    works.push_back({std::move(op), shape, operations, bytes, std::move(prepare), true});
  };
  add("linear forward", [=](const OpSetting& s) {
    return [numerics = s.numerics, x = operand(x, 1, s), w = operand(w, 2, s),
            bias = operand({outputs}, 3, s)] { return linear(x, w, bias, Activation::none, numerics); };
  });
  add("linear input gradient", [=](const OpSetting& s) {
    return [numerics = s.numerics, dy = operand(y, 4, s), w = operand(w, 2, s)] {
      return linear_input_gradient(dy, w, numerics);
    };
  });
  add("linear weight gradient", [=](const OpSetting& s) {
    return [numerics = s.numerics, dy = operand(y, 4, s), x = operand(x, 1, s)] {
      return linear_weight_gradient(dy, x, numerics);
    };
  });
}

using Unary = Tensor (*)(const Tensor&);

void add_unary(std::vector<OpWork>& works, std::string op, const Shape& x, const Shape& y, Unary f) {
  std::string shape = fmt::format("{}", x[0]);
  for (int axis = 1; axis < x.rank(); ++axis) shape += fmt::format("x{}", x[axis]);
  works.push_back({std::move(op), std::move(shape), 0, bytes_of({x, y}), [=](const OpSetting& s) {
                     return
                         [f, x = x.rank() == 4 ? feature_maps(x, 1, s) : operand(x, 1, s)] { return f(x); };
                   }});
}

Tensor normalised(const Tensor& x) {
  const auto channels = static_cast<std::size_t>(x.shape()[1]);
  const std::vector<double> zeros(channels, 0.0), ones(channels, 1.0);
  return normalise(x, {.mean = zeros, .inverse_deviation = ones, .weight = ones, .bias = zeros},
                   Activation::relu);
}

}  // namespace

std::vector<OpWork> op_works() {
  std::vector<OpWork> works;
  for (const ConvShape& shape : {ConvShape{3, 32, 32},
                                 {32, 32, 32},
                                 {32, 32, 48},
                                 {48, 32, 48},
                                 {48, 16, 80},
                                 {80, 16, 80},
                                 {80, 8, 128},
                                 {128, 8, 128},
                                 {64, 16, 64},
                                 {512, 4, 512}})
    std::ranges::move(convolution_works(shape), std::back_inserter(works));
  add_linear(works, 128, 500);
  add_linear(works, 2048, 1024);
  const Shape maps{images, 48, 32, 32};
  add_unary(works, "relu", maps, maps, relu);
  add_unary(works, "max pool 2x2", maps, {images, 48, 16, 16},
            [](const Tensor& x) { return max_pool(x, {}); });
  add_unary(works, "batch norm, relu", maps, maps, normalised);
  add_unary(works, "global max pool", {images, 128, 8, 8}, {images, 128}, global_max_pool);
  add_unary(works, "softmax", {images, 10}, {images, 10}, [](const Tensor& z) { return softmax(z); });
  return works;
}

OpOracle::OpOracle(const OpWork& work)
    : exact_(work.prepare({Device::reference(), DType::f64})().to_host_double()),
      reference_(work.prepare({Device::reference()})().to_host()) {
  const double terms = work.operations / 2 / static_cast<double>(std::max<std::size_t>(exact_.size(), 1));
  tolerance_ = 8 * std::sqrt(std::max(terms, 1.0)) * 0x1p-24;
}

OpCheck OpOracle::check(const Tensor& answer) const {
  const std::vector<float> found = answer.to_host();
  expects(found.size() == exact_.size(), "{} values for {}", found.size(), exact_.size());
  double error = 0, largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(static_cast<double>(found[i]) - exact_[i]);
    error = difference > error || std::isnan(difference) ? difference : error;
    largest = std::max(largest, std::abs(exact_[i]));
  }
  return {.largest_error = largest > 0 ? error / largest : error,
          .same_bits = std::memcmp(found.data(), reference_.data(), found.size() * sizeof(float)) == 0};
}

}  // namespace weir
