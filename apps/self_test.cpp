#include "apps/self_test.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <limits>

#include "data/hash.h"
#include "tensor/device.h"
#include "tensor/ops/conv2d.h"
#include "tensor/ops/linear.h"
#include "tensor/random.h"

namespace weir {
namespace {

/// Exact results of the same sums, and the sums of |a b| that their rounding errors scale with.
struct Oracle {
  std::vector<double> sums, magnitudes;
};

Oracle exact_products(std::span<const float> x, std::span<const float> weight, Index rows, Index inputs,
                      Index outputs) {
  Oracle oracle;
  for (Index n = 0; n < rows; ++n)
    for (Index k = 0; k < outputs; ++k) {
      double sum = 0, magnitude = 0;
      for (Index c = 0; c < inputs; ++c) {
        const double term = double{x[n * inputs + c]} * weight[k * inputs + c];
        sum += term;
        magnitude += std::abs(term);
      }
      oracle.sums.push_back(sum);
      oracle.magnitudes.push_back(magnitude);
    }
  return oracle;
}

/// 3x3 windows, stride 1, zero padding 1.
Oracle exact_convolution(std::span<const float> x, std::span<const float> weight, const ConvGeometry& g) {
  Oracle oracle;
  const auto add_pixel = [&](Index n, Index k, Index p, Index q) {
    double sum = 0, magnitude = 0;
    for (Index c = 0; c < g.in_channels; ++c)
      for (Index r = 0; r < 3; ++r)
        for (Index s = 0; s < 3; ++s) {
          const Index h = p + r - 1, w = q + s - 1;
          if (h < 0 || h >= g.height || w < 0 || w >= g.width) continue;
          const double term = double{x[((n * g.in_channels + c) * g.height + h) * g.width + w]} *
                              weight[((k * g.in_channels + c) * 3 + r) * 3 + s];
          sum += term;
          magnitude += std::abs(term);
        }
    oracle.sums.push_back(sum);
    oracle.magnitudes.push_back(magnitude);
  };
  for (Index n = 0; n < g.images; ++n)
    for (Index k = 0; k < g.out_channels; ++k)
      for (Index p = 0; p < g.out_height; ++p)
        for (Index q = 0; q < g.out_width; ++q) add_pixel(n, k, p, q);
  return oracle;
}

std::vector<float> transposed(const Tensor& matrix) {
  const Index rows = matrix.rows(), columns = matrix.shape()[1];
  const std::vector<float> values = matrix.to_host();
  std::vector<float> result;
  for (Index j = 0; j < columns; ++j)
    for (Index i = 0; i < rows; ++i) result.push_back(values[static_cast<std::size_t>(i * columns + j)]);
  return result;
}

/// A weight gradient is the product that every vendor leaves to its library, as a whole.
SelfCheck check_gemm(Device& device) {
  constexpr Index rows = 129, columns = 257, depth = 511;  // odd, so that every kernel meets its edges
  Device& host = Device::reference();
  const Tensor dy = uniform({depth, rows}, {}, Rng{}.split(1), host);
  const Tensor x = uniform({depth, columns}, {}, Rng{}.split(2), host);
  const Tensor product = linear_weight_gradient(dy.to(device), x.to(device));
  const Oracle exact = exact_products(transposed(dy), transposed(x), rows, depth, columns);
  const double error = error_in_roundings(product.to_host(), exact.sums, exact.magnitudes);
  return {fmt::format("gemm {}x{}x{}", rows, columns, depth), std::string(device.name()), error <= 1, error};
}

SelfCheck check_convolution(Device& device) {
  const Shape shape{3, 17, 9, 11}, window{33, 17, 3, 3};  // channels that fill no block of 16
  Device& host = Device::reference();
  const Tensor x = uniform(shape, {}, Rng{}.split(3), host);
  const Tensor weight = uniform(window, {}, Rng{}.split(4), host);
  const ConvGeometry geometry = conv_geometry(shape, window, 1, 1);
  const Tensor y = convolve(x.to(device), weight.to(device), Tensor::zeros({window[0]}, device), geometry);
  const Oracle exact = exact_convolution(x.to_host(), weight.to_host(), geometry);
  const double error = error_in_roundings(y.to_host(), exact.sums, exact.magnitudes);
  return {"convolution 3x17x9x11, 33 windows 3x3", std::string(device.name()), error <= 1, error};
}

/// The published answers of Random123 1.14 (its kat_vectors).
SelfCheck check_random_numbers() {
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  const bool zeros_right = random_words({.seed = 0, .stream = 0}, 0) ==
                           std::array{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  const bool ones_right = random_words({.seed = ones, .stream = ones}, ones) ==
                          std::array{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
  return {"random numbers (Philox)", "", zeros_right && ones_right};
}

SelfCheck check_fingerprint() {
  constexpr std::string_view text = "abc";  // FIPS 180-4, example 1
  return {"fingerprint (SHA-256)", "",
          sha256_hex(std::as_bytes(std::span(text))) ==
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
}

}  // namespace

double error_in_roundings(std::span<const float> computed, std::span<const double> exact,
                          std::span<const double> magnitudes) {
  constexpr double allowed = 8 * 0x1p-24;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  if (computed.size() != exact.size()) return infinite;
  double worst = 0;
  for (std::size_t i = 0; i < computed.size(); ++i) {
    const double error = std::abs(double{computed[i]} - exact[i]);
    if (error == 0) continue;
    const double ratio = error / (allowed * magnitudes[i]);
    worst = ratio >= 0 ? std::max(worst, ratio) : infinite;
  }
  return worst;
}

std::vector<SelfCheck> self_test() {
  std::vector<SelfCheck> checks = {check_random_numbers(), check_fingerprint()};
  for (const std::string_view name : Device::available()) {
    Device& device = Device::named(name);
    checks.push_back(check_gemm(device));
    checks.push_back(check_convolution(device));
  }
  return checks;
}

}  // namespace weir
