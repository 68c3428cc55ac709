/// Layouts: all give the same bits, pad channels stay zero, and fusing a ReLU changes nothing.
#include <algorithm>
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

/// Channels last come in whole blocks.
bool has_channels_last(const OpCase& op) {
  const auto whole = [](const Shape& s) { return s.rank() == 4 && s[1] % block_width == 0; };
  return std::all_of(op.batches.begin(), op.batches.end(), whole);
}

TEST(ChannelsLast, AreAmongTheCasesOfEveryOpBetweenConvolutions) {
  for (const std::string name :
       {"relu", "gelu", "max_pool", "global_max_pool", "avg_pool", "global_avg_pool", "dropout_train",
        "batch_norm_train_relu", "batch_norm_evaluate", "add", "multiply", "concatenate_channels"}) {
    const auto& cases = op_row(name).cases;
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), has_channels_last)) << name;
  }
}

std::vector<Values> rounded_to_bfloat16(std::vector<Values> inputs, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    for (double& value : inputs[i]) value = static_cast<double>(static_cast<float>(bfloat16(value)));
  return inputs;
}

TEST_P(OpLayout, ChannelsLastGivesTheBitsOfPlain) {
  if (row().author != Author::kernels) return;
  for (const OpCase& op : row().cases) {
    if (!has_channels_last(op)) continue;
    SCOPED_TRACE(op.name);
    const auto inputs = random_inputs(row(), op, {.seed = 27});
    const OpPass plain(row(), op, inputs, {.device = device()});
    const OpPass last(row(), op, inputs, {.device = device(), .layout = Layout::channels_last});
    const Values dy = deviates(plain.value().shape().volume(), {.seed = 28});
    EXPECT_TRUE(same_bits(last.value(), plain.value()));
    expect_same(last.gradients(dy), plain.gradients(dy));
  }
}

/// The gradients of sigmoid and tanh are products of the value, which bfloat16 stored with 8 bits.
Values tolerance_of_stored_values(const Values& dy) {
  Values tolerance = absolute(dy);
  for (double& t : tolerance) t *= 2.0 / 128;
  return tolerance;
}

/// Storage only: what a kernel computes from bfloat16 maps is what it computes from the same values in
/// float32, rounded once.
TEST_P(OpLayout, BFloat16MapsAreRoundedOnce) {
  if (row().author != Author::kernels) return;
  for (const OpCase& op : row().cases) {
    if (!has_channels_last(op)) continue;
    SCOPED_TRACE(op.name);
    const auto inputs = rounded_to_bfloat16(random_inputs(row(), op, {.seed = 29}), op.batches.size());
    const OpPass wide(row(), op, inputs, {.device = device(), .layout = Layout::channels_last});
    const OpPass narrow(row(), op, inputs,
                        {.device = device(), .dtype = DType::bf16, .layout = Layout::channels_last});
    EXPECT_TRUE(same_bits(narrow.value().as(DType::bf16), wide.value().as(DType::bf16)));
    const Values dy = rounded_to_bfloat16({deviates(wide.value().shape().volume(), {.seed = 30})}, 1).front();
    const std::vector<Tensor> found = narrow.gradients(dy), expected = wide.gradients(dy);
    for (std::size_t i = 0; i < found.size(); ++i) {
      SCOPED_TRACE(fmt::format("gradient of input {}", i));
      if (row().gradient == Accuracy::exponential)
        EXPECT_TRUE(
            within(found[i].to_host_double(), expected[i].to_host_double(), tolerance_of_stored_values(dy)));
      else
        EXPECT_TRUE(same_bits(found[i], i < op.batches.size() ? expected[i].as(DType::bf16) : expected[i]));
    }
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
