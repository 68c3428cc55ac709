/// Edits: what matches is replaced before anything else sees it; what never matched is an error.
#include "autograd/edit.h"

#include <gmock/gmock.h>

#include "autograd/functions.h"
#include "tensor/ops/pointwise.h"
#include "tests/support/data.h"

namespace weir {
namespace {

using Edits = std::vector<Edit>;

Tensor values(const Values& numbers) {
  return tensor_of(numbers, {static_cast<Index>(numbers.size())}, Device::reference(), DType::f64);
}

Var product(const Var& a, const Var& b) {
  return a.tape().record("product", {a, b}, a.value() * b.value(),
                         [x = a.value(), y = b.value()](const Tensor& dy, Cotangents& d) {
                           if (d.wants(0)) d.add(0, dy * y);
                           if (d.wants(1)) d.add(1, dy * x);
                         });
}

Edit times(double factor, std::string pattern, Edited what) {
  return {std::move(pattern), what, [factor](const Tensor& x) { return factor * x; }};
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Pattern, MatchesWholePathsWithAnyCharactersForAStar) {
  EXPECT_TRUE(matches("conv3/relu", "conv3/relu"));
  EXPECT_FALSE(matches("conv3", "conv3/relu"));
  EXPECT_FALSE(matches("conv3/relu", "conv3"));
  EXPECT_TRUE(matches("conv*", "conv3/relu"));
  EXPECT_TRUE(matches("*relu", "block/conv3/relu"));
  EXPECT_TRUE(matches("conv*/r*u", "conv3/relu"));
  EXPECT_FALSE(matches("conv*/r*u", "conv3/relu2"));
  EXPECT_TRUE(matches("a*ab", "aabab"));  // the star must give back what it took too early
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("conv3/relu**", "conv3/relu"));
  EXPECT_FALSE(matches("", "conv3"));
  EXPECT_TRUE(matches("", ""));
}

TEST(Edit, OfAValueIsSeenByEverythingAfterIt) {
  for (const Record record : {Record::nothing, Record::values, Record::for_all}) {
    const Edits edits{times(10, "*/relu", Edited::value)};
    Tape tape({.record = record, .edits = &edits});
    const Var x = tape.input(values({-1, 2}), "x");
    const auto scope = tape.scope("layer");
    const Var inner = relu(x);
    EXPECT_EQ(inner.value().to_host_double(), (Values{0, 20}));
    EXPECT_EQ(product(inner, x).value().to_host_double(), (Values{0, 40}));
    if (record != Record::nothing) {
      EXPECT_EQ(tape.find("layer/relu")->value.to_host_double(), (Values{0, 20}));
    }
    EXPECT_NO_THROW(tape.expect_edits_matched());
  }
}

TEST(Edit, OfInputsAndParametersReachesTheirUsersAndNeverTheModel) {
  const Parameter weight{"w", values({4})};
  const Edits edits{times(3, "x", Edited::value), times(5, "w", Edited::value)};
  for (const Record record : {Record::nothing, Record::for_input, Record::for_all}) {
    Tape tape({.record = record, .edits = &edits});
    const Var x = tape.input(values({2}), "x");
    const Var y = product(product(x, tape.parameter(weight)), tape.parameter(weight));
    EXPECT_EQ(y.value().item(), 2 * 3 * (4 * 5) * (4 * 5));
    EXPECT_EQ(weight.value.item(), 4);
    if (record == Record::for_all) {
      EXPECT_EQ(tape.backward(y)[weight].item(), 2 * (2 * 3) * (4 * 5));
    }
  }
}

TEST(Edit, OfAGradientActsOnItsSumBeforeItFlowsOn) {
  const Edits edits{times(10, "relu", Edited::gradient)};
  Tape tape({.edits = &edits});
  const Var x = tape.input(values({2}), "x");
  const Var inner = relu(x);
  const Var y = product(inner, inner);
  const Gradients gradients = tape.backward(y, Keep::everything);
  EXPECT_EQ(gradients[inner].item(), 40);  // 10 times the sum of both contributions
  EXPECT_EQ(gradients[x].item(), 40);
  EXPECT_EQ(y.value().item(), 4);
}

TEST(Edit, OfALeafGradientIsWhatTheCallerGets) {
  const Parameter weight{"w", values({4})};
  const Edits edits{times(-1, "x", Edited::gradient), times(0.5, "w", Edited::gradient)};
  Tape tape({.edits = &edits});
  const Var x = tape.input(values({2}), "x");
  const Gradients gradients = tape.backward(product(x, tape.parameter(weight)));
  EXPECT_EQ(gradients[x].item(), -4);
  EXPECT_EQ(gradients[weight].item(), 1);
}

TEST(Edit, GetsKTimesTheRowsOfAValueWithItsKGradients) {
  std::vector<Index> rows;
  const Edits edits{{"relu", Edited::gradient, [&](const Tensor& dy) {
                       rows.push_back(dy.rows());
                       return dy;
                     }}};
  Tape tape({.record = Record::for_input, .edits = &edits});
  const Var x = tape.input(values({1, 2}), "x");
  tape.backward(relu(x), values({1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(rows, std::vector<Index>{6});
}

TEST(Edit, SeveralActInTheirOrder) {
  const Edits edits{times(2, "r*", Edited::value),
                    {"relu", Edited::value, [](const Tensor& x) { return x + 1.0; }}};
  Tape tape({.edits = &edits});
  EXPECT_EQ(relu(tape.input(values({3}), "x")).value().item(), 7);
}

TEST(Edit, ThatMatchesNothingIsAnError) {
  const Edits no_such_path{times(2, "rleu", Edited::value)};
  Tape tape({.edits = &no_such_path});
  const Var y = relu(tape.input(values({3}), "x"));
  EXPECT_THAT(refusal([&] { tape.expect_edits_matched(); }),
              testing::HasSubstr("the edit `rleu` matches no value"));
  EXPECT_THROW(tape.backward(y), Error);
}

TEST(Edit, OfAGradientThatNeverFlowsIsAnError) {
  const Edits edits{times(2, "relu", Edited::gradient)};
  Tape tape({.record = Record::values, .edits = &edits});
  relu(tape.input(values({3}), "x"));
  EXPECT_THAT(refusal([&] { tape.expect_edits_matched(); }),
              testing::HasSubstr("the edit `relu` matches no gradient"));
}

TEST(Edit, MustKeepTheShapeAndType) {
  for (const Tensor& result : {values({1, 2}), values({1}).as(DType::f32), Tensor()}) {
    const Edits edits{{"relu", Edited::value, [&](const Tensor&) { return result; }}};
    Tape tape({.edits = &edits});
    EXPECT_THAT(refusal([&] { relu(tape.input(values({3}), "x")); }),
                testing::HasSubstr("the edit `relu` of `relu` must keep its shape"));
  }
}

TEST(Edit, SeesPlainImagesWhateverTheirLayout) {
  Layout seen = Layout::blocks_of_16;
  const Edits edits{{"relu", Edited::value, [&](const Tensor& x) {
                       seen = x.layout();
                       return x + 1.0;
                     }}};
  Tape tape({.edits = &edits});
  const Tensor images = tensor_of(Values(2 * 5 * 3 * 3, 2.0), {2, 5, 3, 3}, Device::reference());
  const Var y = relu(tape.input(images.in(Layout::blocks_of_16), "images"));
  EXPECT_EQ(seen, Layout::plain);
  EXPECT_EQ(y.value().layout(), Layout::blocks_of_16);
  EXPECT_EQ(y.value().to_host(), std::vector<float>(2 * 5 * 3 * 3, 3.0f));
}

}  // namespace
}  // namespace weir
