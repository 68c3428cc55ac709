/// SIGINT and SIGTERM while something long runs that can save itself first.
#pragma once

#include "apps/command.h"

namespace weir {

/// While it lives, the first signal is only noted; the second ends the program at once.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// 0, SIGINT or SIGTERM. From any thread.
  int received() const;
  /// What the program answers after saving.
  ExitStatus status() const;
};

}  // namespace weir
