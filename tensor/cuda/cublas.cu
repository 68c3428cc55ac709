#include <dlfcn.h>
#include <string>

#include "tensor/check.h"
#include "tensor/cuda/cublas.h"

namespace weir::cuda {
namespace {

constexpr std::size_t workspace_bytes = std::size_t{32} << 20;  // what NVIDIA advises for Hopper

void* library() {
  const std::string name = "libcublas.so." + std::to_string(CUDART_VERSION / 1000);
  for (const std::string& path : {name, std::string(WEIR_CUBLAS_FOLDER "/") + name})
    if (void* found = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
  return nullptr;
}

void check_cublas(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail({.kind = ErrorKind::unavailable,
        .code = "E0705",
        .message =
            std::string("cuBLAS: status ") + std::to_string(static_cast<int>(status)) + " (" + what + ")"});
}

template <class Routine>
Routine find(void* from, const char* name) {
  return reinterpret_cast<Routine>(::dlsym(from, name));
}

/// Null where a routine is missing: another cuBLAS than the header's.
const Cublas* load() {
  void* from = library();
  if (!from) return nullptr;
  const auto create = find<decltype(&cublasCreate_v2)>(from, "cublasCreate_v2");
  const auto set_stream = find<decltype(&cublasSetStream_v2)>(from, "cublasSetStream_v2");
  const auto set_workspace = find<decltype(&cublasSetWorkspace_v2)>(from, "cublasSetWorkspace_v2");
  const auto get_version = find<decltype(&cublasGetVersion_v2)>(from, "cublasGetVersion_v2");
  auto* found = new Cublas{
      .gemm = find<Cublas::Gemm*>(from, "cublasGemmStridedBatchedEx"), .handle = nullptr, .version = 0};
  if (!create || !set_stream || !set_workspace || !get_version || !found->gemm) return nullptr;
  void* workspace = nullptr;
  check(cudaMalloc(&workspace, workspace_bytes), "allocating the workspace of cuBLAS");
  check_cublas(create(&found->handle), "starting it");
  check_cublas(set_stream(found->handle, stream()), "giving it our stream");
  check_cublas(set_workspace(found->handle, workspace, workspace_bytes), "giving it a workspace");
  check_cublas(get_version(found->handle, &found->version), "asking for its version");
  return found;
}

}  // namespace

const Cublas* cublas() {
  static const Cublas* const found = load();
  return found;
}

}  // namespace weir::cuda
