#include "bench/support/training_step.h"

#include "autograd/functions.h"
#include "layers/init.h"
#include "models/registry.h"
#include "optim/sgd.h"

namespace weir {

TrainingStep::TrainingStep(const Architecture& architecture, Index batch, Device& device, DType feature_maps,
                           Numerics numerics)
    : network_(build(architecture, device, DType::f32)),
      evaluator_(*network_, device),
      images_(uniform({batch, 3, 32, 32}, {-1, 1}, Rng{1}, device)),
      labels_(some_labels(batch, device)),
      optimiser_(parameters_of(*network_), {.momentum = 0.9}),
      maps_(feature_maps),
      numerics_(numerics) {
  initialise_lsuv(*network_, uniform({64, 3, 32, 32}, {-1, 1}, Rng{2}, device), {}, Rng{3});
}

double TrainingStep::run(double rate) {
  const Index rows = images_.rows();
  std::vector<Gradients> gradients(static_cast<std::size_t>((rows + piece_rows - 1) / piece_rows));
  std::vector<double> losses(gradients.size());
  evaluator_.visit(
      images_, {.mode = Mode::train, .record = Record::for_all, .numerics = numerics_, .feature_maps = maps_},
      [&](Piece& piece) {
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

bool TrainingStep::learns() {
  constexpr double rate = 1e-4;
  const double before = run(rate);
  for (int i = 0; i < 5; ++i) run(rate);
  return run(rate) < before;
}

std::vector<Parameter*> TrainingStep::parameters_of(Sequential& network) {
  std::vector<Parameter*> result;
  network.for_each_parameter([&](Parameter& parameter) { result.push_back(&parameter); });
  return result;
}

Labels some_labels(Index count, Device& device) {
  std::vector<std::int32_t> classes(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = static_cast<std::int32_t>(i % 10);
  return Labels::from_host(std::span<const std::int32_t>(classes), device);
}

}  // namespace weir
