// Surgery: what may change when units go, and what may not.
#include "models/prune.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <utility>

#include "autograd/functions.h"
#include "layers/init.h"
#include "models/evaluate.h"
#include "models/prune_plan.h"
#include "models/registry.h"
#include "models/unit_statistics.h"
#include "models/weights.h"
#include "tests/models/small_training.h"
#include "tests/support/approx.h"

namespace weir {
namespace {

using testing::Each;
using testing::ElementsAre;

Parameter* value_named(Sequential& network, const std::string& name) {
  Parameter* found = nullptr;
  const auto look = [&](Parameter& value) {
    if (value.name == name) found = &value;
  };
  network.for_each_parameter(Module::Visitor(look));
  network.for_each_buffer(Module::Visitor(look));
  return found;
}

void set(Sequential& network, const std::string& name, std::size_t from, std::size_t count, float value) {
  Parameter* parameter = value_named(network, name);
  ASSERT_NE(parameter, nullptr) << name;
  std::vector<float> values = parameter->value.to_host();
  std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(from), count, value);
  parameter->value =
      Tensor::from_host(std::span<const float>(values), parameter->value.shape(), parameter->value.device());
}

/// Weights and biases of no particular kind; norms that are far from the identity.
std::unique_ptr<Sequential> random_network(const Architecture& architecture, Device& device) {
  std::unique_ptr<Sequential> network = build(architecture, device);
  initialise_he(*network, Rng{.seed = 5}, {.linear_gain = 2});
  const auto shake = [&](Parameter& value) {
    if (value.value.shape().rank() > 1) return;
    const bool positive = value.name.ends_with("running_var") || value.name.ends_with("weight");
    value.value = uniform(value.value.shape(), {positive ? 0.5f : -0.1f, positive ? 1.5f : 0.1f},
                          Rng{.seed = 6}.split(stream_of(value.name)), device);
  };
  network->for_each_parameter(Module::Visitor(shake));
  network->for_each_buffer(Module::Visitor(shake));
  return network;
}

/// The last of `units` in the layer never fires: weights 0, bias below it. Its norm, where a convolution
/// reads it, gives 0 for that; where a linear layer does, any constant will do.
void silence(Sequential& network, const PrunableLayer& layer) {
  const auto unit = static_cast<std::size_t>(layer.width - 1);
  const auto row =
      static_cast<std::size_t>(value_named(network, layer.name + ".weight")->value.shape().row_volume());
  set(network, layer.name + ".weight", unit * row, row, 0);
  set(network, layer.name + ".bias", unit, 1, -1);
  if (layer.norm.empty() || !layer.reader.starts_with("conv")) return;
  set(network, layer.norm + ".bias", unit, 1, 0);
  set(network, layer.norm + ".running_mean", unit, 1, 0);
}

testing::AssertionResult same_answers(const Sequential& a, const Sequential& b, const ImageSet& images) {
  Device& device = device_of(a);
  const Tensor batch = image_tensor(images, {0, images.count()}, device);
  return within_share_of_largest(1e-6, Evaluator(b, device).logits(batch).to_host_double(),
                                 Evaluator(a, device).logits(batch).to_host_double());
}

class EachNetwork : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Prune, EachNetwork, testing::Values("good-init", "deep-conv", "vgg-like"),
                         [](const auto& network) {
                           std::string name(network.param);
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(EachNetwork, DoesNotMissUnitsThatNeverFire) {
  const Architecture architecture = architecture_named(GetParam());
  Device& device = Device::fastest();
  const std::unique_ptr<Sequential> network = random_network(architecture, device);
  KeptUnits kept = all_units(architecture);
  const std::vector<PrunableLayer> layers = prunable_layers(architecture);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    silence(*network, layers[i]);
    kept[i].pop_back();
  }
  const ImageSet images = small_images(8);
  const UnitStatistics statistics = unit_statistics(architecture, *network, images);
  for (std::size_t i = 0; i < layers.size(); ++i) EXPECT_EQ(statistics.zeros[i].back(), 1) << layers[i].name;

  const PrunedNetwork pruned = keep_units(architecture, *network, kept, statistics.means);
  EXPECT_TRUE(same_answers(*network, *pruned.network, images));
  const std::vector<Index> before = widths(architecture), after = widths(pruned.architecture);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after[i], before[i] - 1);
  EXPECT_EQ(count_parameters(*pruned.network), parameters_of(pruned.architecture));
}

