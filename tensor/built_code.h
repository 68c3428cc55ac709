/// For which GPUs a build has code.
#pragma once

#include <string_view>

namespace weir {

/// Whether a build for `architectures`, CMake's words as "75-real,90,100a-virtual", runs on compute
/// capability `major`.`minor`. Machine code (`-real`, or no suffix) runs on its own major number from its own
/// minor one on; what the driver compiles (`-virtual`, or no suffix) on everything later; either of a number
/// with a letter on that very one. Words that are no numbers ("all", "native") are taken to fit.
bool has_code_for(std::string_view architectures, int major, int minor);

}  // namespace weir
