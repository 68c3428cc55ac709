/// SIGINT and SIGTERM while something long runs that can save itself first.
#pragma once

#include <array>
#include <csignal>

#include "apps/command.h"

namespace weir {

/// While it lives, the first signal is only noted; the second ends the program at once. A signal that the
/// program was started to ignore, as behind nohup or in the background of a script, stays ignored.
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

 private:
  std::array<struct sigaction, 2> before_ = {};  // of SIGINT and SIGTERM
};

}  // namespace weir
