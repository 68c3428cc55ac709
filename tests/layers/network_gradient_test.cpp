/// Whole networks of the study in double precision: the gradient of the input and of every tensor against
/// central differences along random directions. Single coordinates would not do: a step large enough to be
/// seen flips ReLUs somewhere, so directions that flip one are left out and counted.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "autograd/functions.h"
#include "layers/init.h"
#include "models/registry.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/pool2d.h"
#include "tests/layers/networks.h"

namespace weir {
namespace {

constexpr double step = 3e-7;

/// Signs of all ReLUs and winners of all pools on the way to an output.
Values decisions_of(const Tape& tape) {
  Values decided;
  for (const Entry& entry : tape.entries()) {
    const auto input = [&] { return tape.entries()[static_cast<std::size_t>(entry.inputs[0])].value; };
    const auto winners = [&](const auto& gradient) {
      Values ramp(static_cast<std::size_t>(entry.value.shape().volume()));
      for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<double>(i + 1);
      const Values won =
          gradient(tensor_of(ramp, entry.value.shape(), entry.value.device(), DType::f64)).to_host_double();
      decided.insert(decided.end(), won.begin(), won.end());
    };
    if (entry.op.ends_with("relu"))
      for (const double value : entry.value.to_host_double()) decided.push_back(value > 0);
    if (entry.op == "max_pool")
      winners([&](const Tensor& dy) { return max_pool_gradient(dy, input(), entry.value, {}); });
    if (entry.op == "global_max_pool")
      winners([&](const Tensor& dy) { return global_max_pool_gradient(dy, input()); });
  }
  return decided;
}

struct Side {
  Values logits, decided;
};

Side evaluated(const Module& network, const Tensor& images) {
  Tape tape(Mode::evaluate, Record::values);
  const Var y = network(tape.input(images, "images"));
  return {y.value().to_host_double(), decisions_of(tape)};
}

struct Tally {
  int checked = 0, skipped = 0;
  double worst = 0;
};

double dot(const Values& a, const Values& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

class NetworkGradient : public testing::Test {
 protected:
  void prepare(const Architecture& architecture, const Shape& images) {
    network_ = build(architecture, device_, DType::f64);
    images_ = random_images(images, 41, device_, DType::f64);
    const Rng rng{.seed = 43};
    if (has_norm(architecture))
      initialise_he(*network_, rng);
    else
      initialise_lsuv(*network_, random_images(images.with_rows(8), 42, device_, DType::f64), {}, rng);
  }

  /// d of <cotangent, logits> along `direction` in the tensor that `slot` names, by both ways.
  void check_direction(Tensor& slot, const Values& gradient, const Rng& rng, const std::string& name) {
    const Values direction = deviates(static_cast<Index>(gradient.size()), rng);
    const Tensor original = slot;
    const double scale = step * size_of_step(original);
    const Tensor along = tensor_of(direction, original.shape(), device_, DType::f64);
    slot = add_scaled(original, scale, along);
    const Side above = evaluated(*network_, images_);
    slot = add_scaled(original, -scale, along);
    const Side below = evaluated(*network_, images_);
    slot = original;
    if (above.decided != below.decided) {
      ++tally_.skipped;
      return;
    }
    ++tally_.checked;
    Values difference(above.logits);
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= below.logits[i];
    const double numerical = dot(cotangent_, difference) / (2 * scale), analytic = dot(gradient, direction);
    // Along unit normal directions a derivative has the standard deviation |g|. One in thirteen is smaller
    // than a tenth of it by chance, and its rounding is not smaller for that.
    const double floor = 0.1 * std::sqrt(dot(gradient, gradient));
    const double error =
        std::abs(analytic - numerical) / std::max({std::abs(analytic), std::abs(numerical), floor});
    EXPECT_LT(error, 1e-6) << name << ": analytic " << analytic << ", numerical " << numerical;
    tally_.worst = std::max(tally_.worst, error);
  }

  /// Weights move by parts of their own size, since thousands of them move one unit; biases and pixels by
  /// parts of 1.
  static double size_of_step(const Tensor& tensor) {
    const Values values = tensor.to_host_double();
    const bool is_weight = tensor.shape().rank() > 1;
    return is_weight ? std::sqrt(dot(values, values) / static_cast<double>(values.size())) : 1;
  }

  /// `directions` of them in the images and in each tensor.
  void check_everything(std::uint64_t seed, int directions) {
    Tape tape;
    const Var x = tape.input(images_, "images");
    const Var y = (*network_)(x);
    const Tensor dy = normal(y.shape(), 0, 1, {.seed = seed}, device_, DType::f64);
    cotangent_ = dy.to_host_double();
    const Gradients gradients = tape.backward(y, dy);
    const Rng rng{.seed = seed + 1};
    std::uint64_t stream = 0;
    for (int k = 0; k < directions; ++k)
      check_direction(images_, gradients[x].to_host_double(), rng.split(++stream), "images");
    network_->for_each_parameter(Module::Visitor([&](Parameter& p) {
      const Values gradient = gradients[p].to_host_double();
      for (int k = 0; k < directions; ++k) check_direction(p.value, gradient, rng.split(++stream), p.name);
    }));
  }

  void expect_tally(int all, const char* of_what) const {
    EXPECT_EQ(tally_.checked + tally_.skipped, all) << of_what;
    EXPECT_LE(tally_.skipped, all / 5);
    fmt::print("  {} directions checked, {} skipped, worst error {:.1e}\n", tally_.checked, tally_.skipped,
               tally_.worst);
  }

  void descend(int steps) {
    const std::vector<std::int32_t> labels{3, 8};
    for (int k = 0; k < steps; ++k) {
      Tape tape;
      const Var loss = cross_entropy((*network_)(tape.constant(images_)), Labels::from_host(labels, device_));
      const Gradients gradients = tape.backward(loss);
      network_->for_each_parameter(
          Module::Visitor([&](Parameter& p) { p.value = add_scaled(p.value, -0.02, gradients[p]); }));
    }
  }

  Device& device_ = Device::fastest();
  std::unique_ptr<Sequential> network_;
  Tensor images_;
  Values cotangent_;
  Tally tally_;
};

TEST_F(NetworkGradient, OfGoodInitAgreesWithCentralDifferencesInEveryTensor) {
  prepare(good_init(), {2, 3, 16, 16});
  check_everything(51, 3);
  const Tally at_start = tally_;
  descend(10);
  check_everything(52, 3);
  expect_tally(2 * 3 * (1 + 34), "the images and 34 tensors, three directions each, twice");
  fmt::print("  {} of those skipped at initialisation\n", at_start.skipped);
}

TEST_F(NetworkGradient, OfDeepConvAgreesWithCentralDifferencesInEveryTensor) {
  prepare(deep_conv(), {2, 3, 32, 32});
  check_everything(53, 2);
  descend(10);
  check_everything(54, 2);
  expect_tally(2 * 2 * (1 + 18), "the images and 18 tensors, two directions each, twice");
}

/// Batch norm stands behind the activations, and its running statistics are those of no batch.
TEST_F(NetworkGradient, OfVggLikeAgreesWithCentralDifferencesInEveryTensor) {
  prepare(vgg_like(), {1, 3, 32, 32});
  std::uint64_t stream = 0;
  const auto disturb = [&](Parameter& p) {
    if (p.name.starts_with("bn"))
      p.value = uniform(p.value.shape(), {0.5, 1.5}, {.seed = 44, .stream = ++stream}, device_, DType::f64);
  };
  network_->for_each_parameter(Module::Visitor(disturb));
  network_->for_each_buffer(Module::Visitor(disturb));
  check_everything(55, 1);
  expect_tally(1 + 2 * (13 + 14 + 2),
               "the image, and weight and bias of 13 convolutions, 14 norms, 2 layers");
}

}  // namespace
}  // namespace weir
