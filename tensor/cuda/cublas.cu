#include "tensor/cuda/cublas.h"
#include "tensor/cuda/runtime.h"

#if __has_include(<cublas_v2.h>)
#include <cublas_v2.h>
#include <dlfcn.h>
#include <limits>
#include <mutex>
#include <string>

#include "tensor/check.h"

namespace weir::cuda {
namespace {

/// The routines that we use, by the types of its own header.
struct Cublas {
  using Gemm = cublasStatus_t(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int,
                              const void*, const void*, cudaDataType, int, long long, const void*,
                              cudaDataType, int, long long, const void*, void*, cudaDataType, int, long long,
                              int, cublasComputeType_t, cublasGemmAlgo_t);  // the header has two of that name
  Gemm* gemm;
  cublasHandle_t handle;
  int version;
};

constexpr std::size_t workspace_bytes = std::size_t{32} << 20;  // what NVIDIA advises for Hopper

void* library() {
  const std::string name = "libcublas.so." + std::to_string(CUDART_VERSION / 1000);
  for (const std::string& path : {name, std::string(WEIR_CUBLAS_FOLDER "/") + name})
    if (void* found = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
  return nullptr;
}

template <class Routine>
Routine find(void* from, const char* name) {
  return reinterpret_cast<Routine>(::dlsym(from, name));
}

/// Null where a routine is missing (another cuBLAS than the header's) or it does not start (an older driver,
/// little memory): our own products do without it.
const Cublas* load() {
  void* from = library();
  if (!from) return nullptr;
  const auto create = find<decltype(&cublasCreate_v2)>(from, "cublasCreate_v2");
  const auto destroy = find<decltype(&cublasDestroy_v2)>(from, "cublasDestroy_v2");
  const auto set_stream = find<decltype(&cublasSetStream_v2)>(from, "cublasSetStream_v2");
  const auto set_workspace = find<decltype(&cublasSetWorkspace_v2)>(from, "cublasSetWorkspace_v2");
  const auto get_version = find<decltype(&cublasGetVersion_v2)>(from, "cublasGetVersion_v2");
  Cublas found{
      .gemm = find<Cublas::Gemm*>(from, "cublasGemmStridedBatchedEx"), .handle = nullptr, .version = 0};
  if (!create || !destroy || !set_stream || !set_workspace || !get_version || !found.gemm) return nullptr;
  constexpr auto good = CUBLAS_STATUS_SUCCESS;
  void* workspace = nullptr;
  if (cudaMalloc(&workspace, workspace_bytes) == cudaSuccess && create(&found.handle) == good &&
      set_stream(found.handle, stream()) == good &&
      set_workspace(found.handle, workspace, workspace_bytes) == good &&
      get_version(found.handle, &found.version) == good)
    return new Cublas(found);
  if (found.handle != nullptr) destroy(found.handle);
  cudaFree(workspace);
  cudaGetLastError();  // that it failed is survived
  return nullptr;
}

const Cublas* cublas() {
  static const Cublas* const found = load();
  return found;
}

}  // namespace

/// Row-major C = op(A) op(B) is column-major C' = op(B)' op(A)', which is cuBLAS's order.
bool multiply_by_cublas(const GemmCall& call, const GemmBatch& batch) {
  const Cublas* library = cublas();
  if (library == nullptr) return false;
  const auto operand = [](GemmCall::Operand is) {
    return is == GemmCall::Operand::transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  };
  const auto extent = [](Index value) {
    expects(value <= std::numeric_limits<int>::max(), "a matrix extent of {} is too large for cuBLAS", value);
    return static_cast<int>(value);
  };
  const bool is_double = call.dtype == DType::f64;
  const double keep64 = call.result == GemmCall::Result::accumulate ? 1 : 0, one64 = 1;
  const float keep32 = static_cast<float>(keep64), one32 = 1;
  const void* one = is_double ? static_cast<const void*>(&one64) : &one32;
  const void* keep = is_double ? static_cast<const void*>(&keep64) : &keep32;
  const cudaDataType type = is_double ? CUDA_R_64F : CUDA_R_32F;
  const cublasComputeType_t compute = is_double                         ? CUBLAS_COMPUTE_64F
                                      : call.numerics == Numerics::fast ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                                        : CUBLAS_COMPUTE_32F;
  static std::mutex one_at_a_time;  // a handle is not for several threads at once
  const std::lock_guard lock(one_at_a_time);
  const cublasStatus_t status = library->gemm(
      library->handle, operand(call.b_is), operand(call.a_is), extent(call.n), extent(call.m), extent(call.k),
      one, call.b, type, extent(call.b_is == GemmCall::Operand::transposed ? call.k : call.n), batch.b_stride,
      call.a, type, extent(call.a_is == GemmCall::Operand::transposed ? call.m : call.k), batch.a_stride,
      keep, call.c, type, extent(call.n), batch.c_stride, extent(batch.count), compute, CUBLAS_GEMM_DEFAULT);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_ARCH_MISMATCH) return false;
  if (status == CUBLAS_STATUS_ALLOC_FAILED) check(cudaErrorMemoryAllocation, "a product by cuBLAS");
  expects(status == CUBLAS_STATUS_SUCCESS, "cuBLAS refused a product of {} x {} x {}: status {}", call.m,
          call.n, call.k, static_cast<int>(status));
  return true;
}

int cublas_version() { return cublas() == nullptr ? 0 : cublas()->version; }

}  // namespace weir::cuda

#else  // a toolkit without it

namespace weir::cuda {
bool multiply_by_cublas(const GemmCall&, const GemmBatch&) { return false; }
int cublas_version() { return 0; }
}  // namespace weir::cuda

#endif
