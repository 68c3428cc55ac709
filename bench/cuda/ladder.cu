// The ladder of convolutions: every rung on every layer shape of good-init, in three directions, batch 512.
//   cuda_ladder [--json]     a line a measurement; exit code 1 when a rung's answer is wrong, 77 without a
//   GPU
// A rung is checked against the exact form of the first one before it is timed. Times are of the GPU alone,
// between two events around 12 launches that take three sets of inputs in turn, so that none of them lies in
// the second-level cache.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "tensor/cuda/cuda_device.h"
#include "tensor/cuda/lowered_conv.h"
#include "tensor/kernels/launch.h"
#include "tensor/kernels/monoids.h"
#include "tensor/ops/conv2d.h"
#include "tensor/tensor.h"

namespace weir {
namespace {

struct Layer {
  Index in, out, size;
};
constexpr Layer layers[] = {{3, 32, 32},  {32, 32, 32}, {32, 48, 32}, {48, 48, 32},
                            {48, 80, 16}, {80, 80, 16}, {80, 128, 8}, {128, 128, 8}};
constexpr Index batch = 512;
constexpr int sets = 3;

enum class Direction { forward, input_gradient, weight_gradient };
constexpr Direction directions[] = {Direction::forward, Direction::input_gradient,
                                    Direction::weight_gradient};
const char* name_of(Direction direction) {
  return direction == Direction::forward          ? "forward"
         : direction == Direction::input_gradient ? "input-gradient"
                                                  : "weight-gradient";
}

using Routine = std::function<bool(const ConvCall&)>;
struct Rung {
  std::string name;
  Numerics numerics = Numerics::exact;
  Layout layout = Layout::plain;  // of maps with more than 3 channels
  DType dtype = DType::f32;
  double tolerance = 0;  // of the norm of the difference, as a part of the norm
  Routine routine[3];
};

bool always(void (*routine)(const ConvCall&), const ConvCall& call) {
  routine(call);
  return true;
}

std::vector<Rung> rungs() {
  const auto lowered = [](void (*routine)(const ConvCall&)) -> Routine {
    return [routine](const ConvCall& call) { return always(routine, call); };
  };
  const auto vendor = [](bool (Vendor::*routine)(const ConvCall&)) -> Routine {
    return [routine](const ConvCall& call) { return (Device::named("cuda").vendor().*routine)(call); };
  };
  std::vector<Rung> all;
  for (const Numerics numerics : {Numerics::exact, Numerics::fast})
    all.push_back(
        {.name = numerics == Numerics::exact ? "v0 columns, our product" : "v0 columns, cuBLAS TF32",
         .numerics = numerics,
         .tolerance = numerics == Numerics::exact ? 0 : 1e-3,
         .routine = {lowered(cuda::lowered_forward), lowered(cuda::lowered_input_gradient),
                     lowered(cuda::lowered_weight_gradient)}});
  const Layout blocks = Device::named("cuda").vendor().preferred_layout(DType::f32);
  for (const Numerics numerics : {Numerics::exact, Numerics::fast})
    all.push_back({.name = numerics == Numerics::exact ? "device, exact" : "device, fast",
                   .numerics = numerics,
                   .layout = blocks,
                   .tolerance = numerics == Numerics::exact ? 3e-6 : 1e-3,
                   .routine = {vendor(&Vendor::conv2d), vendor(&Vendor::conv2d_input_gradient),
                               vendor(&Vendor::conv2d_weight_gradient)}});
  all.push_back({.name = "device, bfloat16",
                 .numerics = Numerics::fast,
                 .layout = Layout::channels_last,
                 .dtype = DType::bf16,
                 .tolerance = 2e-2,
                 .routine = {vendor(&Vendor::conv2d), vendor(&Vendor::conv2d_input_gradient),
                             vendor(&Vendor::conv2d_weight_gradient)}});
  return all;
}

/// Evenly spread in [-scale, scale), from a hash of the index.
struct Noise {
  std::uint32_t seed;
  float scale;
  float* x;
  WEIR_HD void operator()(Index i) const {
    std::uint32_t h = static_cast<std::uint32_t>(i) * 2654435761u + seed;
    h = (h ^ (h >> 16)) * 2246822519u;
    h = (h ^ (h >> 13)) * 3266489917u;
    h ^= h >> 16;
    x[i] = scale * (static_cast<float>(h >> 8) * 0x1p-23f - 1);
  }
};

Tensor noise(const Shape& shape, std::uint32_t seed, float scale = 1) {
  Tensor x = Tensor::uninitialised(shape, Device::named("cuda"));
  for_each_index(x.device(), x.storage(), Noise{seed, scale, x.overwrite<float>()});
  return x;
}

/// What one direction of one layer reads and writes, in a rung's layout and type.
struct Operands {
  Tensor x, weight, bias, dy, y, dx, dweight, dbias;
  ConvCall call;

