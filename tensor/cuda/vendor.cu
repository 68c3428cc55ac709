/// The cuda device's routines: matrix products by cuBLAS or by our own kernel, convolutions by our own.
#include <string>

#include "tensor/check.h"
#include "tensor/cuda/cublas.h"
#include "tensor/cuda/cuda_device.h"
#include "tensor/cuda/gemm.h"
#include "tensor/cuda/halo_conv.h"
#include "tensor/cuda/lowered_conv.h"
#include "tensor/cuda/plain_maps.h"
#include "tensor/cuda/runtime.h"

namespace weir {
namespace {

class Gpu : public Vendor {
 public:
  std::string_view name() const override { return "CUDA"; }

  std::string description() const override {
    cudaDeviceProp properties{};
    cuda::check(cudaGetDeviceProperties(&properties, 0), "reading the GPU's properties");
    const int version = cuda::cublas_version();
    const std::string products = version > 0 ? "cuBLAS " + std::to_string(version) : "our own products";
    return "CUDA " + cuda_version() + " (" + properties.name + ", " + products + ")";
  }

  void gemm(const GemmCall& call) override { cuda::gemm(call); }

  bool conv2d(const ConvCall& call) override {
    return cuda::halo_forward(call) || lowered(call, cuda::lowered_forward);
  }
  bool conv2d_input_gradient(const ConvCall& call) override {
    return cuda::halo_input_gradient(call) || lowered(call, cuda::lowered_input_gradient);
  }
  bool conv2d_weight_gradient(const ConvCall& call) override {
    return cuda::halo_weight_gradient(call) || lowered(call, cuda::lowered_weight_gradient);
  }
  /// Blocks, whose padding serves widths that are no multiple of 16 (pruned networks).
  Layout preferred_layout(DType dtype) const override {
    return dtype == DType::f64    ? Layout::plain
           : dtype == DType::bf16 ? Layout::channels_last
                                  : Layout::blocks_of_16;
  }

 private:
  /// Columns are made of plain maps, so others are laid out anew.
  static bool lowered(ConvCall call, void (*routine)(const ConvCall&)) {
    const auto knows = [](Layout layout) { return layout != Layout::channels_last; };
    if (call.dtype == DType::bf16 || !knows(call.x_layout) || !knows(call.y_layout)) return false;
    cuda::PlainMaps maps(call);
    routine(call);
    maps.bring_back();
    return true;
  }
};

}  // namespace

std::unique_ptr<Vendor> cuda_vendor() { return std::make_unique<Gpu>(); }

}  // namespace weir
