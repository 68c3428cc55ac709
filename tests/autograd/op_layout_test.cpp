/// Layouts: both give the same bits, pad channels stay zero, and fusing a ReLU changes nothing.
#include <gtest/gtest.h>

#include "tensor/activation.h"
#include "tests/support/devices.h"
#include "tests/support/op_pass.h"

namespace weir {
namespace {

using Place = std::tuple<std::string, std::string>;  // op row, device

class OpLayout : public testing::TestWithParam<Place>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(std::get<1>(GetParam())); }
  const OpRow& row() const { return op_row(std::get<0>(GetParam())); }
};

void expect_same(const std::vector<Tensor>& found, const std::vector<Tensor>& expected) {
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_TRUE(same_bits(found[i], expected[i])) << "gradient of input " << i;
}

/// Of our own kernels, which are one text for both; a vendor's convolution is compared in both by
/// op_parity_test.
TEST_P(OpLayout, BlocksAndPlainGiveEqualBits) {
  if (row().author != Author::kernels) return;
  for (const OpCase& op : row().cases) {
    SCOPED_TRACE(op.name);
    const auto inputs = random_inputs(row(), op, {.seed = 21});
    const OpPass plain(row(), op, inputs, {.device = device()});
    const OpPass blocked(row(), op, inputs, {.device = device(), .layout = Layout::blocks_of_16});
    const Values dy = deviates(plain.value().shape().volume(), {.seed = 22});
    EXPECT_TRUE(same_bits(blocked.value(), plain.value()));
    expect_same(blocked.gradients(dy), plain.gradients(dy));
  }
}

TEST_P(OpLayout, PadChannelsStayZero) {
  for (const OpCase& op : row().cases) {
    SCOPED_TRACE(op.name);
    const OpPass pass(row(), op, random_inputs(row(), op, {.seed = 23}),
                      {.device = device(), .layout = Layout::blocks_of_16});
    EXPECT_EQ(dirty_padding(pass.value()), 0);
    for (const Tensor& gradient : pass.gradients(deviates(pass.value().shape().volume(), {.seed = 24})))
      EXPECT_EQ(dirty_padding(gradient), 0);
  }
}

TEST_P(OpLayout, AReluGivesTheSameBitsFusedOrAlone) {
  if (!row().name.ends_with("_relu") || row().name == to_string(Activation::leaky_relu)) return;
  for (const OpCase& op : row().cases)
    for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
      SCOPED_TRACE(op.name);
      const auto inputs = random_inputs(row(), op, {.seed = 25});
      const OpPass fused(row(), op, inputs, {.device = device(), .layout = layout});
      const OpPass apart(row(), op, inputs, {.device = device(), .layout = layout, .fuse = false});
      EXPECT_EQ(apart.tape().entries().size(), fused.tape().entries().size() + 1);
      const Values dy = deviates(fused.value().shape().volume(), {.seed = 26});
      EXPECT_TRUE(same_bits(fused.value(), apart.value()));
      expect_same(fused.gradients(dy), apart.gradients(dy));
    }
}

std::string place_name(const testing::TestParamInfo<Place>& info) {
  return std::get<0>(info.param) + "_on_" + std::get<1>(info.param);
}

INSTANTIATE_TEST_SUITE_P(Ops, OpLayout,
                         testing::Combine(testing::ValuesIn(op_names()), testing::ValuesIn(device_names())),
                         place_name);

}  // namespace
}  // namespace weir
