/// The backends by name. A device is a pair: an executor, which runs our own kernels, and a vendor, which
/// brings the routines that a library does better. README's table of devices is `table` in device.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/buffer.h"
#include "tensor/check.h"

namespace weir {

class Vendor;

enum class Executor { serial, threads, emulated_grid, cuda };

class Device {
 public:
  /// "reference" "openblas" "onednn" "emulated" "cuda". Throws Error (unavailable) that names what this build
  /// has, or says why a device that it has cannot be used here.
  static Device& named(std::string_view name);
  /// Those of this build that can be used on this machine, in order of increasing speed.
  static std::vector<std::string_view> available();
  /// Why `name` cannot be used here although this build has it; else empty.
  static std::string why_unusable(std::string_view name);
  /// The last of available(): cuda where a GPU answers, else onednn where it is built in, else openblas, else
  /// reference.
  static Device& fastest();
  static Device& reference() { return named("reference"); }

  Device(std::string name, Executor executor, Memory& memory, std::unique_ptr<Vendor> vendor);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  std::string_view name() const { return name_; }
  Executor executor() const { return executor_; }
  Vendor& vendor() { return *vendor_; }
  Pool& pool() { return pool_; }
  Memory& memory() { return pool_.memory(); }
  /// True when the host may dereference this device's pointers.
  bool is_host() const { return executor_ == Executor::serial || executor_ == Executor::threads; }
  /// Waits until everything that was launched has finished. CPU devices always have.
  void synchronise() { memory().synchronise(); }

  /// What a person should know although the work goes on. Nobody listens at first.
  void warn(const Diagnosis& diagnosis) const {
    if (listener_) listener_(diagnosis);
  }
  void set_listener(std::function<void(const Diagnosis&)> listener) { listener_ = std::move(listener); }

 private:
  std::string name_;
  Executor executor_;
  Pool pool_;
  std::unique_ptr<Vendor> vendor_;
  std::function<void(const Diagnosis&)> listener_;
};

}  // namespace weir
