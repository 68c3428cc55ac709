/// The halo-tile convolution without a GPU: its index maps, and whole warp programs on whole numbers against
/// plain loops. Then one fault in each map, which must show.
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "tensor/cuda/halo_call.h"
#include "tensor/kernels/halo_exact.h"
#include "tensor/kernels/halo_gradient.h"
#include "tensor/kernels/halo_pack.h"
#include "tensor/kernels/halo_product.h"
#include "tests/support/data.h"
#include "tests/tensor/host_warp.h"

namespace weir {
namespace {

static_assert(covers<16, 16>(Bf16Product::a) && covers<16, 8>(Bf16Product::b));
static_assert(covers<16, 8>(Tf32Product::a) && covers<8, 8>(Tf32Product::b));
static_assert(covers<16, 8>(accumulator_place));
static_assert(column_reads_are_free(24) && column_reads_are_free(56) && !column_reads_are_free(36));

/// A GPU's own NaN has all its low bits set, the host's only one.
TEST(HaloNumbers, Tf32RoundsToTheNearestAndKeepsNanAndInfinity) {
  for (const std::uint32_t nan : {0x7FFFFFFFu, 0xFFFFFFFFu, 0x7FC00000u})
    EXPECT_TRUE(std::isnan(Tf32Product::stored(std::bit_cast<float>(nan)))) << std::hex << nan;
  EXPECT_EQ(Tf32Product::stored(INFINITY), INFINITY);
  EXPECT_EQ(Tf32Product::stored(1 + 0x1p-11f), 1 + 0x1p-10f);  // a tie, away from zero
  EXPECT_EQ(Tf32Product::stored(1 + 0x1.fp-12f), 1.0f);
}

enum class Lie { channels_last, blocks };

/// x [images, width, width, channels] in a memory layout, with channels up to whole blocks of 16.
template <class Element>
struct Maps {
  Index images, channels;  // channels: padded
  int width;
  Lie lie;
  std::vector<Element> values;

