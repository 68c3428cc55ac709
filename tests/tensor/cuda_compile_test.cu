// Every kernel of ours through nvcc, host and device side: a missing WEIR_HD, a host-only call or a type that
// a device does not have shows here, on machines without a GPU.
#include "tensor/kernels/batch_norm.h"
#include "tensor/kernels/dropout.h"
#include "tensor/kernels/im2col.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/kernels/pointwise.h"
#include "tensor/kernels/pool2d.h"
#include "tensor/kernels/softmax.h"
#include "tensor/tensor.h"

namespace weir {
namespace {

template <class... Kernels>
void launch(Device& device, const Kernels&... kernels) {
  (for_each_index(device, 1, kernels), ...);
}

template <class Real, class View>
void image_kernels(Device& device) {
  launch(device, MaxPool<Real, View>{}, MaxPoolGradient<Real, View>{}, GlobalMaxPool<Real, View>{},
         GlobalMaxPoolGradient<Real, View>{}, Dropout<Real, View>{}, ImageMoments<Real, View>{},
         Normalise<Real, View, true>{}, Normalise<Real, View, false>{}, ImageGradientSums<Real, View>{},
         NormaliseGradient<Real, View>{});
}

template <class Real>
void kernels(Device& device) {
  using namespace pointwise;
  image_kernels<Real, PlainImages>(device);
  image_kernels<Real, BlockedImages>(device);
  launch(device, Unary<Real, Scale>{}, Unary<Real, AddConstant>{}, Unary<Real, Sign>{}, Unary<Real, Clip>{},
         Unary<Real, Relu>{}, Binary<Real, Add>{}, Binary<Real, Subtract>{}, Binary<Real, Multiply>{},
         Binary<Real, AddScaled>{}, Binary<Real, ReluSlope>{}, ClearPadding<Real>{}, PlainToBlocks<Real>{},
         BlocksToPlain<Real>{}, ImageToColumns<Real>{}, ColumnsToImage<Real>{}, BroadcastBias<Real>{},
         SoftmaxFromLogSumExp<Real>{}, LogSoftmaxFromLogSumExp<Real>{}, LabelLoss<Real>{}, OneHot<Real>{},
         CrossEntropyGradient<Real>{}, SoftmaxGradient<Real>{});
  Real* result = nullptr;
  reduce_rows<Sum<Real>>(device, {1, 1}, RowItems<Real>{}, result);
  reduce_rows<Sum<Real, double>>(device, {1, 1}, ColumnItems<Real>{}, result);
  reduce_rows<Sum<Real>>(device, {1, 1}, RowProducts<Real>{}, result);
  reduce_rows<Sum<Real>>(device, {1, 1}, SoftLabelTerms<Real>{}, result);
  reduce_rows<Max<Real>>(device, {1, 1}, RowItems<Real>{}, result);
  reduce_rows<LogSumExp<Real>>(device, {1, 1}, TemperedLogits<Real>{}, result);
}

}  // namespace

void compile_every_kernel(Device& device) {
  kernels<float>(device);
  kernels<double>(device);
}

}  // namespace weir
