// Every kernel of ours through nvcc, host and device side: a missing WEIR_HD, a host-only call or a type that
// a device does not have shows here, on machines without a GPU.
#include "infoflow/map_kernels.h"
#include "infoflow/mask_kernels.h"
#include "tensor/activation.h"
#include "tensor/kernels/avg_pool2d.h"
#include "tensor/kernels/batch_columns.h"
#include "tensor/kernels/batch_norm.h"
#include "tensor/kernels/channels.h"
#include "tensor/kernels/convert.h"
#include "tensor/kernels/dropout.h"
#include "tensor/kernels/few_channels.h"
#include "tensor/kernels/halo_gradient.h"
#include "tensor/kernels/halo_pack.h"
#include "tensor/kernels/im2col.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/matrix.h"
#include "tensor/kernels/monoids.h"
#include "tensor/kernels/pointwise.h"
#include "tensor/kernels/pool2d.h"
#include "tensor/kernels/softmax.h"
#include "tensor/kernels/squared_error.h"
#include "tensor/kernels/tanh_adam.h"
#include "tensor/kernels/update.h"
#include "tensor/tensor.h"

namespace weir {
namespace {

template <class... Kernels>
void launch(Device& device, const Kernels&... kernels) {
  (for_each_index(device, 1, kernels), ...);
}

template <class View, class... Kernels>
void launch_cells(Device& device, const Kernels&... kernels) {
  (for_each_cell(device, View{1, 16, 1, 1}, kernels), ...);
}

template <class Real, class View>
void image_kernels(Device& device) {
  launch(device, Dropout<Real, View>{}, GlobalMaxPool<Real, View>{}, GlobalMaxPoolGradient<Real, View>{},
         ImageMoments<Real, View>{}, ImageGradientSums<Real, View, ThroughRelu>{},
         GlobalAvgPool<Real, View>{}, CopyChannels<Real, View>{});
  launch_cells<View>(device, MaxPool<Real, View>{}, MaxPoolGradient<Real, View>{},
                     DisjointMaxPoolGradient<Real, View>{}, NormaliseGradient<Real, View, ThroughRelu>{},
                     AvgPool<Real, View>{}, AvgPoolGradient<Real, View>{},
                     GlobalAvgPoolGradient<Real, View>{});
  for (const Activation activation : all_activations)
    with_activation(activation,
                    [&](auto f) { launch_cells<View>(device, Normalise<Real, View, decltype(f)>{}); });
  double* sums = nullptr;
  GradientTerms* terms = nullptr;
  reduce_rows<Sum<double>>(device, {1, 1}, ChannelPixels<Real, View>{}, sums);
  reduce_rows<Sum<double>>(device, {1, 1}, SquaredDeviations<Real, View>{}, sums);
  reduce_rows<SumOfTerms>(device, {1, 1}, ChannelGradientTerms<Real, View, ThroughRelu>{}, terms);
}

template <class Real>
void kernels(Device& device) {
  using namespace pointwise;
  image_kernels<Real, PlainImages>(device);
  image_kernels<Real, BlockedImages>(device);
  if constexpr (std::is_same_v<Real, float>) {
    image_kernels<float, ChannelsLastImages>(device);
    image_kernels<bfloat16, ChannelsLastImages>(device);
  }
  launch(device, Unary<Real, Scale>{}, Unary<Real, AddConstant>{}, Unary<Real, Sign>{}, Unary<Real, Clip>{},
         Binary<Real, Add>{}, Binary<Real, Subtract>{}, Binary<Real, Multiply>{}, Binary<Real, AddScaled>{},
         ClearPadding<Real>{}, PlainToBlocks<Real>{}, BlocksToPlain<Real>{}, ImageToColumns<Real>{},
         ColumnsToImage<Real>{}, BroadcastBias<Real>{}, SoftmaxFromLogSumExp<Real>{},
         LogSoftmaxFromLogSumExp<Real>{}, LabelLoss<Real>{}, OneHot<Real>{}, CrossEntropyGradient<Real>{},
         SoftmaxGradient<Real>{}, LogSoftmaxGradient<Real>{}, SquaredErrorGradient<Real>{}, RepeatRow<Real>{},
         Convert<Real, float>{}, Convert<Real, double>{}, SgdKernel<Real>{}, MoveTowards<Real>{},
         TanhAdam<Real>{}, BatchToColumns<Real>{}, ColumnsToBatch<Real>{}, BiasOfBatch<Real>{},
         SumInOrder<Real>{});
  for (const Activation activation : all_activations)
    with_activation(activation, [&](auto f) {
      launch(device, Unary<Real, decltype(f)>{}, Pullback<Real, decltype(f)>{});
    });
  Real* result = nullptr;
  reduce_rows<Sum<Real>>(device, {1, 1}, RowItems<Real>{}, result);
  reduce_rows<Sum<Real, double>>(device, {1, 1}, ColumnItems<Real>{}, result);
  reduce_rows<Sum<Real>>(device, {1, 1}, RowProducts<Real>{}, result);
  reduce_rows<Sum<Real>>(device, {1, 1}, SoftLabelTerms<Real>{}, result);
  reduce_rows<Sum<Real>>(device, {1, 1}, SquaredErrorTerms<Real>{}, result);
  reduce_rows<Max<Real>>(device, {1, 1}, RowItems<Real>{}, result);
  reduce_rows<Sum<double>>(device, {1, 1}, Squares<Real>{}, static_cast<double*>(nullptr));
  reduce_rows<Sum<double>>(device, {1, 1}, SquaredGaps<Real>{}, static_cast<double*>(nullptr));
  reduce_rows<LogSumExp<Real>>(device, {1, 1}, TemperedLogits<Real>{}, result);
  reduce_rows<Sum<Real>>(device, {1, 1}, LaidChannelItems<Real, Real>{}, result);
  launch(device, SumPixelRuns<Real, Real>{});
}

void kernels_of_convolutions(Device& device) {
  launch(device, FewChannelsForward{}, FewChannelsInputGradient{}, PackForFewIn{}, PackForFewOut{},
         PackExact{}, PackFragments<Tf32Product>{}, PackFragments<Bf16Product>{}, SumGradientParts{});
}

void kernels_of_information(Device& device) {
  launch(device, DownsampleMaps<float>{}, DownsampleMaps<std::uint8_t>{}, SpreadRanges{}, BucketizeMaps{},
         ShiftMaps{}, SetMasks{}, CountMasks{});
  reduce_rows<WholeRange>(device, {1, 1}, PixelRanges{}, static_cast<KeyRange*>(nullptr));
  reduce_rows<WholeRange>(device, {1, 1}, MapRanges{}, static_cast<KeyRange*>(nullptr));
  reduce_rows<Sum<std::int64_t>>(device, {1, 1}, PairTerms{}, static_cast<std::int64_t*>(nullptr));
}

}  // namespace

void compile_every_kernel(Device& device) {
  kernels<float>(device);
  kernels<double>(device);
  kernels_of_convolutions(device);
  kernels_of_information(device);
}

}  // namespace weir
