// Convolutions in their three directions, in the shapes of the study's networks, on every device.
#include <benchmark/benchmark.h>

#include "bench/support/ops.h"

int main(int count, char** words) {
  weir::register_ops("conv");
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
