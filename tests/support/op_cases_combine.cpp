/// Ops that combine values or move them about: sums, products, joined channels, other shapes.
#include "autograd/functions.h"
#include "tests/support/op_cases.h"
#include "tests/support/sizes.h"

namespace weir {
namespace {

using Combine = Var (*)(const Var&, const Var&);

OpCase combined(const Shape& a, const Shape& b, Combine f) {
  return {.name = fmt::format("{} and {}", to_string(a), to_string(b)),
          .batches = {a, b},
          .parameters = {},
          .apply = [f](std::span<const Var> in) { return f(in[0], in[1]); }};
}

OpCase alone(const Shape& x, Var (*f)(const Var&)) {
  return {.name = fmt::format("x {}", to_string(x)),
          .batches = {x},
          .parameters = {},
          .apply = [f](std::span<const Var> in) { return f(in[0]); }};
}

Shape random_maps(Dice& dice) {
  return {dice.between(1, 4), dice.one_of(channels_that_bite), dice.between(1, 9), dice.between(1, 9)};
}

std::vector<Shape> all_widths() {
  std::vector<Shape> shapes;
  for (const Index channels : channels_that_bite) shapes.push_back({2, channels, 3, 5});
  shapes.insert(shapes.end(), {{0, 17, 3, 3}, {1, 1, 1, 1}, {129, 3, 2, 2}, {33, 7}});
  return shapes;
}

OpRow binary_row(const std::string& name, Combine f) {
  std::vector<OpCase> cases;
  for (const Shape& shape : all_widths()) cases.push_back(combined(shape, shape, f));
  return {.name = name,
          .nature = Nature::multilinear,
          .value = Accuracy::accumulated,
          .gradient = Accuracy::accumulated,
          .cases = std::move(cases),
          .random_case = [f](Dice& dice) {
            const Shape shape = random_maps(dice);
            return combined(shape, shape, f);
          }};
}

OpRow unary_row(const std::string& name, Var (*f)(const Var&)) {
  std::vector<OpCase> cases;
  for (const Shape& shape : all_widths())
    if (shape.rank() == 4) cases.push_back(alone(shape, f));
  return {.name = name,
          .nature = Nature::multilinear,
          .value = Accuracy::accumulated,
          .gradient = Accuracy::accumulated,
          .cases = std::move(cases),
          .random_case = [f](Dice& dice) { return alone(random_maps(dice), f); }};
}

/// Two widths, each around the blocks: the second begins anywhere in one.
OpRow concatenate_row() {
  std::vector<OpCase> cases;
  for (const Index first : channels_that_bite)
    for (const Index second : {1, 16, 17})
      cases.push_back(combined({2, first, 3, 5}, {2, second, 3, 5}, concatenate_channels));
  cases.push_back(combined({0, 17, 2, 2}, {0, 3, 2, 2}, concatenate_channels));
  cases.push_back(combined({33, 5}, {33, 17}, concatenate_channels));
  return {.name = "concatenate_channels",
          .nature = Nature::multilinear,
          .cases = std::move(cases),
          .random_case = [](Dice& dice) {
            const Shape a = random_maps(dice);
            return combined(a, {a[0], dice.one_of(channels_that_bite), a[2], a[3]}, concatenate_channels);
          }};
}

/// 1.5 is exact, so that whole numbers have exact products.
Var halves_more(const Var& x) { return 1.5 * x; }

Var rows_before_channels(const Var& x) {
  const Shape& s = x.shape();
  return reshape(x, {s[0], s[2], s[1], s[3]});
}

}  // namespace

void add_combining_ops(std::vector<OpRow>& rows) {
  rows.push_back(binary_row("add", add));
  rows.push_back(binary_row("multiply", multiply));
  rows.push_back(unary_row("scale", halves_more));
  rows.push_back(unary_row("flatten", flatten));
  rows.push_back(unary_row("reshape", rows_before_channels));
  rows.push_back(concatenate_row());
}

}  // namespace weir
