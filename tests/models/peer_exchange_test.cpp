// Networks, images and what we compute of them, for tests/peers/rebuild_pytorch.py to check. Skipped unless
// the script asks.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <limits>

#include "data/npy.h"
#include "layers/evaluator.h"
#include "layers/init.h"
#include "models/evaluate.h"
#include "models/registry.h"
#include "models/zoo.h"
#include "tests/models/small_training.h"

namespace weir {
namespace {

/// Rounding takes a near-tie in a maximum, or a value near a ReLU's kink, to the other side and bends that
/// image's gradient, in every float32 implementation; random networks have many such images. So they are
/// compared in float64, on few images, since only the naive device has it; trained ones in float32, as they
/// are used.
struct Precision {
  DType type;
  Index images;
  Device& device;
};

/// The direction in which the cross-entropy of each row grows: softmax - one-hot, divided by 1 - p of the
/// label, which a sure network's logits would make 0 in float32. What is left is the softmax over the other
/// classes, and -1 at the label.
Tensor cross_entropy_direction(const Tensor& logits, std::span<const std::int32_t> labels) {
  std::vector<double> values = logits.to_host_double();
  const std::size_t classes = static_cast<std::size_t>(class_count);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::span<double> of_row = std::span(values).subspan(row * classes, classes);
    double& of_label = of_row[static_cast<std::size_t>(labels[row])];
    of_label = -std::numeric_limits<double>::infinity();
    const double peak = *std::max_element(of_row.begin(), of_row.end());
    double sum = 0;
    for (double& value : of_row) sum += value = std::exp(value - peak);
    for (double& value : of_row) value /= sum;
    of_label = -1;
  }
  return Tensor::from_host(std::span<const double>(values), logits.shape(), logits.device())
      .as(logits.dtype());
}

std::vector<Index> extents(const Tensor& tensor, Index rows) {
  std::vector<Index> result = {rows};
  for (int axis = 1; axis < tensor.shape().rank(); ++axis) result.push_back(tensor.shape()[axis]);
  return result;
}

std::vector<float> as_floats(const Tensor& x) {
  const std::vector<double> values = x.to_host_double();
  return {values.begin(), values.end()};
}

void write_results(const std::string& stem, const Module& network, const ImageSet& images,
                   const Precision& precision) {
  const Index count = precision.images;
  const Tensor pixels = image_tensor(images, {0, count}, precision.device);
  const std::span<const std::int32_t> labels(images.labels);
  Evaluator evaluator(network, precision.device);
  const Answer answer = evaluator.query(pixels.as(precision.type), [&](const Tensor& logits, RowRange rows) {
    return cross_entropy_direction(
        logits, labels.subspan(static_cast<std::size_t>(rows.first), static_cast<std::size_t>(rows.count)));
  });
  write_npy<float>(stem + "-images.npy", {extents(pixels, count), pixels.to_host()});
  write_npy<std::int64_t>(stem + "-labels.npy", {{count}, {labels.begin(), labels.begin() + count}});
  write_npy<float>(stem + "-logits.npy", {extents(answer.logits, count), as_floats(answer.logits)});
  write_npy<float>(stem + "-gradients.npy", {extents(pixels, count), as_floats(answer.gradients)});
}

/// The gradient of every parameter, pulled back from those directions, as tensors by the parameters' names.
void write_parameter_gradients(const std::string& path, const Module& network, const ImageSet& images,
                               const Precision& precision) {
  Tape tape(Mode::evaluate);
  const Tensor pixels = image_tensor(images, {0, precision.images}, precision.device).as(precision.type);
  const Var y = network(tape.constant(pixels));
  const Gradients gradients = tape.backward(
      y, cross_entropy_direction(y.value(),
                                 std::span(images.labels).first(static_cast<std::size_t>(pixels.rows()))));
  SafetensorsFile file;
  network.for_each_parameter(Module::ConstVisitor([&](const Parameter& p) {
    file.tensors.push_back(stored(p.name, extents_of(p.value.shape()), as_floats(gradients[p])));
  }));
  write_safetensors(path, file);
}

/// He's weights, and statistics and scales that no two channels share.
void randomise(Sequential& network) {
  initialise_he(network, Rng{.seed = 11});
  std::uint64_t stream = 0;
  const auto disturb = [&](Parameter& value) {
    if (value.value.shape().rank() == 1)
      value.value =
          uniform(value.value.shape(), {0.5f, 1.5f}, {.seed = 12, .stream = ++stream}, value.value.device());
  };
  network.for_each_parameter(Module::Visitor(disturb));
  network.for_each_buffer(Module::Visitor(disturb));
}

void exchange_random(const std::string& stem, const Architecture& architecture, const ImageSet& images) {
  Device& device = Device::reference();
  StoredNetwork stored{.architecture = architecture, .network = build(architecture, device), .metadata = {}};
  randomise(*stored.network);
  save_network(stem + ".safetensors", stored);
  const std::unique_ptr<Sequential> exact = build(architecture, device, DType::f64);
  load_into(*exact, file_of(*stored.network), {.path = stem, .model = architecture.model});
  const Precision precision{.type = DType::f64, .images = 4, .device = device};
  write_results(stem, *exact, images, precision);
  write_parameter_gradients(stem + "-parameters.gradients", *exact, images, precision);
}

TEST(PeerExchange, WritesNetworksAndWhatTheyCompute) {
  const char* wanted = std::getenv("WEIR_PEER_FOLDER");
  if (wanted == nullptr) GTEST_SKIP() << "only when tests/peers/rebuild_pytorch.py asks";
  const std::filesystem::path folder = wanted;
  const ImageSet images = load_embedded(Split::test);
  exchange_random(folder / "good-init.f64", good_init(), images);
  exchange_random(folder / "good-init-norm.f64", with_norm(good_init(), Norm::before_activation), images);
  exchange_random(folder / "deep-conv.f64", deep_conv(), images);
  exchange_random(folder / "vgg-like.f64", vgg_like(), images);
  exchange_random(folder / "small.f64", small_architecture(), images);
  for (const std::string& name : pretrained_names()) {
    const std::filesystem::path file = pretrained_file(name).value();
    const StoredNetwork stored = load_network(file, Device::fastest());
    const std::string stem = (folder / name).string();
    write_safetensors(stem + ".safetensors", read_safetensors(file));  // never compressed
    write_results(stem, *stored.network, images,
                  {.type = DType::f32, .images = 200, .device = Device::fastest()});
  }
}

}  // namespace
}  // namespace weir
