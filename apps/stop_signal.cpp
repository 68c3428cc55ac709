#include "apps/stop_signal.h"

#include <atomic>

namespace weir {
namespace {

// A signal handler reaches nothing but globals.
std::atomic<int> noted{0};
static_assert(std::atomic<int>::is_always_lock_free);

constexpr std::array signals = {SIGINT, SIGTERM};

void note(int signal) { noted = signal; }

}  // namespace

StopSignal::StopSignal() {
  noted = 0;
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);  // the next one is not ours
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(signals[i], &action, nullptr);
  }
}

StopSignal::~StopSignal() {
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
}

int StopSignal::received() const { return noted; }

ExitStatus StopSignal::status() const {
  return noted == SIGTERM  ? ExitStatus::terminated
         : noted == SIGINT ? ExitStatus::interrupted
                           : ExitStatus::done;
}

}  // namespace weir
