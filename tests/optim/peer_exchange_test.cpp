// What our optimisers and schedules do, for tests/peers/optimisers_pytorch.py to compute again. Skipped
// unless the script asks.
#include <cstdlib>
#include <fstream>

#include "optim/adam.h"
#include "optim/schedules.h"
#include "optim/sgd.h"
#include "tests/optim/gradients_of.h"
#include "tests/support/data.h"

namespace weir {
namespace {

constexpr Index steps = 40;

/// A line for the start and each step: the four weights.
void follow(std::ostream& out, const std::string& name, Optimiser& optimiser, Parameter& weight) {
  for (Index step = 0; step <= steps; ++step) {
    out << fmt::format("{} {}\n", name, fmt::join(weight.value.to_host_double(), " "));
    // The gradient of a bowl that is a thousand times steeper in one direction than in another.
    Values slopes = weight.value.to_host_double();
    for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] *= std::pow(10.0, static_cast<double>(i) - 2);
    const std::vector<float> gradient(slopes.begin(), slopes.end());
    optimiser.step(gradients_of({{&weight, gradient}}), {.rate = 0.02});
  }
}

TEST(PeerExchange, WritesTheStepsOfEveryOptimiserAndSchedule) {
  const char* wanted = std::getenv("WEIR_PEER_FOLDER");
  if (wanted == nullptr) GTEST_SKIP() << "only when tests/peers/optimisers_pytorch.py asks";
  std::ofstream out(std::string(wanted) + "/steps.txt");
  const auto start = [] { return parameter_of("w", {1.5f, -0.5f, 0.75f, 2.0f}, {2, 2}); };
  for (const auto& [name, kind] :
       {std::pair{"heavy_ball", Momentum::heavy_ball}, std::pair{"nesterov", Momentum::nesterov}}) {
    Parameter weight = start();
    Sgd sgd({&weight}, {.momentum = 0.8, .kind = kind, .weight_decay = 0.1});
    follow(out, name, sgd, weight);
  }
  for (const auto& [name, kind] :
       {std::pair{"adam", WeightDecay::in_gradient}, std::pair{"adamw", WeightDecay::decoupled}}) {
    Parameter weight = start();
    Adam adam({&weight}, {.beta1 = 0.8, .beta2 = 0.999, .epsilon = 1e-6, .weight_decay = 0.1, .kind = kind});
    follow(out, name, adam, weight);
  }
  for (Index step = 0; step < steps; ++step)
    out << fmt::format(
        "rates {} {}\n",
        learning_rate(StepDescent{.peak = 0.5, .drops = {0.25, 0.6}, .factor = 0.2}, step, steps),
        learning_rate(CosineDescent{.peak = 0.5, .end_fraction = 0.1}, step, steps));
}

}  // namespace
}  // namespace weir
