/// Batch norm against its formula, written out: statistics, gradients, running values, and a batch cut into
/// pieces.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "autograd/functions.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

constexpr Shape maps{7, 3, 4, 5};
constexpr double epsilon = 1e-3;

struct Problem {
  Values x = floats(maps.volume(), {-1, 3}, {.seed = 1});
  Values dy = deviates(maps.volume(), {.seed = 2});
  Values weight{0.5, -1.25, 2}, bias{0.25, 1, -0.5};
};

/// What PyTorch documents for BatchNorm2d: biased variance to normalise, unbiased for the running value.
struct Formula {
  Values mean = Values(3, 0.0), biased = Values(3, 0.0), unbiased = Values(3, 0.0);
  Values y, dx, dweight = Values(3, 0.0), dbias = Values(3, 0.0);

  explicit Formula(const Problem& p) : y(p.x.size()), dx(p.x.size()) {
    const double count = 7 * 4 * 5;
    const auto channel = [](std::size_t i) { return i / 20 % 3; };
    for (std::size_t i = 0; i < p.x.size(); ++i) mean[channel(i)] += p.x[i] / count;
    for (std::size_t i = 0; i < p.x.size(); ++i)
      biased[channel(i)] += std::pow(p.x[i] - mean[channel(i)], 2) / count;
    for (std::size_t c = 0; c < 3; ++c) unbiased[c] = biased[c] * count / (count - 1);
    const auto xhat = [&](std::size_t i) {
      return (p.x[i] - mean[channel(i)]) / std::sqrt(biased[channel(i)] + epsilon);
    };
    for (std::size_t i = 0; i < p.x.size(); ++i) {
      const std::size_t c = channel(i);
      y[i] = xhat(i) * p.weight[c] + p.bias[c];
      dbias[c] += p.dy[i];
      dweight[c] += p.dy[i] * xhat(i);
    }
    for (std::size_t i = 0; i < p.x.size(); ++i) {
      const std::size_t c = channel(i);
      dx[i] = p.weight[c] / std::sqrt(biased[c] + epsilon) *
              (p.dy[i] - dbias[c] / count - xhat(i) * dweight[c] / count);
    }
  }
};

/// A network of one batch norm, on one device.
struct Layer {
  Parameter weight, bias, running_mean, running_variance;

  Layer(const Problem& p, Device& device, DType dtype)
      : weight{"weight", tensor_of(p.weight, {3}, device, dtype)},
        bias{"bias", tensor_of(p.bias, {3}, device, dtype)},
        running_mean{"mean", tensor_of({1, 2, 3}, {3}, device, dtype)},
        running_variance{"variance", tensor_of({4, 1, 0.25}, {3}, device, dtype)} {}

  Var operator()(const Var& x) const {
    return batch_norm(
        x, x.tape().parameter(weight), x.tape().parameter(bias),
        {.running_mean = running_mean, .running_variance = running_variance, .epsilon = epsilon});
  }
};

/// Within a share of the largest expected value.
testing::AssertionResult nearly(const Values& found, const Values& expected, double share) {
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  return within(found, expected, Values(expected.size(), share * largest));
}

class BatchNorm : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
  Problem problem_;
  Formula expected_{problem_};
};

INSTANTIATE_TEST_SUITE_P(Devices, BatchNorm, testing::ValuesIn(device_names()), device_test_name);

TEST_P(BatchNorm, InTrainingFollowsTheFormula) {
  for (const DType dtype : {DType::f64, DType::f32})
    for (const Layout layout : {Layout::plain, Layout::blocks_of_16}) {
      const Layer layer(problem_, device(), dtype);
      Tape tape(Mode::train);
      const Var x = tape.input(tensor_of(problem_.x, maps, device(), dtype).in(layout), "x");
      const Var y = layer(x);
      const Gradients gradients = tape.backward(y, tensor_of(problem_.dy, maps, device(), dtype).in(layout));
      const double share = dtype == DType::f64 ? 1e-13 : 2e-6;
      EXPECT_TRUE(nearly(y.value().to_host_double(), expected_.y, share));
      EXPECT_TRUE(nearly(gradients[x].to_host_double(), expected_.dx, 5 * share));
      EXPECT_TRUE(nearly(gradients[layer.weight].to_host_double(), expected_.dweight, share));
      EXPECT_TRUE(nearly(gradients[layer.bias].to_host_double(), expected_.dbias, share));
    }
}

TEST_P(BatchNorm, ReportsTheMeanAndTheUnbiasedVariance) {
  const Layer layer(problem_, device(), DType::f64);
  Tape tape(Mode::train);
  layer(tape.input(tensor_of(problem_.x, maps, device(), DType::f64), "x"));
  ASSERT_EQ(tape.statistics().size(), 2u);
  EXPECT_EQ(tape.statistics()[0].buffer, &layer.running_mean);
  EXPECT_EQ(tape.statistics()[1].buffer, &layer.running_variance);
  EXPECT_TRUE(nearly(tape.statistics()[0].value.to_host_double(), expected_.mean, 1e-13));
  EXPECT_TRUE(nearly(tape.statistics()[1].value.to_host_double(), expected_.unbiased, 1e-13));
}

