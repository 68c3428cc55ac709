/// Our own kernels over feature maps: activations, pooling, dropout, batch norm.
#include "autograd/functions.h"
#include "tests/support/activations.h"
#include "tests/support/op_cases.h"
#include "tests/support/sizes.h"

namespace weir {
namespace {

using Unary = Var (*)(const Var&);

OpCase unary_case(const Shape& x, Unary f) {
  return {.name = fmt::format("x {}", to_string(x)),
          .batches = {x},
          .parameters = {},
          .apply = [f](std::span<const Var> in) { return f(in[0]); }};
}

Shape random_maps(Dice& dice) {
  return {dice.between(1, 4), dice.one_of(channels_that_bite), dice.between(1, 13), dice.between(1, 13)};
}

template <Unary f>
OpCase random_unary(Dice& dice) {
  return unary_case(random_maps(dice), f);
}

std::vector<OpCase> maps_of_all_widths(Unary f) {
  std::vector<OpCase> cases;
  for (const Index channels : channels_that_bite) cases.push_back(unary_case({2, channels, 3, 5}, f));
  cases.push_back(unary_case({0, 17, 3, 3}, f));
  cases.push_back(unary_case({1, 1, 1, 1}, f));
  cases.push_back(unary_case({129, 3, 2, 2}, f));
  return cases;
}

OpRow activation_row(const ActivationRow& row) {
  const auto case_of = [activation = row.activation](const Shape& x) -> OpCase {
    return {.name = fmt::format("x {}", to_string(x)),
            .batches = {x},
            .parameters = {},
            .apply = [activation](std::span<const Var> in) { return activate(in[0], activation); }};
  };
  std::vector<OpCase> cases;
  for (const Index channels : channels_that_bite) cases.push_back(case_of({2, channels, 3, 5}));
  for (const Shape& x : {Shape{0, 17, 3, 3}, {1, 1, 1, 1}, {129, 3, 2, 2}}) cases.push_back(case_of(x));
  for (const Index size : sizes_that_bite) cases.push_back(case_of({size}));
  return {.name = std::string(to_string(row.activation)),
          .nature = row.accuracy == Accuracy::exact ? Nature::selecting : Nature::smooth,
          .value = row.accuracy,
          .gradient = row.accuracy,
          .kinks = row.kinks,
          .cases = std::move(cases),
          .random_case = [case_of](Dice& dice) { return case_of(random_maps(dice)); }};
}

using Pool = Var (*)(const Var&, PoolOptions);

OpCase pool_case(Pool pool, const Shape& x, PoolOptions options) {
  return {.name = fmt::format("x {}, window {}, stride {}", to_string(x), options.window, options.stride),
          .batches = {x},
          .parameters = {},
          .apply = [pool, options](std::span<const Var> in) { return pool(in[0], options); }};
}

OpCase random_pool(Pool pool, Dice& dice) {
  const Shape x = random_maps(dice);
  const Index window = std::min({dice.between(1, 4), x[2], x[3]});
  return pool_case(pool, x, {.window = window, .stride = dice.between(1, 4)});
}

std::vector<OpCase> pool_cases(Pool pool) {
  std::vector<OpCase> cases;
  Index turn = 0;
  for (const Index window : {2, 3})
    for (const Index stride : {1, 2, 3}) {
      const Index channels = channels_that_bite[static_cast<std::size_t>(turn++)];
      cases.push_back(pool_case(pool, {2, channels, 7, 6}, {.window = window, .stride = stride}));
      cases.push_back(pool_case(pool, {2, channels, window, window}, {.window = window, .stride = stride}));
    }
  cases.push_back(pool_case(pool, {0, 16, 4, 4}, {}));
  cases.push_back(pool_case(pool, {129, 3, 4, 4}, {}));
  return cases;
}

OpRow max_pool_row() {
  return {.name = "max_pool",
          .nature = Nature::selecting,
          .gradient = Accuracy::accumulated,
          .cases = pool_cases(max_pool),
          .random_case = [](Dice& dice) { return random_pool(max_pool, dice); }};
}

OpRow averaging_row(const std::string& name, std::vector<OpCase> cases,
                    std::function<OpCase(Dice&)> random_case) {
  return {.name = name,
          .nature = Nature::multilinear,
          .value = Accuracy::accumulated,
          .gradient = Accuracy::accumulated,
          .cases = std::move(cases),
          .random_case = std::move(random_case),
          .whole = false};
}

Var half_dropped(const Var& x) { return dropout(x, 0.4); }

/// Batch norm with running statistics that are not the batch's. The parameters outlive the tape that reports
/// to them.
Var normalised(const Var& x, const Var& weight, const Var& bias, Activation activation) {
  static thread_local Parameter mean, variance;
  const Index channels = x.shape()[1];
  const auto vector_of = [&](Range range, std::uint64_t seed) {
    return tensor_of(floats(channels, range, {.seed = seed}), {channels}, x.device(), weight.value().dtype());
  };
  mean = {"mean", vector_of({-0.5f, 0.5f}, 5)};
  variance = {"variance", vector_of({0.5f, 2.0f}, 6)};
  return batch_norm(x, weight, bias, {.running_mean = mean, .running_variance = variance}, activation);
}

template <Activation activation>
OpCase norm_case(const Shape& x) {
  return {.name = fmt::format("x {}", to_string(x)),
          .batches = {x},
          .parameters = {{x[1]}, {x[1]}},
          .apply = [](std::span<const Var> in) { return normalised(in[0], in[1], in[2], activation); }};
}

template <Activation activation>
OpCase random_norm(Dice& dice) {
  return norm_case<activation>(random_maps(dice).with_rows(dice.between(2, 5)));
}

template <Activation activation>
OpRow norm_row(Mode mode) {
  const bool rectify = activation == Activation::relu, train = mode == Mode::train;
  std::vector<OpCase> cases;
  for (const Index channels : channels_that_bite) cases.push_back(norm_case<activation>({3, channels, 4, 5}));
  for (const Index channels : channels_that_bite) cases.push_back(norm_case<activation>({33, channels}));
  if (!train) cases.push_back(norm_case<activation>({0, 17, 2, 2}));
  return {.name = fmt::format("batch_norm_{}{}", train ? "train" : "evaluate", rectify ? "_relu" : ""),
          .value = Accuracy::normalised,
          .gradient = Accuracy::normalised,
          .mode = mode,
          .cases = std::move(cases),
          .random_case = random_norm<activation>};
}

}  // namespace

void add_image_ops(std::vector<OpRow>& rows) {
  for (const ActivationRow& row : activation_rows()) rows.push_back(activation_row(row));
  rows.push_back(max_pool_row());
  rows.push_back({.name = "global_max_pool",
                  .nature = Nature::selecting,
                  .cases = maps_of_all_widths(global_max_pool),
                  .random_case = random_unary<global_max_pool>});
  rows.push_back(averaging_row("avg_pool", pool_cases(avg_pool),
                               [](Dice& dice) { return random_pool(avg_pool, dice); }));
  rows.push_back(
      averaging_row("global_avg_pool", maps_of_all_widths(global_avg_pool), random_unary<global_avg_pool>));
  rows.push_back({.name = "dropout_train",
                  .nature = Nature::multilinear,
                  .value = Accuracy::accumulated,
                  .gradient = Accuracy::accumulated,
                  .mode = Mode::train,
                  .cases = maps_of_all_widths(half_dropped),
                  .random_case = random_unary<half_dropped>});
  rows.push_back(norm_row<Activation::none>(Mode::train));
  rows.push_back(norm_row<Activation::relu>(Mode::train));
  rows.push_back(norm_row<Activation::none>(Mode::evaluate));
  rows.push_back(norm_row<Activation::relu>(Mode::evaluate));
}

}  // namespace weir