TEST_P(EachNetwork, LosesTheParametersThatTheFormulaSays) {
  const Architecture architecture = architecture_named(GetParam());
  const std::vector<PrunableLayer> layers = prunable_layers(architecture);
  Index inputs = 3;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const PrunableLayer& layer = layers[i];
    std::vector<Index> fewer = widths(architecture);
    --fewer[i];
    const Index readers = i + 1 < layers.size() ? layers[i + 1].width : 10;
    // The unit's own row and bias, scale and shift of its norm, and its columns.
    const Index mine = (layer.name.starts_with("conv") ? 9 : 1) * inputs + 1 + (layer.norm.empty() ? 0 : 2);
    const Index columns = (layer.reader.starts_with("conv") ? 9 : layer.columns_per_unit) * readers;
    EXPECT_EQ(parameters_of(architecture) - parameters_of(with_widths(architecture, fewer)), mine + columns)
        << layer.name;
    inputs = layer.width * layer.columns_per_unit;
  }
}

/// Widths of 7 and 13 on maps of 16x16 that are pooled to 8x8 and flattened.
Architecture flattened_architecture() {
  const LayerSpec pool{.kind = LayerKind::max_pool};
  const auto conv = [](Index width) {
    return LayerSpec{.kind = LayerKind::conv, .width = width, .activation = Activation::relu};
  };
  return {.model = "flattened",
          .layers = {pool, conv(7), pool, conv(13), LayerSpec{.kind = LayerKind::flatten},
                     LayerSpec{.kind = LayerKind::linear, .width = 11, .activation = Activation::relu},
                     LayerSpec{.kind = LayerKind::linear, .width = 10}}};
}

TEST(KeepUnits, IsTheNetworkWithThoseUnitsSilenced) {
  Device& device = Device::fastest();
  const Architecture architecture = flattened_architecture();
  const std::unique_ptr<Sequential> network = random_network(architecture, device);
  const KeptUnits kept = {{0, 2, 3, 6}, {1, 2, 4, 5, 7, 8, 9, 12}, {0, 1, 2, 3, 5, 8, 10}};
  const PrunedNetwork pruned = keep_units(architecture, *network, kept);
  EXPECT_THAT(widths(pruned.architecture), ElementsAre(4, 8, 7));

  Sequential silenced(*network);  // whatever a unit's own weights say, nobody reads it
  const KeptUnits all = all_units(architecture);
  for (const auto& [layer, reader, columns_each] :
       {std::tuple{0, "conv2", 9}, {1, "fc1", 64}, {2, "fc2", 1}}) {
    const Shape shape = value_named(silenced, std::string(reader) + ".weight")->value.shape();
    for (const Index unit : all[static_cast<std::size_t>(layer)]) {
      if (std::ranges::binary_search(kept[static_cast<std::size_t>(layer)], unit)) continue;
      for (Index row = 0; row < shape[0]; ++row)
        set(silenced, std::string(reader) + ".weight",
            static_cast<std::size_t>(row * shape.row_volume() + unit * columns_each),
            static_cast<std::size_t>(columns_each), 0);
    }
  }
  EXPECT_TRUE(same_answers(silenced, *pruned.network, small_images(20)));
}

TEST(KeepUnits, SurvivesTheTripThroughAFileAndLearns) {
  const TemporaryFolder folder;
  Device& device = Device::fastest();
  const Architecture architecture = flattened_architecture();
  const std::unique_ptr<Sequential> network = random_network(architecture, device);
  PrunedNetwork pruned =
      keep_units(architecture, *network, {{0, 2, 3, 5, 6}, {1, 2, 4}, {0, 1, 2, 3, 5, 8, 10}});
  save_network(folder / "p",
               {.architecture = pruned.architecture, .network = std::move(pruned.network), .metadata = {}});
  const StoredNetwork stored = load_network(folder / "p", device);
  EXPECT_EQ(stored.architecture, pruned.architecture);

  const ImageSet images = small_images(64);
  Tape tape(Mode::train);
  const Tensor batch = image_tensor(images, {0, 16}, device);
  const Var logits = (*stored.network)(tape.constant(batch));
  const Gradients gradients =
      tape.backward(cross_entropy(logits, Labels::from_host(std::span(images.labels).first(16), device)));
  std::as_const(*stored.network).for_each_parameter(Module::ConstVisitor([&](const Parameter& value) {
    EXPECT_EQ(gradients[value].shape(), value.value.shape());
    EXPECT_THAT(gradients[value].to_host(), testing::Contains(testing::Ne(0.0f))) << value.name;
  }));
}