TEST_P(BatchNorm, InEvaluationUsesTheRunningValuesAndReportsNothing) {
  const Layer layer(problem_, device(), DType::f64);
  Tape tape(Mode::evaluate);
  const Var x = tape.input(tensor_of(problem_.x, maps, device(), DType::f64), "x");
  const Var y = layer(x);
  EXPECT_TRUE(tape.statistics().empty());
  Values expected(problem_.x.size()), dx(problem_.x.size());
  constexpr double mean[] = {1, 2, 3}, variance[] = {4, 1, 0.25};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t c = i / 20 % 3;
    const double gain = problem_.weight[c] / std::sqrt(variance[c] + epsilon);
    expected[i] = (problem_.x[i] - mean[c]) * gain + problem_.bias[c];
    dx[i] = problem_.dy[i] * gain;
  }
  EXPECT_TRUE(nearly(y.value().to_host_double(), expected, 1e-13));
  EXPECT_TRUE(nearly(tape.backward(y, tensor_of(problem_.dy, maps, device(), DType::f64))[x].to_host_double(),
                     dx, 1e-13));
}

/// Everything that a cohort of pieces gives, joined: y, dx, and parameter gradients added in piece order.
struct Joined {
  Values y, dx, dweight, dbias;
};

Joined in_pieces(const Layer& layer, const Problem& p, Device& device, const std::vector<Index>& cuts) {
  const Tensor x = tensor_of(p.x, maps, device, DType::f64), dy = tensor_of(p.dy, maps, device, DType::f64);
  std::vector<Tensor> y(cuts.size()), dx(cuts.size());
  std::vector<Gradients> gradients(cuts.size());
  Cohort cohort(static_cast<Index>(cuts.size()));
  cohort.run([&](Index piece) {
    const auto number = static_cast<std::size_t>(piece);
    Index first = 0;
    for (std::size_t k = 0; k < number; ++k) first += cuts[k];
    Tape tape({.mode = Mode::train, .place = {.first_row = first, .piece = piece, .cohort = &cohort}});
    const Var in = tape.input(x.batch_slice(first, cuts[number]), "x");
    const Var out = layer(in);
    gradients[number] = tape.backward(out, dy.batch_slice(first, cuts[number]));
    y[number] = out.value();
    dx[number] = gradients[number][in];
  });
  Gradients sum;
  for (const Gradients& piece : gradients) sum.add_parameters_of(piece);
  return {concatenate(y).to_host_double(), concatenate(dx).to_host_double(),
          sum[layer.weight].to_host_double(), sum[layer.bias].to_host_double()};
}

TEST_P(BatchNorm, OverPiecesIsBatchNormOverTheBatch) {
  const Layer layer(problem_, device(), DType::f64);
  for (const std::vector<Index>& cuts : {std::vector<Index>{7}, {3, 4}, {1, 1, 5}, {2, 2, 2, 1}}) {
    const Joined found = in_pieces(layer, problem_, device(), cuts);
    EXPECT_TRUE(nearly(found.y, expected_.y, 1e-13));
    EXPECT_TRUE(nearly(found.dx, expected_.dx, 1e-12));
    EXPECT_TRUE(nearly(found.dweight, expected_.dweight, 1e-12));
    EXPECT_TRUE(nearly(found.dbias, expected_.dbias, 1e-12));
  }
}

TEST_P(BatchNorm, RefusesToTrainOnOneValue) {
  const Layer layer(problem_, device(), DType::f32);
  Tape tape(Mode::train);
  EXPECT_THROW(layer(tape.input(tensor_of({1, 2, 3}, {1, 3}, device()), "x")), Error);
}

TEST_P(BatchNorm, RefusesParametersOfOtherChannelsAndTypes) {
  const Tensor x = tensor_of(problem_.x, maps, device());
  const auto refused = [&](const Layer& layer) {
    Tape tape(Mode::evaluate);
    EXPECT_THROW(layer(tape.input(x, "x")), Error);
  };
  refused(Layer(problem_, device(), DType::f64));
  for (Parameter Layer::*part :
       {&Layer::weight, &Layer::bias, &Layer::running_mean, &Layer::running_variance}) {
    for (const Index channels : {2, 4}) {
      Layer layer(problem_, device(), DType::f32);
      (layer.*part).value = Tensor::filled({channels}, 1, device());
      refused(layer);
    }
  }
}

TEST_P(BatchNorm, RefusesSeveralCotangentsInTraining) {
  const Layer layer(problem_, device(), DType::f32);
  Tape tape({.mode = Mode::train, .record = Record::for_input});
  const Var y = layer(tape.input(tensor_of(problem_.x, maps, device()), "x"));
  const Tensor dy = tensor_of(problem_.dy, maps, device());
  EXPECT_THROW(tape.backward(y, concatenate(std::vector<Tensor>{dy, dy})), Error);
}

}  // namespace
}  // namespace weir
