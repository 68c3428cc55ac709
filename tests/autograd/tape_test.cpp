/// The tape: contributions add up, what is not wanted is not computed, and every value has a name.
#include "autograd/tape.h"

#include <gmock/gmock.h>

#include "autograd/functions.h"
#include "tensor/ops/pointwise.h"
#include "tests/support/data.h"

namespace weir {
namespace {

Tensor values(const Values& numbers) {
  return tensor_of(numbers, {static_cast<Index>(numbers.size())}, Device::reference(), DType::f64);
}

/// a * b, whose pullback says through `calls` what it was asked.
Var product(const Var& a, const Var& b, std::string* calls = nullptr) {
  return a.tape().record("product", {a, b}, a.value() * b.value(),
                         [x = a.value(), y = b.value(), calls](const Tensor& dy, Cotangents& d) {
                           if (calls)
                             *calls += fmt::format("({}{})", d.wants(0) ? "a" : "", d.wants(1) ? "b" : "");
                           if (d.wants(0)) d.add(0, times_saved(dy, y));
                           if (d.wants(1)) d.add(1, times_saved(dy, x));
                         });
}

TEST(Tape, AddsTheContributionsOfAValueThatIsUsedTwice) {
  Tape tape;
  const Var x = tape.input(values({2, 3}), "x");
  const Var square = product(x, x);
  const Var y = product(square, x);
  EXPECT_EQ(tape.backward(y)[x].to_host_double(), (Values{12, 27}));  // 3 x^2
}

TEST(Tape, AsksAPullbackOnlyForWhatSomebodyWants) {
  std::string calls;
  Tape tape;
  const Var x = tape.input(values({2}), "x");
  const Var c = tape.constant(values({5}));
  EXPECT_EQ(product(c, c, &calls).wants_gradient(), false);
  const Var y = product(c, product(x, c, &calls), &calls);
  EXPECT_EQ(tape.backward(y)[x].item(), 25);
  EXPECT_EQ(calls, "(b)(a)");
}

TEST(Tape, ParametersAreConstantsUnlessAllIsRecorded) {
  const Parameter weight{"w", values({4})};
  std::string calls;
  Tape tape({.record = Record::for_input});
  const Var x = tape.input(values({2}), "x");
  const Var y = product(x, tape.parameter(weight), &calls);
  const Gradients gradients = tape.backward(y);
  EXPECT_EQ(calls, "(a)");
  EXPECT_EQ(gradients[x].item(), 4);
  EXPECT_EQ(gradients.find(weight), nullptr);
  EXPECT_THROW(gradients[weight], Error);
}

TEST(Tape, AParameterThatIsUsedTwiceHasOneGradient) {
  const Parameter weight{"w", values({4})};
  Tape tape;
  const Var x = tape.input(values({2}), "x");
  const Var y = product(product(x, tape.parameter(weight)), tape.parameter(weight));
  EXPECT_EQ(tape.backward(y)[weight].item(), 2 * 2 * 4);
}

TEST(Tape, ParameterGradientsOfPiecesAdd) {
  const Parameter weight{"w", values({4})};
  Gradients sum;
  for (const double x : {1.0, 2.0, 4.0}) {
    Tape tape;
    sum.add_parameters_of(tape.backward(product(tape.input(values({x}), "x"), tape.parameter(weight))));
  }
  EXPECT_EQ(sum[weight].item(), 7);
}

TEST(Tape, SeveralCotangentsAreRefusedWhereParametersWantGradients) {
  const Parameter weight{"w", values({4, 4})};
  const Tensor three = values({1, 1, 1, 1, 1, 1});
  Tape all;
  const Var y = product(all.input(values({1, 2}), "x"), all.parameter(weight));
  EXPECT_THROW(all.backward(y, three), Error);
  Tape for_input({.record = Record::for_input});
  const Var x = for_input.input(values({1, 2}), "x");
  EXPECT_EQ(for_input.backward(product(x, for_input.parameter(weight)), three)[x].shape(), (Shape{6}));
}

TEST(Tape, RefusesACotangentOfAnotherShape) {
  Tape tape({.record = Record::for_input});
  const Var x = tape.input(values({1, 2}), "x");
  const Var y = relu(x);
  EXPECT_THROW(tape.backward(y, values({1, 1, 1})), Error);
  EXPECT_THROW(tape.backward(y, tensor_of({1, 1}, {2, 1}, Device::reference(), DType::f64)), Error);
}

TEST(Tape, RefusesWhatAPullbackGivesInAnotherShape) {
  const auto bad = [](const Var& x, const Shape& shape) {
    return x.tape().record("bad", {x}, x.value(), [shape](const Tensor& dy, Cotangents& d) {
      d.add(0, Tensor::zeros(shape, dy.device(), dy.dtype()));
    });
  };
  for (const Shape& shape : {Shape{1}, Shape{4}, Shape{2, 1}}) {
    Tape tape({.record = Record::for_input});
    const Var x = tape.input(values({1, 2}), "x");
    EXPECT_THROW(tape.backward(bad(x, shape)), Error) << to_string(shape);
  }
  Tape tape({.record = Record::for_input});
  const Var x = tape.input(values({1, 2}), "x");
  EXPECT_EQ(tape.backward(bad(x, {6}), values({1, 1, 1, 1, 1, 1}))[x].shape(), (Shape{6})) << "K = 3";
}

TEST(Tape, RefusesToGoBackWhereNothingWasRecordedOrWanted) {
  Tape nothing({.record = Record::nothing});
  EXPECT_THROW(nothing.backward(relu(nothing.input(values({1}), "x"))), Error);
  Tape kept({.record = Record::values});
  EXPECT_THROW(kept.backward(relu(kept.input(values({1}), "x"))), Error);
  Tape tape;
  EXPECT_THROW(tape.backward(relu(tape.constant(values({1})))), Error);
}

TEST(Tape, WithNothingRecordedAValueDiesWithItsLastVar) {
  Tape tape({.record = Record::nothing});
  const auto in_use = [] { return Device::reference().pool().statistics().bytes_in_use; };
  Var x = tape.input(values(Values(5000, 1.0)), "x");
  const std::size_t one = in_use();
  for (int i = 0; i < 5; ++i) x = relu(x);
  EXPECT_EQ(in_use(), one);
  EXPECT_TRUE(tape.entries().empty());
  EXPECT_EQ(x.index(), -1);
}

TEST(Tape, NamesEveryValueByItsScopes) {
  Tape tape({.record = Record::values});
  const Var x = tape.input(values({-1, 2}), "images");
  {
    const auto outer = tape.scope("block");
    const auto inner = tape.scope("conv1");
    relu(relu(x));
  }
  relu(x);
  std::vector<std::string> paths;
  for (const Entry& entry : tape.entries()) paths.push_back(entry.path);
  EXPECT_THAT(paths, testing::ElementsAre("images", "block/conv1/relu", "block/conv1/relu", "relu"));
  EXPECT_EQ(tape.find("relu"), &tape.entries()[3]);
  EXPECT_EQ(tape.last_in_scope("block/conv1"), &tape.entries()[2]);
  EXPECT_EQ(tape.last_in_scope("block"), &tape.entries()[2]);
  EXPECT_EQ(tape.last_in_scope("conv1"), &tape.entries()[2]) << "at any depth";
  EXPECT_EQ(tape.last_in_scope("conv1", "relu"), &tape.entries()[2]);
  EXPECT_EQ(tape.last_in_scope("conv1", "conv2d"), nullptr);
  for (const char* part : {"bloc", "lock", "conv", "onv1", "block/con"})
    EXPECT_EQ(tape.last_in_scope(part), nullptr) << part;
  EXPECT_EQ(tape.find("images")->value.to_host_double(), (Values{-1, 2}));
}

TEST(Tape, KeepsGradientsOfInnerValuesOnlyWhenAsked) {
  Tape tape;
  const Var x = tape.input(values({-1, 2}), "x");
  const Var inner = relu(x);
  const Var y = product(inner, inner);
  EXPECT_THROW(tape.backward(y)[inner], Error);
  const Gradients all = tape.backward(y, Keep::everything);
  EXPECT_EQ(all[inner].to_host_double(), (Values{0, 4}));
  EXPECT_EQ(all.find("relu")->to_host_double(), (Values{0, 4}));
  EXPECT_EQ(all.find("nowhere"), nullptr);
}

TEST(Tape, GoesBackTwiceWithTheSameBits) {
  Tape tape;
  const Var x = tape.input(values({0.3, 2}), "x");
  const Var y = product(relu(x), x);
  const Values once = tape.backward(y)[x].to_host_double();
  EXPECT_EQ(tape.backward(y)[x].to_host_double(), once);
}

}  // namespace
}  // namespace weir
