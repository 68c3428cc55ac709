// A training step of each network at batch 128, on every device.
#include "apps/benchmark/training_step.h"

#include <benchmark/benchmark.h>
#include <string>

#include "models/registry.h"

namespace weir {
namespace {

constexpr Index batch = 128;

void run(benchmark::State& state, std::string_view model, Device& device) {
  TrainingStep step(BenchNetwork(architecture_named(model)), device,
                    {.batch = batch, .numerics = Numerics::fast});
  if (!step.learns()) {
    state.SkipWithError("the loss did not fall");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(step.run(1e-4));
  state.counters["images"] = benchmark::Counter(batch, benchmark::Counter::kIsIterationInvariantRate);
}

void register_steps() {
  for (const std::string_view model : model_names())
    for (const std::string_view device : Device::available()) {
      if (device == "emulated" || device == "reference") continue;  // minutes a step
      benchmark::RegisterBenchmark(
          fmt::format("training step/{}/{}", model, device).c_str(),
          [model, device](benchmark::State& state) { run(state, model, Device::named(device)); })
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
}

}  // namespace
}  // namespace weir

int main(int count, char** words) {
  weir::register_steps();
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
