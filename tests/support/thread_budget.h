/// The thread budget is the program's; a test that changes it puts it back.
#pragma once

#include "tensor/workers.h"

namespace weir {

/// Sets the thread budget while it lives.
class ThreadBudget {
 public:
  explicit ThreadBudget(int threads) : before_(thread_budget()) { set_thread_budget(threads); }
  ~ThreadBudget() { set_thread_budget(before_); }
  ThreadBudget(const ThreadBudget&) = delete;
  ThreadBudget& operator=(const ThreadBudget&) = delete;

 private:
  int before_;
};

}  // namespace weir
