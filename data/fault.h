/// Named places where a test can make the operating system fail. Without a test they cost one load of a
/// pointer.
#pragma once

#include <functional>
#include <string_view>

namespace weir::fault {

/// What a test lets happen at a point.
struct Fault {
  int error = 0;             // the errno that the call there shall report; 0 means none
  bool short_write = false;  // a write takes only half of what it was given
};

using Hook = std::function<Fault(std::string_view point)>;

/// Asked just before the system call that `name` stands for.
Fault point(std::string_view name);

/// Installs a hook for its lifetime. The one piece of global state in Weir: a hook passed through every
/// writer would burden each signature for the sake of tests alone. One hook at a time, set while no other
/// thread writes files.
class ScopedHook {
 public:
  explicit ScopedHook(Hook hook);
  ScopedHook(const ScopedHook&) = delete;
  ScopedHook& operator=(const ScopedHook&) = delete;
  ~ScopedHook();

 private:
  Hook hook_;
};

}  // namespace weir::fault
