/// Ops over rows: linear layers, softmax and the losses.
#include "autograd/functions.h"
#include "tensor/ops/softmax.h"
#include "tests/support/op_cases.h"
#include "tests/support/sizes.h"

namespace weir {
namespace {

OpCase linear_case(Index rows, Index in, Index out, Activation activation) {
  return {.name = fmt::format("x [{}, {}] to {} outputs", rows, in, out),
          .batches = {{rows, in}},
          .parameters = {{out, in}, {out}},
          .apply = [activation](std::span<const Var> x) { return linear(x[0], x[1], x[2], activation); }};
}

std::vector<OpCase> linear_cases(Activation activation) {
  std::vector<OpCase> cases{linear_case(0, 5, 3, activation), linear_case(1, 1, 1, activation)};
  for (const Index size : {2, 31, 32, 33}) cases.push_back(linear_case(3, size, 65 - size, activation));
  cases.push_back(linear_case(5, 257, 10, activation));
  cases.push_back(linear_case(129, 17, 67, activation));
  return cases;
}

template <Activation activation>
OpCase random_linear(Dice& dice) {
  return linear_case(dice.between(1, 40), dice.between(1, 150), dice.between(1, 150), activation);
}

OpRow linear_row(Activation activation) {
  const bool rectify = activation == Activation::relu;
  return {.name = rectify ? "linear_relu" : "linear",
          .nature = Nature::multilinear,
          .author = Author::vendor,
          .value = Accuracy::accumulated,
          .gradient = Accuracy::accumulated,
          .cases = linear_cases(activation),
          .random_case = rectify ? random_linear<Activation::relu> : random_linear<Activation::none>};
}

enum class Loss { softmax, log_softmax, hard_labels, soft_labels };

Labels some_labels(Index rows, Index classes, Device& device) {
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < rows; ++i) labels.push_back(static_cast<std::int32_t>((i * 7 + 3) % classes));
  return Labels::from_host(labels, device);
}

/// Rows that sum to different values, since soft labels need not sum to 1.
Tensor soft_labels(const Shape& shape, const Tensor& like) {
  const Values weights = floats(shape.volume(), {0.0f, 1.6f / static_cast<float>(shape[1])}, {.seed = 11});
  return tensor_of(weights, shape, like.device(), like.dtype());
}

Var loss_of(Loss loss, const Var& z, double temperature) {
  switch (loss) {
    case Loss::softmax:
      return softmax(z, temperature);
    case Loss::log_softmax:
      return log_softmax(z, temperature);
    case Loss::hard_labels:
      return cross_entropy(z, some_labels(z.shape()[0], z.shape()[1], z.device()), temperature);
    case Loss::soft_labels:
      return cross_entropy(z, soft_labels(z.shape(), z.value()), temperature);
  }
  return {};
}

OpCase loss_case(Loss loss, const Shape& logits, double temperature) {
  return {.name = fmt::format("logits {}, temperature {}", to_string(logits), temperature),
          .batches = {logits},
          .parameters = {},
          .apply = [loss, temperature](std::span<const Var> z) { return loss_of(loss, z[0], temperature); }};
}

template <Loss loss>
OpCase random_loss(Dice& dice) {
  return loss_case(loss, {dice.between(1, 40), dice.between(1, 80)},
                   static_cast<double>(dice.between(1, 40)) / 2);
}

template <Loss loss>
OpRow loss_row(const std::string& name) {
  std::vector<OpCase> cases{loss_case(loss, {0, 10}, 1), loss_case(loss, {1, 1}, 1),
                            loss_case(loss, {129, 10}, 1)};
  for (const Index classes : {2, 10, 31, 32, 33, 257})
    for (const double temperature : {1.0, 0.5, 20.0})
      cases.push_back(loss_case(loss, {3, classes}, temperature));
  return {.name = name,
          .value = Accuracy::exponential,
          .gradient = Accuracy::exponential,
          .domain = {-4, 4},
          .cases = std::move(cases),
          .random_case = random_loss<loss>};
}

/// Against targets that are a function of the element's number, so that row 0 has its own in any batch.
OpCase squared_error_case(const Shape& x) {
  return {.name = fmt::format("x {}", to_string(x)),
          .batches = {x},
          .parameters = {},
          .apply = [](std::span<const Var> in) {
            const Shape& shape = in[0].shape();
            const Values targets = floats(shape.volume(), {-2, 2}, {.seed = 12});
            return mean_squared_error(in[0],
                                      tensor_of(targets, shape, in[0].device(), in[0].value().dtype()));
          }};
}

OpRow squared_error_row() {
  std::vector<OpCase> cases;
  for (const Shape& x : {Shape{0, 10}, {1, 1}, {3, 31}, {3, 32}, {129, 33}, {2, 17, 3, 5}, {5}})
    cases.push_back(squared_error_case(x));
  return {.name = "mean_squared_error",
          .value = Accuracy::accumulated,
          .gradient = Accuracy::accumulated,
          .cases = std::move(cases),
          .random_case = [](Dice& dice) {
            return squared_error_case({dice.between(1, 40), dice.between(1, 80)});
          }};
}

}  // namespace

void add_matrix_ops(std::vector<OpRow>& rows) {
  rows.push_back(linear_row(Activation::none));
  rows.push_back(linear_row(Activation::relu));
  rows.push_back(loss_row<Loss::softmax>("softmax"));
  rows.push_back(loss_row<Loss::log_softmax>("log_softmax"));
  rows.push_back(loss_row<Loss::hard_labels>("cross_entropy"));
  rows.push_back(loss_row<Loss::soft_labels>("cross_entropy_soft"));
  rows.push_back(squared_error_row());
}

}  // namespace weir
