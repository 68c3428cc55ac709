#include "apps/environment.h"

#include <csignal>

#include "tensor/workers.h"

namespace weir {

void ignore_signals_about_writing() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void apply(const SharedValues& shared) {
  if (shared.threads > 0) set_thread_budget(static_cast<int>(shared.threads));
}

}  // namespace weir
