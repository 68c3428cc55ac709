#include "bench/support/ops.h"

#include <benchmark/benchmark.h>
#include <memory>
#include <string>

#include "apps/benchmark/op_works.h"
#include "tensor/workers.h"

namespace weir {
namespace {

void run(benchmark::State& state, const OpWork& work, const OpSetting& setting) {
  // On a worker, which is alone on its core: as an op runs inside a piece of a batch.
  run_pieces(1, [&](Index) {
    const auto compute = work.prepare(setting);
    const OpOracle oracle(work);
    const OpCheck check = oracle.check(compute());
    if (!(check.largest_error <= oracle.tolerance(setting.numerics))) {  // NaN is wrong, too
      state.SkipWithError(fmt::format("wrong by {:.1e}", check.largest_error).c_str());
      return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(compute());
  });
  using benchmark::Counter;
  state.counters["FLOP"] = Counter(work.operations, Counter::kIsIterationInvariantRate);
  state.counters["bytes"] = Counter(work.bytes, Counter::kIsIterationInvariantRate);
}

}  // namespace

void register_ops(std::string_view text) {
  for (const OpWork& work : op_works()) {
    if (work.op.find(text) == std::string::npos) continue;
    for (const std::string_view name : Device::available()) {
      if (name == "emulated") continue;  // not made for speed
      for (const Numerics numerics : {Numerics::exact, Numerics::fast}) {
        if (numerics == Numerics::fast && !work.has_numerics) continue;
        benchmark::RegisterBenchmark(
            fmt::format("{}/{}/{}/{}", work.op, work.shape, name, to_string(numerics)).c_str(),
            [=](benchmark::State& state) {
              run(state, work, {Device::named(name), DType::f32, numerics});
            })
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}

}  // namespace weir
