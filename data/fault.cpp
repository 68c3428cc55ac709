#include "data/fault.h"

#include <atomic>
#include <utility>

#include "tensor/check.h"

namespace weir::fault {

namespace {
std::atomic<const Hook*> installed = nullptr;
}  // namespace

Fault point(std::string_view name) {
  const Hook* hook = installed.load(std::memory_order_acquire);
  return hook == nullptr ? Fault{} : (*hook)(name);
}

ScopedHook::ScopedHook(Hook hook) : hook_(std::move(hook)) {
  const Hook* none = nullptr;
  ensures(installed.compare_exchange_strong(none, &hook_), "one fault hook at a time");
}

ScopedHook::~ScopedHook() { installed.store(nullptr, std::memory_order_release); }

}  // namespace weir::fault
