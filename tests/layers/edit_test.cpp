/// Edits of a network that an evaluator runs in pieces: a map that is ablated on the way is a map whose
/// weights are zero.
#include <algorithm>
#include <gtest/gtest.h>

#include "tests/layers/networks.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

/// The same images or gradients [N,C,H,W] with one channel zero.
Tensor without_map(const Tensor& x, Index map) {
  Values numbers = x.to_host_double();
  const Index channels = x.shape()[1], area = x.shape()[2] * x.shape()[3];
  for (Index n = 0; n < x.rows(); ++n) {
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>((n * channels + map) * area);
    std::fill(first, first + static_cast<std::ptrdiff_t>(area), 0.0);
  }
  return tensor_of(numbers, x.shape(), x.device(), x.dtype());
}

struct Outcome {
  std::vector<Values> logits, gradients;  // one for each piece
};

Outcome outcome_of(const Module& network, const Tensor& images, const std::vector<Edit>* edits) {
  Outcome outcome;
  outcome.logits.resize(2);
  outcome.gradients.resize(2);
  Evaluator(network, images.device())
      .visit(images, {.record = Record::for_input, .edits = edits}, [&](Piece& piece) {
        const auto number = static_cast<std::size_t>(piece.number);
        outcome.logits[number] = piece.output.value().to_host_double();
        outcome.gradients[number] = piece.tape.backward(piece.output)[piece.images].to_host_double();
      });
  return outcome;
}

class EditOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, EditOn, testing::ValuesIn(device_names()), device_test_name);

TEST_P(EditOn, AblatingAMapIsZeroingItsWeights) {
  constexpr Index map = 3;
  const Tensor images = random_images({40, 3, 12, 12}, 5, device());
  const Sequential network = small_network(device());
  Sequential zeroed = small_network(device());
  zeroed.for_each_parameter(Module::Visitor([&](Parameter& p) {
    if (!p.name.starts_with("conv2.")) return;
    Values numbers = p.value.to_host_double();
    const auto of_a_map = static_cast<std::ptrdiff_t>(p.value.shape().volume() / p.value.rows());
    std::fill(numbers.begin() + map * of_a_map, numbers.begin() + (map + 1) * of_a_map, 0.0);
    p.value = tensor_of(numbers, p.value.shape(), device());
  }));
  const auto ablate = [](const Tensor& x) { return without_map(x, map); };
  const std::vector<Edit> edits{{"conv2/*", Edited::value, ablate}, {"conv2/*", Edited::gradient, ablate}};

  const Outcome whole = outcome_of(network, images, nullptr), ablated = outcome_of(network, images, &edits),
                expected = outcome_of(zeroed, images, nullptr);
  EXPECT_NE(ablated.logits, whole.logits);
  EXPECT_EQ(ablated.logits, expected.logits);
  EXPECT_NE(ablated.gradients, whole.gradients);
  EXPECT_EQ(ablated.gradients, expected.gradients);
}

TEST_P(EditOn, AnEditThatMatchesNoLayerStopsTheEvaluator) {
  const std::vector<Edit> edits{{"conv9/*", Edited::value, [](const Tensor& x) { return x; }}};
  const Sequential network = small_network(device());
  const Tensor images = random_images({40, 3, 12, 12}, 5, device());
  EXPECT_THROW(outcome_of(network, images, &edits), Error);
}

}  // namespace
}  // namespace weir
