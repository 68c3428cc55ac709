/// What the program sets up around itself before it computes.
#pragma once

#include "apps/command.h"

namespace weir {

/// A closed pipe and a file-size limit become errors of write(2), which are reported; as signals they would
/// end the program in the middle of a result.
void ignore_signals_about_writing();

/// Threads as --threads says.
void apply(const SharedValues& shared);

}  // namespace weir
