/// Where the time of a computation goes: timers at the few spots through which all arithmetic passes.
///
/// Three designs were weighed. An observer of the tape's entries sees names, but an entry is recorded when
/// its forward pass is over, and neither the vendor's share nor a wait shows. The type of the launched
/// functor is at hand, but `RowOfCells<Blocks<float>, ...>` is no name for a table. Taken is the third: a
/// timer around each vendor routine and each launch says the kind, and the tape afterwards gives what its
/// thread launched the name of the entry that it was for. Without a Profile alive, a timer is one load and
/// one branch.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tensor/shape.h"

namespace weir {

/// What a timer is around. kernel: a launch of our own arithmetic. cohort: pieces that meet at barriers, from
/// the first to the last; piece: one of them, from its first slot to its end; away: a piece that has left its
/// slot to others while it waits.
enum class Timed {
  conv_forward,
  conv_input_gradient,
  conv_weight_gradient,
  gemm,
  kernel,
  cohort,
  piece,
  away
};

/// Collects from all threads while it lives; one at a time. Its numbers are complete when the work is done.
class Profile {
 public:
  struct Sum {
    double milliseconds = 0;  // times the threads that computed
    Index calls = 0;
  };

  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  Sum of(Timed what) const;
  /// Our own kernels by the op of the tape entry they were for, "... gradient" where a pullback launched
  /// them; "outside the tape" those of optimisers and sums.
  std::map<std::string, Sum> kernels() const;

  /// What this thread launched since it was last asked belongs to `op`.
  static void name_kernels(std::string_view op, std::string_view suffix = {}) {
    if (Profile* profile = active_.load(std::memory_order_relaxed)) profile->name(op, suffix);
  }

 private:
  friend class ProfileScope;
  void add(Timed what, double milliseconds);
  void name(std::string_view op, std::string_view suffix);

  static inline std::atomic<Profile*> active_{nullptr};
  mutable std::mutex mutex_;
  std::map<Timed, Sum> sums_;
  std::map<std::string, Sum> kernels_;
  std::map<std::thread::id, Sum> unnamed_;
};

/// Times its own life. `threads`: how many compute meanwhile.
class ProfileScope {
 public:
  explicit ProfileScope(Timed what, int threads = 1)
      : profile_(Profile::active_.load(std::memory_order_relaxed)) {
    if (profile_ == nullptr) return;
    what_ = what;
    threads_ = threads;
    start_ = std::chrono::steady_clock::now();
  }
  ~ProfileScope() {
    if (profile_ == nullptr) return;
    const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start_;
    profile_->add(what_, threads_ * passed.count());
  }
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;

 private:
  Profile* profile_;
  Timed what_ = Timed::kernel;
  int threads_ = 1;
  std::chrono::steady_clock::time_point start_ = {};
};

}  // namespace weir
