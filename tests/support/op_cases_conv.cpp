/// Convolutions: every stride, padding and window, with channels around the block width.
#include <algorithm>

#include "autograd/functions.h"
#include "tests/support/op_cases.h"
#include "tests/support/sizes.h"

namespace weir {
namespace {

struct ConvCase {
  Index images = 2, in = 3, height = 7, width = 6, out = 16, window = 3, stride = 1, padding = 1;
};

OpCase conv_case(const ConvCase& c, Activation activation) {
  return {.name = fmt::format("x [{}, {}, {}, {}] to {} channels, window {}, stride {}, padding {}", c.images,
                              c.in, c.height, c.width, c.out, c.window, c.stride, c.padding),
          .batches = {{c.images, c.in, c.height, c.width}},
          .parameters = {{c.out, c.in, c.window, c.window}, {c.out}},
          .apply = [c, activation](std::span<const Var> in) {
            return conv2d(in[0], in[1], in[2],
                          {.stride = c.stride, .padding = c.padding, .activation = activation});
          }};
}

/// Strides 1 to 3, paddings 0 to 3, windows 1, 3 and 5; channels take turns, so that each meets several
/// geometries.
std::vector<OpCase> geometries(Activation activation) {
  constexpr Index in_channels[] = {3, 16, 1, 17, 33, 16, 3}, out_channels[] = {16, 17, 33, 1, 3};
  std::vector<OpCase> cases;
  Index turn = 0;
  for (Index window = 1; window <= 5; window += 2)
    for (Index stride = 1; stride <= 3; ++stride)
      for (Index padding = 0; padding <= 3; ++padding, ++turn)
        cases.push_back(conv_case({.in = in_channels[turn % 7],
                                   .height = 7 + turn % 2,
                                   .width = 6 - turn % 2,
                                   .out = out_channels[turn % 5],
                                   .window = window,
                                   .stride = stride,
                                   .padding = padding},
                                  activation));
  cases.push_back(conv_case(
      {.images = 1, .in = 1, .height = 1, .width = 1, .out = 1, .window = 1, .padding = 0}, activation));
  cases.push_back(conv_case({.images = 0, .in = 16, .out = 17}, activation));
  cases.push_back(conv_case({.images = 33, .in = 3, .height = 5, .width = 5, .out = 16}, activation));
  return cases;
}

template <Activation activation>
OpCase random_conv(Dice& dice) {
  ConvCase c{.images = dice.between(1, 4),
             .in = dice.one_of(channels_that_bite),
             .height = dice.between(1, 19),
             .width = dice.between(1, 19),
             .out = dice.one_of(channels_that_bite),
             .window = dice.between(1, 5),
             .stride = dice.between(1, 3),
             .padding = dice.between(0, 3)};
  c.window = std::min({c.window, c.height + 2 * c.padding, c.width + 2 * c.padding});
  return conv_case(c, activation);
}

}  // namespace

void add_convolutions(std::vector<OpRow>& rows) {
  rows.push_back({.name = "conv2d",
                  .nature = Nature::multilinear,
                  .author = Author::vendor,
                  .value = Accuracy::accumulated,
                  .gradient = Accuracy::accumulated,
                  .cases = geometries(Activation::none),
                  .random_case = random_conv<Activation::none>});
  rows.push_back({.name = "conv2d_relu",
                  .nature = Nature::multilinear,
                  .author = Author::vendor,
                  .value = Accuracy::accumulated,
                  .gradient = Accuracy::accumulated,
                  .cases = geometries(Activation::relu),
                  .random_case = random_conv<Activation::relu>});
}

}  // namespace weir
