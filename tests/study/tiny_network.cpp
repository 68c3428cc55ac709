#include "tests/study/tiny_network.h"

#include <gtest/gtest.h>

#include "data/cifar.h"
#include "models/train_model.h"
#include "tensor/device.h"
#include "tensor/workers.h"

namespace weir {
namespace {

Architecture tiny_architecture() {
  const auto conv = [](Index width) {
    return LayerSpec{.kind = LayerKind::conv, .width = width, .activation = Activation::relu};
  };
  return {.model = "tiny",
          .layers = {conv(8),
                     conv(8),
                     {.kind = LayerKind::max_pool},
                     conv(12),
                     {.kind = LayerKind::max_pool},
                     conv(16),
                     {.kind = LayerKind::global_max_pool},
                     {.kind = LayerKind::linear, .width = 10}}};
}

/// Not a test: makes the file again. Run it by name with --gtest_also_run_disabled_tests.
TEST(TinyNetwork, DISABLED_TrainAgain) {
  set_thread_budget(1);  // a batch is one piece
  const ImageSet train = load_embedded(Split::train);
  Recipe recipe;
  recipe.name = recipe.model = "tiny";
  recipe.epochs = 24;
  recipe.batch = 32;
  recipe.norm = NormUse::fold;
  recipe.peak_rate = 0.1;
  recipe.ema_decay = 0;
  train_model({.recipe = recipe,
               .architecture = tiny_architecture(),
               .out = tiny_network(),
               .train = train,
               .device = Device::fastest(),
               .start = TrainingStart::over});
}

}  // namespace
}  // namespace weir
