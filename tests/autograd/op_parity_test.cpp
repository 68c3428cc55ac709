/// Every op on every device against the reference: whole numbers exactly, floats within derived tolerances,
/// the same bits on every run, and rows that do not know their batch.
#include <cmath>
#include <gtest/gtest.h>

#include "tests/support/devices.h"
#include "tests/support/op_pass.h"

namespace weir {
namespace {

using Place = std::tuple<std::string, std::string>;  // op row, device

class OpParity : public testing::TestWithParam<Place>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(std::get<1>(GetParam())); }
  const OpRow& row() const { return op_row(std::get<0>(GetParam())); }
  OpPass on(Device& where, const OpCase& op, const std::vector<Values>& inputs,
            DType dtype = DType::f32) const {
    return OpPass(row(), op, inputs, {.device = where, .dtype = dtype});
  }
};

Values cotangent_for(const Tensor& y, const Rng& rng) { return deviates(y.shape().volume(), rng); }

/// Inputs of an op on which whole numbers stay whole.
bool is_exact_on_whole_numbers(const OpRow& row) {
  return (row.nature == Nature::multilinear && row.mode == Mode::evaluate && row.whole) ||
         row.nature == Nature::selecting;
}

TEST_P(OpParity, WholeNumbersGiveEqualBits) {
  if (!is_exact_on_whole_numbers(row())) return;  // roots, exponentials and quotients are not whole
  for (const OpCase& op : row().cases) {
    SCOPED_TRACE(op.name);
    const auto inputs = whole_inputs(op, {.seed = 3});
    const OpPass expected = on(Device::reference(), op, inputs, DType::f64), found = on(device(), op, inputs);
    EXPECT_TRUE(same_bits(found.value(), expected.value()));
    const Values dy = whole_numbers(expected.value().shape().volume(), -4, 4, {.seed = 4});
    const auto expected_gradients = expected.gradients(dy), gradients = found.gradients(dy);
    for (std::size_t i = 0; i < gradients.size(); ++i)
      EXPECT_TRUE(same_bits(gradients[i], expected_gradients[i])) << "gradient of input " << i;
  }
}

/// Where the pre-activation is within rounding of 0, f32 and f64 may open the ReLU differently: nothing may
/// flow there.
void silence_undecided(const OpPass& unfused, Values& dy) {
  const Entry& last = unfused.tape().entries().back();
  if (last.op != "relu") return;
  const auto before = static_cast<std::size_t>(last.inputs[0]);
  const Values z = unfused.tape().entries()[before].value.to_host_double();
  for (std::size_t i = 0; i < z.size(); ++i)
    if (std::abs(z[i]) < 1e-4) dy[i] = 0;
}

/// The sums of |ab| behind every value: the same op over absolute values. A selecting op keeps its selection.
struct Magnitudes {
  Values value;
  std::vector<Values> gradients;
};

Magnitudes magnitudes_of(const OpRow& row, const OpCase& op, std::vector<Values> inputs, const Values& dy) {
  if (row.nature == Nature::multilinear)
    for (Values& input : inputs) input = absolute(input);
  const OpPass pass(row, op, inputs, {.device = Device::reference(), .dtype = DType::f64});
  Magnitudes found{pass.value().to_host_double(), {}};
  for (const Tensor& gradient : pass.gradients(absolute(dy)))
    found.gradients.push_back(gradient.to_host_double());
  return found;
}

enum class Role { value, gradient };

testing::AssertionResult agrees(Accuracy accuracy, Role role, const Values& found, const Values& expected,
                                const Values& magnitude) {
  switch (accuracy) {
    case Accuracy::exact:
      return same_bits(found, expected);
    case Accuracy::exponential:
      return within(found, expected, exponential_tolerance(expected));
    case Accuracy::normalised:
      return within(found, expected,
                    role == Role::value ? normalised_value_tolerance(expected)
                                        : normalised_gradient_tolerance(expected));
    case Accuracy::accumulated:
      break;
  }
  const auto each = within(found, expected, accumulation_tolerance(magnitude));
  constexpr std::size_t fewest = 32;  // of fewer values, one sum that happens to cancel would decide
  return each && found.size() >= fewest ? normalised_error_below(1e-12, found, expected) : each;
}

void check_floats(const OpRow& row, const OpCase& op, const Rng& rng, const PassOptions& options) {
  SCOPED_TRACE(op.name + (options.layout == Layout::plain ? "" : ", in blocks"));
  const auto inputs = random_inputs(row, op, rng);
  const PassOptions reference{.device = Device::reference(), .dtype = DType::f64, .fuse = false};
  const OpPass expected(row, op, inputs, reference), found(row, op, inputs, options);
  Values dy = cotangent_for(expected.value(), rng.split(7));
  silence_undecided(expected, dy);
  const Magnitudes magnitude = magnitudes_of(row, op, inputs, dy);
  EXPECT_TRUE(agrees(row.value, Role::value, found.value().to_host_double(),
                     expected.value().to_host_double(), magnitude.value));
  const auto expected_gradients = expected.gradients(dy), gradients = found.gradients(dy);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    EXPECT_TRUE(agrees(row.gradient, Role::gradient, gradients[i].to_host_double(),
                       expected_gradients[i].to_host_double(), magnitude.gradients[i]))
        << "gradient of input " << i;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    EXPECT_TRUE(same_bits(found.inputs()[i], inputs[i])) << "input " << i << " was changed";
}

TEST_P(OpParity, FloatsStayWithinTheDerivedTolerance) {
  for (const OpCase& op : row().cases)
    for (const Layout layout : {Layout::plain, Layout::blocks_of_16})
      check_floats(row(), op, {.seed = 5}, {.device = device(), .layout = layout});
}

