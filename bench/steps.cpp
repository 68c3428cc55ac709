// bench_steps WORK BATCH [SECONDS] [exact|fast]: how many images a second the default device does of one kind
// of work on good-init, after checking the result once. WORK: forward, input-gradient, training, flow. Prints
// the median over samples, images a second; for flow, also the milliseconds of an image beyond its forward
// pass.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <string>

#include "bench/support/training_step.h"
#include "infoflow/tracer.h"
#include "layers/init.h"
#include "models/registry.h"
#include "tensor/ops/softmax.h"

using namespace weir;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <class Work>
double median_seconds(double budget, const Work& work) {
  work();  // primitives are made, pools are filled
  std::vector<double> samples;
  for (const auto start = Clock::now(); seconds_since(start) < budget || samples.size() < 5;) {
    const auto begin = Clock::now();
    work();
    samples.push_back(seconds_since(begin));
  }
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2),
                   samples.end());
  return samples[samples.size() / 2];
}

void require(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "bench_steps: wrong result: {}\n", what);
  std::exit(1);
}

}  // namespace

int main(int count, char** words) {
  const std::string work = count > 1 ? words[1] : "training";
  const Index batch = count > 2 ? std::atoll(words[2]) : 128;
  const double budget = count > 3 ? std::atof(words[3]) : 2;
  Device& device = Device::fastest();
  const auto network = build(good_init(), device, DType::f32);
  const Tensor images = uniform({batch, 3, 32, 32}, {-1, 1}, Rng{1}, device);
  initialise_lsuv(*network, uniform({64, 3, 32, 32}, {-1, 1}, Rng{2}, device), {}, Rng{3});
  const Numerics numerics = count > 4 && std::string(words[4]) == "exact" ? Numerics::exact : Numerics::fast;
  Evaluator evaluator(*network, device, numerics);
  const auto rate = [&](double seconds) { return static_cast<double>(batch) / seconds; };

  if (work == "training") {
    TrainingStep step(good_init(), batch, device, DType::f32, numerics);
    require(step.learns(), "the loss did not fall");
    fmt::print("{:.1f}\n", rate(median_seconds(budget, [&] { step.run(1e-4); })));
  } else if (work == "training-bf16" || work == "training-norm" || work == "training-norm-bf16") {
    const Architecture a = work.find("norm") == std::string::npos
                               ? good_init()
                               : with_norm(without_dropout(good_init()), Norm::before_activation);
    TrainingStep step(a, batch, device, work.ends_with("bf16") ? DType::bf16 : DType::f32, numerics);
    require(step.learns(), "the loss did not fall");
    fmt::print("{:.1f}\n", rate(median_seconds(budget, [&] { step.run(1e-4); })));
  } else if (work == "input-gradient") {
    const SeedRule seeds = [](const Tensor& logits, RowRange) { return softmax(logits); };
    require(evaluator.query(images, seeds).gradients.shape().volume() == batch * 3072,
            "gradients are missing");
    fmt::print("{:.1f}\n", rate(median_seconds(budget, [&] { evaluator.query(images, seeds); })));
  } else if (work == "forward") {
    for (const float value : evaluator.logits(images).to_host())
      require(std::isfinite(value), "a logit is not finite");
    fmt::print("{:.1f}\n", rate(median_seconds(budget, [&] { evaluator.logits(images); })));
  } else if (work == "flow") {
    const auto paths = information_paths(evaluator, images);
    require(static_cast<Index>(paths.size()) == batch && paths.front().iip.size() == 15, "paths are missing");
    const double forward = median_seconds(budget, [&] { evaluator.logits(images); });
    const double flow = median_seconds(budget, [&] { information_paths(evaluator, images); });
    fmt::print("{:.1f}  ({:.3f} ms an image beyond the forward pass)\n", rate(flow),
               (flow - forward) / static_cast<double>(batch) * 1e3);
  } else {
    fmt::print(stderr, "bench_steps: no work `{}`; there are forward, input-gradient, training, flow\n",
               work);
    return 2;
  }
}
