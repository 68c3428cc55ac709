#include "tensor/device.h"

#include "tensor/check.h"
#include "tensor/vendors/vendors.h"

namespace weir {
namespace {

struct Row {
  std::string_view name;
  Executor executor;
  Memory& (*memory)();
  std::unique_ptr<Vendor> (*vendor)();
};

// In order of increasing speed. The table is the documentation: what runs our kernels, what brings gemm and
// convolution.
constexpr Row table[] = {
    {"emulated", Executor::emulated_grid, emulated_memory,
     plain_loops_vendor},                                            // the device path without a GPU
    {"reference", Executor::serial, host_memory, reference_vendor},  // oracle, lessons, f64
#ifdef WEIR_WITH_OPENBLAS
    {"openblas", Executor::threads, host_memory, openblas_vendor},  // convolutions by im2col and OpenBLAS
#endif
#ifdef WEIR_WITH_ONEDNN
    {"onednn", Executor::threads, host_memory, onednn_vendor},  // default CPU: blocked direct convolutions
#endif
};

}  // namespace

Device::Device(std::string name, Executor executor, Memory& memory, std::unique_ptr<Vendor> vendor)
    : name_(std::move(name)), executor_(executor), pool_(memory), vendor_(std::move(vendor)) {}

Device::~Device() = default;

std::vector<std::string_view> Device::available() {
  std::vector<std::string_view> names;
  for (const Row& row : table) names.push_back(row.name);
  return names;
}

Device& Device::fastest() { return named(std::end(table)[-1].name); }

Device& Device::named(std::string_view name) {
  // Devices are never destroyed: tensors in static storage may outlive them.
  static const auto* devices = [] {
    auto* list = new std::vector<Device*>;
    for (const Row& row : table)
      list->push_back(new Device(std::string(row.name), row.executor, row.memory(), row.vendor()));
    return list;
  }();
  for (Device* device : *devices)
    if (device->name() == name) return *device;
  fail({.kind = ErrorKind::unavailable,
        .code = "E0702",
        .message = fmt::format("this build has no device `{}`", name),
        .help = fmt::format("available: {}", fmt::join(available(), ", "))});
}

}  // namespace weir
