/// The cuda device's routines: matrix products by cuBLAS or by our own kernel, convolutions by our own.
#include <string>

#include "tensor/check.h"
#include "tensor/cuda/cublas.h"
#include "tensor/cuda/cuda_device.h"
#include "tensor/cuda/gemm.h"
#include "tensor/cuda/lowered_conv.h"

namespace weir {
namespace {

class Gpu : public Vendor {
 public:
  std::string_view name() const override { return "CUDA"; }

  std::string description() const override {
    cudaDeviceProp properties{};
    cuda::check(cudaGetDeviceProperties(&properties, 0), "reading the GPU's properties");
    const cuda::Cublas* library = cuda::cublas();
    const std::string products = library ? "cuBLAS " + std::to_string(library->version) : "our own products";
    return "CUDA " + cuda_version() + " (" + properties.name + ", " + products + ")";
  }

  void gemm(const GemmCall& call) override { cuda::gemm(call); }

  bool conv2d(const ConvCall& call) override { return lowered(call, cuda::lowered_forward); }
  bool conv2d_input_gradient(const ConvCall& call) override {
    return lowered(call, cuda::lowered_input_gradient);
  }
  bool conv2d_weight_gradient(const ConvCall& call) override {
    return lowered(call, cuda::lowered_weight_gradient);
  }

 private:
  static bool lowered(const ConvCall& call, void (*routine)(const ConvCall&)) {
    if (call.dtype == DType::bf16 || call.x_layout != Layout::plain || call.y_layout != Layout::plain)
      return false;
    routine(call);
    return true;
  }
};

}  // namespace

std::unique_ptr<Vendor> cuda_vendor() { return std::make_unique<Gpu>(); }

}  // namespace weir