  Operands(const Layer& l, const Rung& rung, std::uint32_t seed) {
    const Shape in{batch, l.in, l.size, l.size}, out{batch, l.out, l.size, l.size}, filter{l.out, l.in, 3, 3};
    const auto laid = [&](const Tensor& plain) {
      if (plain.shape()[1] <= 3 && rung.dtype == DType::f32) return plain;
      return plain.in(rung.layout).as(rung.dtype);
    };
    x = laid(noise(in, seed));
    dy = laid(noise(out, seed + 1));
    y = Tensor::like(dy);
    dx = Tensor::like(x);
    weight = noise(filter, seed + 2, 1 / std::sqrt(9.0f * static_cast<float>(l.in)));
    bias = noise({l.out}, seed + 3);
    dweight = Tensor::like(weight);
    dbias = Tensor::like(bias);
    call = {.geometry = conv_geometry(in, filter, 1, 1),
            .dtype = rung.dtype,
            .numerics = rung.numerics,
            .x_layout = x.layout(),
            .y_layout = y.layout(),
            .weight = weight.raw(),
            .weight_version = weight.version()};
  }
  ConvCall toward(Direction direction) {
    ConvCall c = call;
    if (direction != Direction::input_gradient) c.x = x.raw();
    if (direction != Direction::forward) c.dy = dy.raw();
    if (direction == Direction::forward) {
      c.activation = Activation::relu;
      c.bias = bias.raw();
      c.y = y.raw_overwrite();
    }
    if (direction == Direction::input_gradient) c.dx = dx.raw_overwrite();
    if (direction == Direction::weight_gradient) {
      c.dweight = dweight.raw_overwrite();
      c.dbias = dbias.raw_overwrite();
    }
    return c;
  }
  std::vector<float> answer(Direction direction) const {
    const Tensor& of = direction == Direction::forward          ? y
                       : direction == Direction::input_gradient ? dx
                                                                : dweight;
    return of.as(DType::f32).to_host();
  }
};

double distance(const std::vector<float>& found, const std::vector<float>& expected) {
  double squares = 0, length = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double gap = static_cast<double>(found[i]) - expected[i];
    squares += gap * gap;
    length += static_cast<double>(expected[i]) * expected[i];
  }
  return std::sqrt(squares / length);
}

/// Microseconds a launch, the median of 9.
double microseconds(const std::function<void(int set)>& launch) {
  cudaEvent_t begin = nullptr, end = nullptr;
  cuda::check(cudaEventCreate(&begin), "creating an event");
  cuda::check(cudaEventCreate(&end), "creating an event");
  constexpr int launches = 12;
  std::vector<float> samples;
  for (int sample = 0; sample < 10; ++sample) {  // the first warms up
    cuda::check(cudaEventRecord(begin, cuda::stream()), "recording an event");
    for (int i = 0; i < launches; ++i) launch(i % sets);
    cuda::check(cudaEventRecord(end, cuda::stream()), "recording an event");
    cuda::check(cudaEventSynchronize(end), "waiting for an event");
    float milliseconds = 0;
    cuda::check(cudaEventElapsedTime(&milliseconds, begin, end), "reading two events");
    if (sample > 0) samples.push_back(1000 * milliseconds / launches);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2];
}

/// False when the answer is wrong.
bool measure(const Rung& rung, const Layer& l, Direction direction, const std::vector<float>& expected) {
  const Routine& routine = rung.routine[static_cast<int>(direction)];
  std::vector<Operands> operands;
  for (std::uint32_t set = 0; set < sets; ++set) operands.emplace_back(l, rung, 100 * set);
  const double flops = 18.0 * static_cast<double>(l.in * l.out * l.size * l.size * batch);
  std::printf("{\"rung\": \"%s\", \"layer\": \"%lld-%lld@%lld\", \"direction\": \"%s\", ", rung.name.c_str(),
              static_cast<long long>(l.in), static_cast<long long>(l.out), static_cast<long long>(l.size),
              name_of(direction));
  if (!routine(operands[0].toward(direction))) {
    std::printf("\"declined\": true}\n");
    return true;
  }
  const double error = distance(operands[0].answer(direction), expected);
  const bool right = error <= rung.tolerance;
  const double time =
      microseconds([&](int set) { routine(operands[static_cast<std::size_t>(set)].toward(direction)); });
  std::printf("\"microseconds\": %.2f, \"tflops\": %.2f, \"error\": %.2e, \"right\": %s}\n", time,
              flops / time / 1e6, error, right ? "true" : "false");
  std::fflush(stdout);
  return right;
}

int climb() {
  int wrong = 0;
  const std::vector<Rung> all = rungs();
  for (const Layer& l : layers)
    for (const Direction direction : directions) {
      Operands exact(l, all[0], 0);
      all[0].routine[static_cast<int>(direction)](exact.toward(direction));
      const std::vector<float> expected = exact.answer(direction);
      for (const Rung& rung : all) wrong += measure(rung, l, direction, expected) ? 0 : 1;
    }
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weir

int main() try {
  if (!weir::why_no_gpu().empty()) {
    std::printf("skipped: %s\n", weir::why_no_gpu().c_str());
    return 77;
  }
  return weir::climb();
} catch (const weir::Error& error) {
  std::fprintf(stderr, "%s", weir::rendered(error.diagnosis()).c_str());
  return error.exit_code();
}