  Maps(Index images_, Index real_channels, int width_, Lie lie_)
      : images(images_), channels((real_channels + 15) / 16 * 16), width(width_), lie(lie_) {
    values.resize(static_cast<std::size_t>(images * channels * width * width), Element(0.0f));
  }
  HaloStrides strides() const {
    constexpr Index chunk = halo_chunk / static_cast<Index>(sizeof(Element));
    const Index pixels = Index{width} * width;
    if (lie == Lie::channels_last) return {pixels * channels, channels, chunk};
    return {pixels * channels, chunk, pixels * chunk};
  }
  Element& at(Index n, Index row, Index column, Index c) {
    const HaloStrides s = strides();
    constexpr Index chunk = halo_chunk / static_cast<Index>(sizeof(Element));
    return values[static_cast<std::size_t>(n * s.image + (row * width + column) * s.pixel +
                                           c / chunk * s.chunk + c % chunk)];
  }
};

struct Problem {
  Index images, in, out;
  Lie lie;
};

using Weights = std::vector<float>;  // [out, in, 9]

enum class Numbers { whole, deviates };
Values numbers(Numbers of, Index count, const Rng& rng) {
  return of == Numbers::whole ? whole_numbers(count, -4, 4, rng) : deviates(count, rng);
}

template <class Element>
void fill(Maps<Element>& x, Index real_channels, const Rng& rng, Numbers of = Numbers::whole) {
  const Values values = numbers(of, x.images * x.width * x.width * real_channels, rng);
  std::size_t next = 0;
  for (Index n = 0; n < x.images; ++n)
    for (Index row = 0; row < x.width; ++row)
      for (Index column = 0; column < x.width; ++column)
        for (Index c = 0; c < real_channels; ++c)
          x.at(n, row, column, c) = Element(static_cast<float>(values[next++]));
}

/// The plain loops: one chain over (chunk of 16 channels, tap, channel) of multiply(x, weight, sum).
template <class Element, class Multiply>
float plain(Maps<Element>& x, const Weights& weights, Index in, Index n, Index row, Index column, Index k,
            const Multiply& multiply) {
  float sum = 0;
  for (Index chunk = 0; chunk < in; chunk += 16)
    for (int tap = 0; tap < 9; ++tap)
      for (Index c = chunk; c < std::min(chunk + 16, in); ++c) {
        const Index h = row + tap / 3 - 1, w = column + tap % 3 - 1;
        if (h < 0 || w < 0 || h >= x.width || w >= x.width) continue;
        sum = multiply(static_cast<float>(x.at(n, h, w, c)),
                       weights[static_cast<std::size_t>((k * in + c) * 9 + tap)], sum);
      }
  return sum;
}

/// A chunk of a tile as cp.async fills it.
template <class Tile, class Element>
void copy_pieces(std::vector<unsigned char>& tile, const Maps<Element>& x, const HaloOrigin& origin,
                 int chunk) {
  for (int piece = 0; piece < Tile::pieces; ++piece) {
    const HaloPiece p = halo_piece_of<Tile, Element>(piece, origin, x.images, x.channels, chunk, x.strides());
    if (p.inside)
      std::memcpy(tile.data() + p.to, x.values.data() + p.from, halo_piece);
    else
      std::memset(tile.data() + p.to, 0, halo_piece);
  }
}

template <class Product>
std::vector<Words4> packed(const Weights& weights, Index in, Index out, int n16) {
  constexpr Index chunk = halo_chunk / static_cast<Index>(sizeof(typename Product::Element));
  std::vector<Words4> words(static_cast<std::size_t>((in + chunk - 1) / chunk * 9 * halo_steps * n16 * 32));
  const PackFragments<Product> pack{{Toward::output, out, in, weights.data()},
                                    n16,
                                    reinterpret_cast<typename Product::Element*>(words.data())};
  for (Index i = 0; i < static_cast<Index>(words.size()) * 4 * Product::per_word; ++i) pack(i);
  return words;
}

/// How many outputs differ from the plain loops, how many there are, and the error in squares.
struct Found {
  Index wrong = 0, seen = 0;
  double squared_error = 0, squares = 0;
  double normalised_error() const { return squared_error / squares; }
};

template <class Tile, class Product, int N16, class Packing = Product>
Found run(const Problem& problem, Numbers of = Numbers::whole) {
  using Element = typename Product::Element;
  constexpr Index chunk = halo_chunk / static_cast<Index>(sizeof(Element));
  Maps<Element> x(problem.images, problem.in, Tile::width, problem.lie);
  fill(x, problem.in, {.seed = 1}, of);
  Weights weights;
  for (const double w : numbers(of, problem.out * problem.in * 9, {.seed = 2}))
    weights.push_back(static_cast<float>(w));
  const int n16 = static_cast<int>((problem.out + 15) / 16), groups = (n16 + N16 - 1) / N16;
  const std::vector<Words4> words = packed<Packing>(weights, problem.in, problem.out, groups * N16);
  const Index chunks = (x.channels + chunk - 1) / chunk;
  std::vector<unsigned char> tile(Tile::bytes, 0xFF);
  Found found;
  const auto add = [](float a, float b, float sum) { return sum + a * b; };
  for (Index t = 0; t < halo_tiles<Tile>(problem.images); ++t)
    for (int group = 0; group < groups; ++group)
      for (int number = 0; number < halo_warps; ++number) {
        const HaloOrigin origin = halo_origin<Tile>(t);
        const HostWarp warp;
        HaloSums<HostWarp, N16> sums;
        for (int c = 0; c < chunks; ++c) {
          copy_pieces<Tile>(tile, x, origin, c);
          const Words4* mine =
              words.data() + Index{c} * 9 * halo_steps * groups * N16 * 32 + group * N16 * 32;
          multiply_halo_chunk<Tile, Product, N16>(warp, number, tile.data(), mine, groups * N16, sums);
        }
        for_each_halo_sum<N16>(warp, number, sums, [&](int pixel, int channel, float first, float second) {
          const Index n = origin.image + pixel / (Tile::rows * Tile::width);
          const Index row = origin.row + pixel % (Tile::rows * Tile::width) / Tile::width;
          for (int i = 0; i < 2; ++i) {
            const Index k = Index{group} * N16 * 16 + channel + i;
            if (n >= problem.images || k >= problem.out) continue;
            const float expected = plain(x, weights, problem.in, n, row, pixel % Tile::width, k, add);
            const double error = static_cast<double>(i == 0 ? first : second) - static_cast<double>(expected);
            found.wrong += error != 0;
            found.squared_error += error * error;
            found.squares += static_cast<double>(expected) * static_cast<double>(expected);
            ++found.seen;
          }
        });
      }
  return found;
}

template <class Tile, class Product, int N16>
void expect_exact(const Problem& problem) {
  SCOPED_TRACE(fmt::format("{} images {}x{}, {} to {} channels", problem.images, +Tile::width, +Tile::width,
                           problem.in, problem.out));
  const Found found = run<Tile, Product, N16>(problem);
  EXPECT_EQ(found.wrong, 0);
  EXPECT_EQ(found.seen, problem.images * Tile::width * Tile::width * problem.out);
}

TEST(Halo, WarpProgramsAreExactOnWholeNumbersInTf32) {
  expect_exact<HaloTile<32>, Tf32Product, 2>({1, 32, 32, Lie::blocks});
  expect_exact<HaloTile<16>, Tf32Product, 5>({2, 48, 80, Lie::blocks});
  expect_exact<HaloTile<8>, Tf32Product, 4>({5, 80, 128, Lie::channels_last});
  expect_exact<HaloTile<4>, Tf32Product, 1>({17, 17, 19, Lie::blocks});
}

TEST(Halo, WarpProgramsAreExactOnWholeNumbersInBfloat16) {
  expect_exact<HaloTile<32>, Bf16Product, 3>({1, 48, 48, Lie::channels_last});
  expect_exact<HaloTile<16>, Bf16Product, 5>({2, 80, 80, Lie::channels_last});
  expect_exact<HaloTile<8>, Bf16Product, 4>({3, 128, 64, Lie::channels_last});
  expect_exact<HaloTile<4>, Bf16Product, 2>({5, 16, 32, Lie::channels_last});
}

/// What rounding costs before any GPU is seen. TF32 keeps 11 bits, so that an operand errs by 2^-12 of itself
/// at most, and by a third of that squared in the mean; bfloat16 maps are what they are, and its weights keep
/// 8 bits.
TEST(Halo, RoundingErrsByAsMuchAsItsBits) {
  const Problem problem{4, 48, 32, Lie::channels_last};
  const double tf32 = run<HaloTile<8>, Tf32Product, 2>(problem, Numbers::deviates).normalised_error();
  EXPECT_LT(tf32, 1e-7);
  EXPECT_GT(tf32, 1e-9);  // else nothing was rounded
  const double bf16 = run<HaloTile<8>, Bf16Product, 2>(problem, Numbers::deviates).normalised_error();
  EXPECT_LT(bf16, 1e-5);
  EXPECT_GT(bf16, 1e-7);
}

TEST(Halo, OutputChannelsAreDealtToBlocksWithFewPads) {
  for (const Index width : {4, 8, 16, 32})
    for (Index channels = 16; channels <= 1024; channels += 16) {
      const cuda::HaloGroups dealt = cuda::halo_groups(channels, width);
      EXPECT_LE(dealt.n16, cuda::largest_n16(width));
      EXPECT_GE(dealt.groups * dealt.n16 * 16, channels);
      EXPECT_LT(dealt.groups * dealt.n16 * 16, channels + 32) << channels;
    }
  EXPECT_EQ(cuda::halo_groups(80, 16).n16, 5);
  EXPECT_EQ(cuda::halo_groups(128, 8).n16, 4);
  EXPECT_EQ(cuda::halo_groups(512, 4).groups, 8);
}

/// Every output pixel's taps are pixels of the tile that hold what the convolution asks for.
template <int Width>
void check_tile() {
  using Tile = HaloTile<Width>;
  std::vector<int> taps(Tile::tile_pixels);
  for (int p = 0; p < halo_pixels; ++p)
    for (int tap = 0; tap < 9; ++tap) {
      const int at = Tile::first_tap(p) + Tile::tap_shift(tap);
      ASSERT_LT(at, Tile::tile_pixels);
      const typename Tile::Place place = Tile::place(at);
      EXPECT_EQ(place.image, p / (Tile::rows * Width));
      EXPECT_EQ(place.row, p % (Tile::rows * Width) / Width + tap / 3 - 1);
      EXPECT_EQ(place.column, p % Width + tap % 3 - 1);
      ++taps[static_cast<std::size_t>(at)];
    }
  for (const int count : taps) EXPECT_GT(count, 0);  // nothing is fetched for nobody
}
TEST(Halo, TapsAreShiftsOfTheTile) {
  check_tile<32>();
  check_tile<16>();
  check_tile<8>();
  check_tile<4>();
}

/// The float32 kernel has the bits of the loops that fuse in the same order.
TEST(Halo, ExactProgramHasTheBitsOfFusedLoops) {
  using Tile = HaloTile<8>;
  const Index images = 5, in = 35, out = 33, chunks = 3, groups = 2;
  Maps<float> x(images, in, Tile::width, Lie::blocks);
  fill(x, in, {.seed = 5});
  for (float& value : x.values) value *= 0.137f;
  Weights weights;
  for (const double w : deviates(out * in * 9, {.seed = 6})) weights.push_back(static_cast<float>(w));
  std::vector<float> packed_weights(static_cast<std::size_t>(groups * chunks * exact_weights));
  const PackExact pack{{Toward::output, out, in, weights.data()}, chunks, packed_weights.data()};
  for (std::size_t i = 0; i < packed_weights.size(); ++i) pack(static_cast<Index>(i));
  std::vector<unsigned char> tile(Tile::bytes, 0xFF);
  const auto fused = [](float a, float b, float sum) { return std::fma(a, b, sum); };
  Index seen = 0;
  for (Index t = 0; t < halo_tiles<Tile>(images); ++t)
    for (Index group = 0; group < groups; ++group) {
      const HaloOrigin origin = halo_origin<Tile>(t);
      std::vector<ExactSums> sums(exact_threads, ExactSums{});
      for (int chunk = 0; chunk < chunks; ++chunk) {
        copy_pieces<Tile>(tile, x, origin, chunk);
        for (int thread = 0; thread < exact_threads; ++thread)
          multiply_exact_chunk<Tile>(thread, tile.data(),
                                     packed_weights.data() + (group * chunks + chunk) * exact_weights,
                                     sums[static_cast<std::size_t>(thread)]);
      }
      for (int thread = 0; thread < exact_threads; ++thread)
        for (int i = 0; i < exact_pixels; ++i)
          for (int c = 0; c < exact_channels; ++c) {
            const int pixel = exact_pixel(thread, i);
            const Index n = origin.image + pixel / 64, k = group * 32 + exact_channel(thread) + c;
            if (n >= images || k >= out) continue;
            ASSERT_EQ(sums[static_cast<std::size_t>(thread)].at[i][c],
                      plain(x, weights, in, n, pixel % 64 / 8, pixel % 8, k, fused));
            ++seen;
          }
    }
  EXPECT_EQ(seen, images * 64 * out);
}

/// The weight gradient of one block of 32 input channels, all tiles.
template <class Tile, int N16>
Found run_gradient(Index images) {
  constexpr int in = gradient_in, out = 16 * N16, width = Tile::width;
  const auto numbers = [](Index count, std::uint64_t seed) {
    return whole_numbers(count, -2, 2, {.seed = seed});
  };
  const Values x = numbers(images * width * width * in, 3), dy = numbers(images * width * width * out, 4);
  const auto value = [&](const Values& of, Index n, Index row, Index column, int c, int channels) {
    if (n >= images || row < 0 || column < 0 || row >= width || column >= width) return 0.0;
    return of[static_cast<std::size_t>(((n * width + row) * width + column) * channels + c)];
  };
  const HostWarp warp;
  GradientSums<HostWarp, N16> sums[gradient_warps];
  std::vector<float> x_tile(Tile::tile_pixels * gradient_x_pitch, NAN),
      dy_tile(gradient_pixels * gradient_dy_pitch(N16), NAN);
  for (Index t = 0; t < halo_tiles<Tile>(images); ++t) {
    const HaloOrigin origin = halo_origin<Tile>(t);
    const auto fill = [&](std::vector<float>& tile, int pixel, int within, const Values& of, int channels,
                          int pitch) {
      const auto at = Tile::place(within);
      for (int c = 0; c < channels; ++c)
        tile[static_cast<std::size_t>(pixel * pitch + c)] = static_cast<float>(
            value(of, origin.image + at.image, origin.row + at.row, at.column, c, channels));
    };
    for (int p = 0; p < Tile::tile_pixels; ++p) fill(x_tile, p, p, x, in, gradient_x_pitch);
    for (int p = 0; p < gradient_pixels; ++p)
      fill(dy_tile, p, Tile::first_tap(p) + Tile::tap_shift(4), dy, out, gradient_dy_pitch(N16));
    for (int number = 0; number < gradient_warps; ++number)
      multiply_gradient_tile<Tile, N16>(warp, number, x_tile.data(), dy_tile.data(), sums[number]);
  }
  std::vector<double> expected(9 * in * out);
  for (Index n = 0; n < images; ++n)
    for (Index row = 0; row < width; ++row)
      for (Index column = 0; column < width; ++column)
        for (int tap = 0; tap < 9; ++tap)
          for (int c = 0; c < in; ++c)
            for (int k = 0; k < out; ++k)
              expected[static_cast<std::size_t>((tap * in + c) * out + k)] +=
                  value(x, n, row + tap / 3 - 1, column + tap % 3 - 1, c, in) *
                  value(dy, n, row, column, k, out);
  Found found;
  for (int number = 0; number < gradient_warps; ++number)
    for_each_gradient_sum<N16>(warp, number, sums[number], [&](int tap, int c, int k, float sum) {
      found.wrong += static_cast<double>(sum) != expected[static_cast<std::size_t>((tap * in + c) * out + k)];
      ++found.seen;
    });
  return found;
}

template <class Tile, int N16>
void expect_exact_gradient(Index images) {
  const Found found = run_gradient<Tile, N16>(images);
  EXPECT_EQ(found.wrong, 0) << +Tile::width;
  EXPECT_EQ(found.seen, 9 * gradient_in * 16 * N16) << "each weight once";
}

TEST(Halo, WeightGradientsAreExactOnWholeNumbers) {
  expect_exact_gradient<GradientTile<32>, 1>(1);
  expect_exact_gradient<GradientTile<16>, 3>(1);
  expect_exact_gradient<GradientTile<8>, 5>(3);
  expect_exact_gradient<GradientTile<4>, 2>(9);
}

// ---- one fault in each map: what would slip through here would slip through on a GPU
// -----------------------

struct TapsAcross : HaloTile<8> {
  WEIR_HD static constexpr int tap_shift(int tap) { return tap % 3 * padded_width + tap / 3; }
};
struct ImagesWithoutBorder : HaloTile<8> {
  WEIR_HD static constexpr int first_tap(int p) { return (p / 8) * padded_width + p % 8; }
};
struct ColumnsWithoutBorder : HaloTile<8> {
  WEIR_HD static constexpr Place place(int tile_pixel) {
    Place at = HaloTile<8>::place(tile_pixel);
    at.column += at.column < 0 ? 1 : 0;
    return at;
  }
};
struct GradientTapsAcross : GradientTile<8> {
  WEIR_HD static constexpr int tap_shift(int tap) { return tap % 3 * padded_width + tap / 3; }
};
struct HalvesOfDepthExchanged : Tf32Product {
  WEIR_HD static constexpr RowColumn b(int lane, int i) { return Tf32Product::b(lane, 1 - i); }
};
struct PairsExchanged : Bf16Product {
  WEIR_HD static constexpr RowColumn b(int lane, int i) { return Bf16Product::b(lane, i ^ 1); }
};

TEST(Halo, AFaultInAnyMapShows) {
  const Problem problem{4, 32, 16, Lie::channels_last};
  EXPECT_EQ((run<HaloTile<8>, Tf32Product, 1>(problem).wrong), 0);
  EXPECT_GT((run<TapsAcross, Tf32Product, 1>(problem).wrong), 0);
  EXPECT_GT((run<ImagesWithoutBorder, Tf32Product, 1>(problem).wrong), 0);
  EXPECT_GT((run<ColumnsWithoutBorder, Tf32Product, 1>(problem).wrong), 0);
  EXPECT_GT((run<HaloTile<8>, Tf32Product, 1, HalvesOfDepthExchanged>(problem).wrong), 0);
  EXPECT_EQ((run<HaloTile<8>, Bf16Product, 1>(problem).wrong), 0);
  EXPECT_GT((run<HaloTile<8>, Bf16Product, 1, PairsExchanged>(problem).wrong), 0);
  EXPECT_GT((run_gradient<GradientTapsAcross, 1>(2).wrong), 0);
}

}  // namespace
}  // namespace weir
