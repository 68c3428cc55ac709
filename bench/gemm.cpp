// Linear layers, whose three directions are plain matrix products, on every device.
#include <benchmark/benchmark.h>

#include "bench/support/ops.h"

int main(int count, char** words) {
  weir::register_ops("linear");
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
