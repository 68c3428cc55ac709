#include "tests/apps/small_run.h"

#include <algorithm>

#include "data/npy.h"
#include "layers/evaluator.h"
#include "layers/init.h"
#include "models/weights.h"
#include "tensor/random.h"

namespace weir {
namespace {

Architecture small_architecture() {
  const LayerSpec conv{.kind = LayerKind::conv, .width = 8, .activation = Activation::relu};
  return {.model = "small",
          .layers = {conv,
                     {.kind = LayerKind::max_pool},
                     conv,
                     {.kind = LayerKind::global_max_pool},
                     {.kind = LayerKind::linear, .width = 10}}};
}

std::vector<std::int64_t> answers(const Module& network, const Tensor& images) {
  const Tensor logits = Evaluator(network, images.device()).logits(images);
  const std::vector<float> values = logits.to_host();
  std::vector<std::int64_t> classes;
  for (auto row = values.begin(); row != values.end(); row += 10)
    classes.push_back(std::max_element(row, row + 10) - row);
  return classes;
}

}  // namespace

SmallRun::SmallRun(Index count) : count_(count) {
  Device& device = Device::reference();
  StoredNetwork stored{.architecture = small_architecture(),
                       .network = build(small_architecture(), device),
                       .metadata = {{"recipe", "none"}, {"test_accuracy", "0.1"}}};
  initialise_he(*stored.network, Rng{}.split(1));
  save_network(folder_ / "weights.safetensors", stored);
  const Tensor images = uniform({count, 3, 32, 32}, {}, Rng{}.split(2), device);
  write_npy<float>(folder_ / "images.npy", {{count, 3, 32, 32}, images.to_host()});
  write_npy<std::int64_t>(folder_ / "labels.npy", {{count}, answers(*stored.network, images)});
}

}  // namespace weir
