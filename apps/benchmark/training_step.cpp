#include "apps/benchmark/training_step.h"

#include "autograd/functions.h"

namespace weir {

TrainingStep::TrainingStep(const BenchNetwork& network, Device& device, const TrainingStepOptions& options)
    : network_(network.on(device, options.dtype)),
      evaluator_(*network_, device),
      images_(noise_images(options.batch, device, options.dtype)),
      labels_(some_labels(options.batch, device)),
      optimiser_(parameters_of(*network_), {.momentum = 0.9}),
      maps_(options.feature_maps),
      numerics_(options.numerics) {}

TrainingStep::Pass TrainingStep::pass() {
  const Index rows = images_.rows();
  std::vector<Gradients> gradients(static_cast<std::size_t>(pieces_on(evaluator_.device(), rows)));
  std::vector<double> losses(gradients.size());
  evaluator_.visit(
      images_, {.mode = Mode::train, .record = Record::for_all, .numerics = numerics_, .feature_maps = maps_},
      [&](Piece& piece) {
        const auto number = static_cast<std::size_t>(piece.number);
        const Var loss = cross_entropy(piece.output, labels_.slice(piece.rows.first, piece.rows.count));
        const Tensor mean = Tensor::filled(loss.shape(), 1.0 / static_cast<double>(rows), loss.device(),
                                           loss.value().dtype());
        gradients[number] = piece.tape.backward(loss, mean);
        for (const double value : loss.value().to_host_double()) losses[number] += value;
      });
  for (std::size_t p = 1; p < gradients.size(); ++p) gradients[0].add_parameters_of(gradients[p]);
  double sum = 0;
  for (const double loss : losses) sum += loss;
  return {sum / static_cast<double>(rows), std::move(gradients[0])};
}

double TrainingStep::run(double rate) {
  const Pass found = pass();
  optimiser_.step(found.gradients, {.rate = rate, .gradient_factor = 1});
  return found.loss;
}

bool TrainingStep::learns() {
  constexpr double rate = 1e-4;
  const double before = run(rate);
  for (int i = 0; i < 5; ++i) run(rate);
  return run(rate) < before;
}

std::vector<double> TrainingStep::gradients() {
  const Pass found = pass();
  std::vector<double> values;
  for (const Parameter* parameter : parameters_of(*network_)) {
    const std::vector<double> own = found.gradients[*parameter].to_host_double();
    values.insert(values.end(), own.begin(), own.end());
  }
  return values;
}

std::vector<Parameter*> TrainingStep::parameters_of(Sequential& network) {
  std::vector<Parameter*> result;
  network.for_each_parameter([&](Parameter& parameter) { result.push_back(&parameter); });
  return result;
}

}  // namespace weir
