#include <string>

#include "tensor/built_code.h"
#include "tensor/check.h"
#include "tensor/cuda/cuda_device.h"
#include "tensor/cuda/runtime.h"

namespace weir {
namespace {

/// Asked without a context, which would cost every command a part of a second.
int attribute_of_the_gpu(cudaDeviceAttr attribute) {
  int value = 0;
  cuda::check(cudaDeviceGetAttribute(&value, attribute, 0), "reading a property of the GPU");
  return value;
}

std::string why_this_gpu_is_no_use() {
  const int major = attribute_of_the_gpu(cudaDevAttrComputeCapabilityMajor),
            minor = attribute_of_the_gpu(cudaDevAttrComputeCapabilityMinor);
  if (!has_code_for(WEIR_BUILT_FOR, major, minor))
    return "this build has code for " WEIR_BUILT_FOR ", the GPU is of " + std::to_string(major) + "." +
           std::to_string(minor);
  if (attribute_of_the_gpu(cudaDevAttrComputeMode) == cudaComputeModeProhibited)
    return "its compute mode is `prohibited`";
  return {};
}

std::string look_for_a_gpu() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) cudaGetLastError();  // or the next check finds it
  if (status == cudaErrorInsufficientDriver) {
    int driver = 0;
    cudaDriverGetVersion(&driver);
    return driver == 0 ? "no NVIDIA driver was found"
                       : "its driver, of CUDA " + std::to_string(driver / 1000) + "." +
                             std::to_string(driver % 1000 / 10) + ", is older than this build";
  }
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) return "no GPU was found";
  if (status != cudaSuccess) return std::string("CUDA says: ") + cudaGetErrorString(status);
  return why_this_gpu_is_no_use();
}

}  // namespace

const std::string& why_no_gpu() {
  static const std::string reason = look_for_a_gpu();
  return reason;
}

std::string cuda_version() {
  return std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10);
}

namespace cuda {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that can be survived is not found again by the next check
  const std::string says = std::string("CUDA: ") + cudaGetErrorString(status) + " (" + what + ")";
  if (status == cudaErrorMemoryAllocation)
    fail({.kind = ErrorKind::resource,
          .code = "E0612",
          .message = says,
          .help = "a smaller batch or fewer images at once"});
  fail({.kind = ErrorKind::unavailable, .code = "E0704", .message = says});
}

cudaStream_t stream() {
  static const cudaStream_t created = [] {
    cudaStream_t stream = nullptr;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
    return stream;
  }();
  return created;
}

const Capacity& capacity() {
  static const Capacity found = [] {
    return Capacity{.multiprocessors = attribute_of_the_gpu(cudaDevAttrMultiProcessorCount),
                    .shared_bytes = attribute_of_the_gpu(cudaDevAttrMaxSharedMemoryPerBlockOptin),
                    .major = attribute_of_the_gpu(cudaDevAttrComputeCapabilityMajor),
                    .minor = attribute_of_the_gpu(cudaDevAttrComputeCapabilityMinor)};
  }();
  return found;
}

}  // namespace cuda
}  // namespace weir
