#include "tensor/device.h"

#include <array>
#include <mutex>

#include "tensor/check.h"
#ifdef WEIR_WITH_CUDA
#include "tensor/cuda/cuda_device.h"
#endif
#include "tensor/vendors/vendors.h"

namespace weir {
namespace {

struct Row {
  std::string_view name;
  Executor executor;
  Memory& (*memory)();
  std::unique_ptr<Vendor> (*vendor)();
  std::string (*missing)() = nullptr;  // what the machine lacks, empty: nothing
  bool usable() const { return missing == nullptr || missing().empty(); }
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
#ifdef WEIR_WITH_CUDA
    {"cuda", Executor::cuda, cuda_memory, cuda_vendor, [] { return why_no_gpu(); }},  // a GPU of NVIDIA
#endif
};

std::string built_with() {
#ifdef WEIR_WITH_CUDA
  return "this build was made with CUDA " + cuda_version();
#else
  return {};
#endif
}

[[noreturn]] void fail_unusable(std::string_view name, const std::string& reason) {
  fail({.kind = ErrorKind::unavailable,
        .code = "E0701",
        .message = fmt::format("device `{}` is not usable here: {}", name, reason),
        .note = built_with(),
        .help = fmt::format("available: {}", fmt::join(Device::available(), ", "))});
}

/// The device of a row, made when it is first asked for: one may start a driver or take a range of addresses.
/// Devices are never destroyed: tensors in static storage may outlive them.
Device& built(std::size_t row) {
  static std::array<Device*, std::size(table)> devices = {};
  static std::array<std::once_flag, std::size(table)> once;
  std::call_once(once[row], [row] {
    const Row& r = table[row];
    devices[row] = new Device(std::string(r.name), r.executor, r.memory(), r.vendor());
  });
  return *devices[row];
}

}  // namespace

Device::Device(std::string name, Executor executor, Memory& memory, std::unique_ptr<Vendor> vendor)
    : name_(std::move(name)), executor_(executor), pool_(memory), vendor_(std::move(vendor)) {}

Device::~Device() = default;

std::vector<std::string_view> Device::available() {
  std::vector<std::string_view> names;
  for (const Row& row : table)
    if (row.usable()) names.push_back(row.name);
  return names;
}

std::string Device::why_unusable(std::string_view name) {
  for (const Row& row : table)
    if (row.name == name && !row.usable()) return row.missing();
  return {};
}

Device& Device::fastest() { return named(available().back()); }

Device& Device::named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(table); ++i)
    if (table[i].name == name && table[i].usable()) return built(i);
  if (const std::string reason = why_unusable(name); !reason.empty()) fail_unusable(name, reason);
  fail({.kind = ErrorKind::unavailable,
        .code = "E0702",
        .message = fmt::format("this build has no device `{}`", name),
        .help = fmt::format("available: {}", fmt::join(available(), ", "))});
}

}  // namespace weir