TEST(KeepUnits, AWidthOfARegisteredModelIsToldByItsName) {
  const TemporaryFolder folder;
  const Architecture architecture = good_init();
  KeptUnits kept = all_units(architecture);
  kept[4].resize(41);
  PrunedNetwork pruned = keep_units(architecture, *build(architecture, Device::reference()), kept);
  save_network(folder / "p",
               {.architecture = pruned.architecture, .network = std::move(pruned.network), .metadata = {}});
  const StoredNetwork stored = load_network(folder / "p", Device::reference());
  EXPECT_EQ(stored.metadata.count("layers"), 0u);
  EXPECT_EQ(stored.architecture.model, "good-init");
  EXPECT_EQ(widths(stored.architecture)[4], 41);
}

TEST(KeepUnits, RefusesWhatItCannotDo) {
  const Architecture architecture = flattened_architecture();
  const std::unique_ptr<Sequential> network = build(architecture, Device::reference());
  EXPECT_THROW(keep_units(architecture, *network, {{0}, {}, {0}}), Error);
  EXPECT_THROW(keep_units(architecture, *network, {{0}, {13}, {0}}), Error);
  EXPECT_THROW(keep_units(architecture, *network, {{0}, {1}}), Error);
  Architecture residual{
      .model = "residual",
      .layers = {
          LayerSpec{.kind = LayerKind::residual, .layers = {LayerSpec{.kind = LayerKind::conv, .width = 3}}},
          LayerSpec{.kind = LayerKind::global_max_pool}, LayerSpec{.kind = LayerKind::linear, .width = 10}}};
  EXPECT_THAT(diagnosis_of([&] { prunable_layers(residual); }),
              Says(ErrorKind::usage, "E0231", "residual1 adds channels up"));
}

TEST(UnitStatistics, CountZerosAndMeansAsOneWouldByHand) {
  Device& device = Device::reference();
  const Architecture architecture = flattened_architecture();
  const std::unique_ptr<Sequential> network = random_network(architecture, device);
  const ImageSet images = small_images(3);
  const UnitStatistics statistics = unit_statistics(architecture, *network, images, Measure::gradients_too);
  Tape tape({.record = Record::values, .fuse = false});
  (*network)(tape.input(image_tensor(images, {0, 3}, device), "images"));
  const std::vector<float> conv1 = tape.last_in_scope("conv1")->value.to_host();  // [3, 7, 16, 16]
  for (std::size_t unit = 0; unit < 7; ++unit) {
    double zeros = 0;
    for (std::size_t n = 0; n < 3; ++n)
      zeros += static_cast<double>(
          std::count(conv1.begin() + static_cast<std::ptrdiff_t>((n * 7 + unit) * 256),
                     conv1.begin() + static_cast<std::ptrdiff_t>((n * 7 + unit + 1) * 256), 0.0f));
    EXPECT_NEAR(statistics.zeros[0][unit], zeros / 768, 1e-12);
  }
  const std::vector<float> pooled = tape.last_in_scope("pool2")->value.to_host();  // [3, 7, 8, 8]
  for (std::size_t unit = 0; unit < 7; ++unit) {
    double sum = 0;
    for (std::size_t n = 0; n < 3; ++n)
      for (std::size_t i = 0; i < 64; ++i) sum += static_cast<double>(pooled[(n * 7 + unit) * 64 + i]);
    EXPECT_NEAR(statistics.means[0][unit], sum / 192, 1e-9) << "what conv2 reads is pooled";
  }
  EXPECT_EQ(statistics.means[1].size(), 13u * 64) << "fc1 reads flattened maps";
  EXPECT_EQ(statistics.effect[2].size(), 11u);
}

/// Scaling what a unit gives by 1 + h changes the loss by h * (activation * gradient), summed.
TEST(UnitStatistics, TheTaylorCriterionIsTheSlopeOfTheLoss) {
  Device& device = Device::fastest();
  const Architecture architecture = flattened_architecture();
  const std::unique_ptr<Sequential> network = random_network(architecture, device);
  const ImageSet images = small_images(1);
  const UnitStatistics statistics = unit_statistics(architecture, *network, images, Measure::gradients_too);
  const auto loss_with = [&](std::size_t unit, float factor) {
    Sequential scaled(*network);
    Parameter* weight = value_named(scaled, "fc2.weight");
    std::vector<float> values = weight->value.to_host();
    for (std::size_t k = 0; k < 10; ++k) values[k * 11 + unit] *= factor;
    weight->value = Tensor::from_host(std::span<const float>(values), weight->value.shape(), device);
    Evaluator evaluator(scaled, device);
    return evaluate(evaluator, images).loss;
  };
  constexpr float h = 1e-2f;
  for (std::size_t unit = 0; unit < 11; ++unit)
    EXPECT_NEAR(statistics.effect[2][unit],
                std::abs(loss_with(unit, 1 + h) - loss_with(unit, 1 - h)) / (2 * h),
                2e-3 * (1 + statistics.effect[2][unit]));
}

}  // namespace
}  // namespace weir
