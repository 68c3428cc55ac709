/// Every op's gradient on the reference device in f64: against central differences, as the adjoint of the op
/// where it is linear, and several cotangents at once.
#include <algorithm>
#include <gtest/gtest.h>

#include "tests/support/op_pass.h"

namespace weir {
namespace {

class OpGradient : public testing::TestWithParam<std::string> {
 protected:
  const OpRow& row() const { return op_row(GetParam()); }
};

std::vector<Tensor> in_f64(const OpCase& op, const std::vector<Values>& values) {
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool batch = i < op.batches.size();
    const Shape& shape = batch ? op.batches[i] : op.parameters[i - op.batches.size()];
    tensors.push_back(tensor_of(values[i], shape, Device::reference(), DType::f64));
  }
  return tensors;
}

TEST_P(OpGradient, AgreesWithCentralDifferences) {
  Index checked = 0;
  for (const bool fuse : {true, false})
    for (const OpCase& op : row().cases) {
      SCOPED_TRACE(op.name);
      const std::vector<Tensor> inputs = in_f64(op, random_inputs(row(), op, {.seed = 1}));
      const bool is_empty =
          std::ranges::all_of(inputs, [](const Tensor& input) { return input.shape().volume() == 0; });
      const GradcheckReport report =
          gradcheck(op.apply, inputs,
                    {.coordinates = 24,
                     .kinks = row().kinks,
                     .decisions = signs_of_relus,
                     .batches = static_cast<Index>(op.batches.size()),
                     .tape = {.mode = row().mode, .record = Record::for_input, .fuse = fuse}});
      // Of an empty batch there is nothing to check but that its gradients are computed.
      EXPECT_EQ(report.passed, !is_empty) << report.worst_error << " at " << report.where << "; "
                                          << report.checked << " checked, " << report.skipped << " skipped";
      checked += report.checked;
    }
  EXPECT_GT(checked, 100);
}

/// f(x) - f(0) along one input, with the cotangent u: <u, Jv> and <J^T u, v>, and the size of their terms.
struct Adjoint {
  double forward = 0, backward = 0, size = 0;
};

Adjoint adjoint_of(const OpRow& row, const OpCase& op, std::vector<Values> inputs, std::size_t along) {
  const PassOptions options{.device = Device::reference(), .dtype = DType::f64};
  const OpPass there(row, op, inputs, options);
  const Values v = inputs[along];
  const Values u = deviates(there.value().shape().volume(), {.seed = 9});
  const Values transposed = there.gradients(u)[along].to_host_double();
  inputs[along].assign(v.size(), 0.0);
  const OpPass zero(row, op, inputs, options);
  const Values y = there.value().to_host_double(), offset = zero.value().to_host_double();
  Adjoint result;
  for (std::size_t i = 0; i < y.size(); ++i) {
    result.forward += u[i] * (y[i] - offset[i]);
    result.size += std::abs(u[i] * y[i]) + std::abs(u[i] * offset[i]);
  }
  for (std::size_t i = 0; i < v.size(); ++i) result.backward += transposed[i] * v[i];
  return result;
}

class LinearOpGradient : public OpGradient {};

TEST_P(LinearOpGradient, IsTheAdjointOfTheOp) {
  for (const OpCase& op : row().cases) {
    SCOPED_TRACE(op.name);
    const std::vector<Values> inputs = random_inputs(row(), op, {.seed = 2});
    for (std::size_t along = 0; along < inputs.size(); ++along) {
      const Adjoint found = adjoint_of(row(), op, inputs, along);
      EXPECT_LE(std::abs(found.forward - found.backward), 1e-12 * found.size) << "input " << along;
    }
  }
}

std::vector<std::string> linear_op_names() {
  std::vector<std::string> names;
  for (const OpRow& row : op_rows())
    if (row.nature == Nature::multilinear && !row.name.ends_with("relu")) names.push_back(row.name);
  return names;
}

std::string row_test_name(const testing::TestParamInfo<std::string>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Ops, OpGradient, testing::ValuesIn(op_names()), row_test_name);
INSTANTIATE_TEST_SUITE_P(Ops, LinearOpGradient, testing::ValuesIn(linear_op_names()), row_test_name);

}  // namespace
}  // namespace weir
