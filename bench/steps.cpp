// bench_steps WORK BATCH [SECONDS]: how many images a second the default device does of one kind of work on
// good-init, after checking the result once. WORK: forward, input-gradient, training, flow. Prints the median
// over samples, images a second; for flow, also the milliseconds of an image beyond its forward pass.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <string>

#include "autograd/functions.h"
#include "infoflow/tracer.h"
#include "layers/init.h"
#include "models/registry.h"
#include "optim/sgd.h"
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

/// What is timed must also be right: a step against the gradient has to lower the loss of the same batch.
class TrainingStep {
 public:
  TrainingStep(Sequential& network, Device& device, const Tensor& images, const Labels& labels)
      : network_(network),
        evaluator_(network, device),
        images_(images),
        labels_(labels),
        optimiser_(parameters_of(network), {.momentum = 0.9}) {}

  double run(double rate) {
    const Index rows = images_.rows();
    std::vector<Gradients> gradients(static_cast<std::size_t>((rows + piece_rows - 1) / piece_rows));
    std::vector<double> losses(gradients.size());
    evaluator_.visit(images_, {.mode = Mode::train, .record = Record::for_all}, [&](Piece& piece) {
      const auto number = static_cast<std::size_t>(piece.number);
      const Var loss = cross_entropy(piece.output, labels_.slice(piece.rows.first, piece.rows.count));
      const Tensor mean = Tensor::filled(loss.shape(), 1.0 / static_cast<double>(rows), loss.device());
      gradients[number] = piece.tape.backward(loss, mean);
      for (const float value : loss.value().to_host()) losses[number] += static_cast<double>(value);
    });
    for (std::size_t p = 1; p < gradients.size(); ++p) gradients[0].add_parameters_of(gradients[p]);
    optimiser_.step(gradients[0], {.rate = rate, .gradient_factor = 1});
    double sum = 0;
    for (const double loss : losses) sum += loss;
    return sum / static_cast<double>(rows);
  }

 private:
  static std::vector<Parameter*> parameters_of(Sequential& network) {
    std::vector<Parameter*> result;
    network.for_each_parameter([&](Parameter& parameter) { result.push_back(&parameter); });
    return result;
  }
  Sequential& network_;
  Evaluator evaluator_;
  Tensor images_;
  Labels labels_;
  Sgd optimiser_;
};

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
  std::vector<std::int32_t> classes(static_cast<std::size_t>(batch));
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = static_cast<std::int32_t>(i % 10);
  const Labels labels = Labels::from_host(std::span<const std::int32_t>(classes), device);
  Evaluator evaluator(*network, device);
  const auto rate = [&](double seconds) { return static_cast<double>(batch) / seconds; };

  if (work == "training") {
    TrainingStep step(*network, device, images, labels);
    const double before = step.run(1e-4);
    for (int i = 0; i < 5; ++i) step.run(1e-4);
    require(step.run(1e-4) < before, "the loss did not fall");
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
