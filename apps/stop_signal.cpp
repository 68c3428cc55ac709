#include "apps/stop_signal.h"

#include <atomic>
#include <csignal>

namespace weir {
namespace {

// A signal handler reaches nothing but globals.
std::atomic<int> noted{0};
static_assert(std::atomic<int>::is_always_lock_free);

void note(int signal) {
  noted = signal;
  std::signal(signal, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() {
  noted = 0;
  std::signal(SIGINT, note);
  std::signal(SIGTERM, note);
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

int StopSignal::received() const { return noted; }

ExitStatus StopSignal::status() const {
  return noted == SIGTERM  ? ExitStatus::terminated
         : noted == SIGINT ? ExitStatus::interrupted
                           : ExitStatus::done;
}

}  // namespace weir
