/// Registers the ops of apps/benchmark/op_works.h with Google Benchmark, on every device of this build.
#pragma once

#include <string_view>

namespace weir {

/// Those whose name contains `text`. An op that answers wrongly is not timed but reported as an error.
void register_ops(std::string_view text);

}  // namespace weir