TEST_P(OpParity, FuzzedShapesStayWithinTheDerivedTolerance) {
  const std::uint64_t seed = fuzz_seed();
  RecordProperty("fuzz_seed", std::to_string(seed));
  for (std::uint64_t draw = 0; draw < 40; ++draw) {
    SCOPED_TRACE(fmt::format("WEIR_FUZZ_SEED={}, draw {}", seed, draw));
    Dice dice(Rng{.seed = seed}.split(draw));
    const OpCase op = row().random_case(dice);
    const Layout layout = dice.between(0, 1) == 0 ? Layout::plain : Layout::blocks_of_16;
    check_floats(row(), op, {.seed = seed + draw}, {.device = device(), .layout = layout});
  }
}

/// ReLUs close and pools pass over most pixels, but an answer of nothing but zeros is wrong however small its
/// error.
TEST_P(OpParity, AnswersAreNotZeros) {
  Index seen = 0;
  for (const OpCase& op : row().cases) {
    if (op.batches[0].volume() < 64) continue;
    SCOPED_TRACE(op.name);
    const OpPass pass = on(device(), op, random_inputs(row(), op, {.seed = 6}));
    EXPECT_TRUE(enough_not_zero(pass.value().to_host_double(), 0.05));
    EXPECT_TRUE(
        enough_not_zero(pass.gradients(cotangent_for(pass.value(), {.seed = 7}))[0].to_host_double(), 0.02));
    ++seen;
  }
  EXPECT_GT(seen, 3);
}

TEST_P(OpParity, TwoRunsGiveEqualBits) {
  for (const OpCase& op : row().cases) {
    SCOPED_TRACE(op.name);
    const auto inputs = random_inputs(row(), op, {.seed = 8});
    const OpPass first = on(device(), op, inputs), second = on(device(), op, inputs);
    EXPECT_TRUE(same_bits(first.value(), second.value()));
    const Values dy = cotangent_for(first.value(), {.seed = 9});
    const auto once = first.gradients(dy), again = first.gradients(dy), fresh = second.gradients(dy);
    for (std::size_t i = 0; i < once.size(); ++i) {
      EXPECT_TRUE(same_bits(again[i], once[i])) << "the same tape, input " << i;
      EXPECT_TRUE(same_bits(fresh[i], once[i])) << "another tape, input " << i;
    }
  }
}

/// Our own kernels are one text for every device: not a bit may differ. Only exp, log and their kind are
/// another library's on a GPU; they have a tolerance above.
TEST_P(OpParity, OwnKernelsGiveTheBitsOfTheReference) {
  if (row().author != Author::kernels) return;
  if (device().executor() == Executor::cuda &&
      (row().value == Accuracy::exponential || row().gradient == Accuracy::exponential))
    return;
  for (const OpCase& op : row().cases) {
    SCOPED_TRACE(op.name);
    const auto inputs = random_inputs(row(), op, {.seed = 10});
    const OpPass expected = on(Device::reference(), op, inputs), found = on(device(), op, inputs);
    EXPECT_TRUE(same_bits(found.value(), expected.value()));
    const Values dy = cotangent_for(expected.value(), {.seed = 11});
    const auto expected_gradients = expected.gradients(dy), gradients = found.gradients(dy);
    for (std::size_t i = 0; i < gradients.size(); ++i)
      EXPECT_TRUE(same_bits(gradients[i], expected_gradients[i])) << "gradient of input " << i;
  }
}

/// The op over row `number` alone, and what it gave in its batch.
void check_row(const OpRow& row, const OpCase& op, Device& device, Index number) {
  SCOPED_TRACE(op.name);
  auto inputs = random_inputs(row, op, {.seed = 12});
  const OpPass together(row, op, inputs, {.device = device});
  const auto cut = [number](const Values& values, Index volume) {
    return Values(values.begin() + number * volume, values.begin() + (number + 1) * volume);
  };
  const Values dy = cotangent_for(together.value(), {.seed = 13});
  OpCase alone = op;
  for (std::size_t i = 0; i < op.batches.size(); ++i) {
    inputs[i] = cut(inputs[i], op.batches[i].row_volume());
    alone.batches[i] = op.batches[i].with_rows(1);
  }
  const OpPass single(row, alone, inputs, {.device = device});
  EXPECT_TRUE(same_bits(single.value(), together.value().batch_slice(number, 1)));
  const Values own_dy = cut(dy, together.value().shape().row_volume());
  const auto own = single.gradients(own_dy), all = together.gradients(dy);
  for (std::size_t i = 0; i < op.batches.size(); ++i)
    EXPECT_TRUE(same_bits(own[i], all[i].batch_slice(number, 1))) << "gradient of input " << i;
}

/// Decision 1 of docs/architecture.md: an image's value and input gradient are the same alone and in a batch.
TEST_P(OpParity, ARowDoesNotKnowItsBatch) {
  if (row().mode == Mode::train) return;  // statistics of the batch, and masks by place
  const bool labels_by_row = row().name.starts_with("cross_entropy") || row().name == "mean_squared_error";
  for (const OpCase& op : row().cases)
    if (op.batches[0][0] >= 2) check_row(row(), op, device(), labels_by_row ? 0 : op.batches[0][0] - 1);
}

std::string place_name(const testing::TestParamInfo<Place>& info) {
  return std::get<0>(info.param) + "_on_" + std::get<1>(info.param);
}

INSTANTIATE_TEST_SUITE_P(Ops, OpParity,
                         testing::Combine(testing::ValuesIn(op_names()), testing::ValuesIn(device_names())),
                         place_name);

}  // namespace
}  // namespace weir
