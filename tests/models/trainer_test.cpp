#include "models/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "data/cifar.h"
#include "layers/init.h"
#include "models/registry.h"
#include "tensor/workers.h"
#include "tests/data/temporary_folder.h"
#include "tests/models/small_training.h"
#include "tests/support/devices.h"
#include "tests/support/thread_budget.h"

namespace weir {
namespace {

std::unique_ptr<Sequential> fresh_network(const Recipe& recipe, Device& device = Device::fastest()) {
  std::unique_ptr<Sequential> network = build(trained_form(small_architecture(), recipe), device);
  initialise_he(*network, Rng{.seed = recipe.seed});
  return network;
}

/// The bytes of a trainer's whole state, time aside.
std::vector<std::byte> state_of(Trainer& trainer) {
  SafetensorsFile file = trainer.checkpoint();
  file.metadata.erase("progress");
  file.metadata.erase("last_epoch");
  return serialised_safetensors(file);
}

class TrainerOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, TrainerOn, testing::ValuesIn(device_names()), device_test_name);

/// Batch norm, dropout, augmentation and the optimiser: the same training everywhere up to rounding, and to
/// the bit on the same device.
TEST_P(TrainerOn, TakesTheStepsOfTheReferenceAndTheSameOnesAgain) {
  const ImageSet images = small_images(120);
  const TrainingData data{.images = images};
  const Recipe recipe = small_recipe();
  const auto trained = [&](Device& where) {
    const std::unique_ptr<Sequential> network = fresh_network(recipe, where);
    Trainer trainer(*network, data, recipe);
    for (int step = 0; step < 3; ++step) trainer.step();
    return std::pair{trainer.last_epoch().mean_loss(), state_of(trainer)};
  };
  const auto expected = trained(Device::reference()), found = trained(device()), again = trained(device());
  EXPECT_NEAR(found.first, expected.first, 1e-4 * expected.first);
  EXPECT_EQ(found.second, again.second);
}

TEST(Trainer, LearnsTwentyRealImagesByHeart) {
  const ImageSet embedded = load_embedded(Split::train);
  std::vector<Index> rows(20);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<Index>(i);
  const ImageSet images = subset(embedded, rows);
  Recipe recipe = small_recipe();
  recipe.epochs = 300;
  recipe.crop = 0;
  recipe.flip = Flip::none;
  recipe.dropout = {0};
  recipe.weight_decay = 0;
  const std::unique_ptr<Sequential> network = fresh_network(recipe);
  const TrainingData data{.images = images};
  Trainer trainer(*network, data, recipe);
  double first_loss = 0;
  while (!trainer.finished()) {
    trainer.step();
    if (trainer.completed_steps() == 1) first_loss = trainer.last_epoch().mean_loss();
    if (trainer.last_epoch().mean_loss() < 1e-3) break;
  }
  EXPECT_NEAR(first_loss, std::log(10.0), 1.0);  // it began by knowing nothing
  EXPECT_LT(trainer.last_epoch().mean_loss(), 1e-3);
  EXPECT_EQ(trainer.last_epoch().accuracy(), 1.0);
}

TEST(Trainer, StepsAlongTheMeanGradientOfTheWholeBatch) {
  // A linear classifier that starts at zero gives every class a tenth, so its gradient is mean((0.1 - truth)
  // x).
  const LayerSpec pool{.kind = LayerKind::max_pool}, flat{.kind = LayerKind::flatten};
  const Architecture linear{
      .model = "linear", .layers = {pool, pool, pool, pool, flat, {.kind = LayerKind::linear, .width = 10}}};
  constexpr Index count = 40, features = 12;  // two pieces
  const ImageSet images = small_images(count);
  Recipe recipe;
  recipe.batch = count;
  recipe.epochs = 1;
  recipe.warm_up = 0;
  recipe.momentum = 0;
  recipe.weight_decay = 0;
  recipe.flip = Flip::none;
  recipe.crop = 0;
  const std::unique_ptr<Sequential> network = build(linear, Device::fastest());
  const TrainingData data{.images = images};
  Trainer trainer(*network, data, recipe);
  trainer.step();
  EXPECT_NEAR(trainer.last_epoch().mean_loss(), std::log(10.0), 1e-6);

  const std::unique_ptr<Sequential> pools =
      build({.model = "pools", .layers = {pool, pool, pool, pool, flat}}, Device::reference());
  Evaluator evaluator(*pools, Device::reference());
  const std::vector<float> x =
      evaluator.logits(image_tensor(images, {0, count}, Device::reference())).to_host();
  const std::vector<float> weight = file_of(*network).find("fc1.weight")->floats();
  for (Index k = 0; k < class_count; ++k)
    for (Index f = 0; f < features; ++f) {
      double gradient = 0;
      for (Index n = 0; n < count; ++n)
        gradient += (0.1 - (images.labels[static_cast<std::size_t>(n)] == k ? 1 : 0)) *
                    static_cast<double>(x[static_cast<std::size_t>(n * features + f)]) /
                    static_cast<double>(count);
      EXPECT_NEAR(weight[static_cast<std::size_t>(k * features + f)], -recipe.peak_rate * gradient, 1e-7);
    }
}

/// Whole blocks of channels, which bfloat16 maps want.
Architecture wider_architecture() {
  Architecture architecture = small_architecture();
  architecture.layers[2].width = 16;
  architecture.layers[3].width = 32;
  return architecture;
}

class TrainerIn : public testing::TestWithParam<DType> {};

INSTANTIATE_TEST_SUITE_P(FeatureMaps, TrainerIn, testing::Values(DType::f32, DType::bf16));

TEST_P(TrainerIn, GivesTheSameBitsForAnyNumberOfThreads) {
  const ImageSet images = small_images(120);
  const TrainingData data{.images = images};
  Recipe recipe = small_recipe();
  recipe.feature_maps = GetParam();
  std::vector<std::vector<std::byte>> states;
  for (const int threads : {1, 2, 3}) {
    const ThreadBudget budget(threads);
    const std::unique_ptr<Sequential> network =
        build(trained_form(wider_architecture(), recipe), Device::fastest());
    initialise_he(*network, Rng{.seed = recipe.seed});
    Trainer trainer(*network, data, recipe);
    for (int step = 0; step < 5; ++step) trainer.step();
    states.push_back(state_of(trainer));
  }
  EXPECT_EQ(states[0], states[1]);
  EXPECT_EQ(states[0], states[2]);
}

TEST(Trainer, LearnsInBFloat16WhatItLearnsInFloats) {
  const ImageSet images = small_images(400);
  const TrainingData data{.images = images};
  std::vector<double> losses;
  for (const DType maps : {DType::f32, DType::bf16}) {
    Recipe recipe = small_recipe();
    recipe.feature_maps = maps;
    recipe.epochs = 4;
    const std::unique_ptr<Sequential> network =
        build(trained_form(wider_architecture(), recipe), Device::fastest());
    initialise_he(*network, Rng{.seed = recipe.seed});
    Trainer trainer(*network, data, recipe);
    while (!trainer.finished()) trainer.step();
    losses.push_back(trainer.last_epoch().mean_loss());
    network->for_each_parameter([](Parameter& p) { EXPECT_EQ(p.value.dtype(), DType::f32) << p.name; });
  }
  EXPECT_LT(losses[0], 1.5);  // from log(10) = 2.3
  EXPECT_NE(losses[1], losses[0]) << "bfloat16 was not used";
  EXPECT_NEAR(losses[1], losses[0], 0.1);
}

class TrainerWith : public testing::TestWithParam<OptimiserKind> {};

INSTANTIATE_TEST_SUITE_P(Optimisers, TrainerWith,
                         testing::Values(OptimiserKind::sgd, OptimiserKind::adam, OptimiserKind::adamw));

TEST_P(TrainerWith, GoesOnFromACheckpointAsIfThereHadBeenNoBreak) {
  const ImageSet images = small_images(120);
  const TrainingData data{.images = images};
  Recipe recipe = small_recipe();
  recipe.optimiser = GetParam();
  const std::unique_ptr<Sequential> whole_network = fresh_network(recipe);
  Trainer whole(*whole_network, data, recipe);
  const Index break_at = 4;  // of 3 steps an epoch: in the middle of the second
  for (Index step = 0; step < break_at; ++step) whole.step();
  const SafetensorsFile checkpoint = whole.checkpoint();

  Recipe other_start = recipe;
  other_start.seed += 1;
  const std::unique_ptr<Sequential> resumed_network = fresh_network(other_start);
  Trainer resumed(*resumed_network, data, recipe);
  resumed.restore(checkpoint, "memory");
  EXPECT_EQ(resumed.completed_steps(), break_at);
  EXPECT_EQ(resumed.progress().images, whole.progress().images);
  while (!whole.finished()) {
    whole.step();
    resumed.step();
  }
  EXPECT_EQ(state_of(whole), state_of(resumed));
  EXPECT_EQ(whole.last_epoch().loss_sum, resumed.last_epoch().loss_sum);
  EXPECT_EQ(whole.last_epoch().correct, resumed.last_epoch().correct);
}

TEST(Trainer, GoesNotOnFromAPlaceThatTheTrainingDoesNotHave) {
  const ImageSet images = small_images(120);
  const TrainingData data{.images = images};
  const Recipe recipe = small_recipe();
  const std::unique_ptr<Sequential> network = fresh_network(recipe);
  Trainer trainer(*network, data, recipe);
  trainer.step();
  const std::string found = trainer.checkpoint().metadata.at("progress");
  for (const auto& [key, value] :
       {std::pair<std::string, Index>{"epoch", -1}, {"epoch", recipe.epochs}, {"batch", -1}, {"batch", 3}}) {
    nlohmann::json progress = nlohmann::json::parse(found);
    progress[key] = value;
    SafetensorsFile checkpoint = trainer.checkpoint();
    checkpoint.metadata["progress"] = progress.dump();
    EXPECT_THAT(diagnosis_of([&] { trainer.restore(checkpoint, "memory"); }),
                Says(ErrorKind::damaged, "E0421", "checkpoint memory stands at batch"));
    EXPECT_EQ(trainer.completed_steps(), 1);
  }
}

/// The weights of fc1 after some steps of a recipe.
std::vector<float> weights_after(const Recipe& recipe, int steps) {
  const ImageSet images = small_images(120);
  const TrainingData data{.images = images};
  const std::unique_ptr<Sequential> network = fresh_network(recipe);
  Trainer trainer(*network, data, recipe);
  for (int step = 0; step < steps; ++step) trainer.step();
  return file_of(*network).find("fc1.weight")->floats();
}

TEST(Trainer, UsesTheOptimiserOfTheRecipeWithItsNumbers) {
  std::vector<Recipe> recipes(6, small_recipe());
  recipes[1].momentum = 0;
  for (std::size_t r = 2; r < recipes.size(); ++r) recipes[r].optimiser = OptimiserKind::adam;
  recipes[3].optimiser = OptimiserKind::adamw;
  recipes[4].beta1 = 0.5;
  recipes[5].beta2 = 0.5;
  std::vector<std::vector<float>> seen;
  for (const Recipe& recipe : recipes) {
    for (const std::vector<float>& other : seen) EXPECT_NE(weights_after(recipe, 3), other);
    seen.push_back(weights_after(recipe, 3));
  }
  Recipe calm = recipes[2];
  calm.epsilon = 1;  // in the first step a weight moves by rate * |g| / (|g| + epsilon) at most
  EXPECT_NE(weights_after(calm, 1), weights_after(recipes[2], 1));
}

TEST(Trainer, AdamLearnsToo) {
  const ImageSet images = small_images(120);
  const TrainingData data{.images = images};
  Recipe recipe = small_recipe();
  recipe.optimiser = OptimiserKind::adamw;
  recipe.schedule = ScheduleKind::cosine;
  recipe.peak_rate = 0.01;
  const std::unique_ptr<Sequential> network = fresh_network(recipe);
  Trainer trainer(*network, data, recipe);
  while (!trainer.finished()) trainer.step();
  EXPECT_GT(trainer.last_epoch().accuracy(), 0.3) << "guessing gives 0.1";
}

TEST(Trainer, KeepsUnitsWithinTheMaxNormAfterEveryStep) {
  Recipe recipe = small_recipe();
  recipe.max_norm = 0.5;  // He's rows of fc1 have a norm of about 1.4
  const std::vector<float> weights = weights_after(recipe, 2);
  double longest = 0;
  for (std::size_t unit = 0; unit < 10; ++unit) {
    double squares = 0;
    for (std::size_t i = 0; i < 16; ++i) squares += std::pow(static_cast<double>(weights[unit * 16 + i]), 2);
    longest = std::max(longest, std::sqrt(squares));
  }
  EXPECT_NEAR(longest, 0.5, 1e-6);
}

TEST(Trainer, FollowsTheScheduleOfTheRecipe) {
  const ImageSet images = small_images(120);
  const TrainingData data{.images = images};
  Recipe recipe = small_recipe();
  recipe.schedule = ScheduleKind::step;
  recipe.drops = {0.5};
  recipe.drop_factor = 0.25;
  const std::unique_ptr<Sequential> network = fresh_network(recipe);
  Trainer trainer(*network, data, recipe);
  for (Index step = 0; step < trainer.steps(); ++step) {
    EXPECT_EQ(trainer.rate(), step < trainer.steps() / 2 ? 0.1 : 0.025);
    trainer.step();
  }
}

TEST(Trainer, DropsTheRestOfAnEpochThatFillsNoBatch) {
  const ImageSet images = small_images(95);
  const TrainingData data{.images = images};
  const std::unique_ptr<Sequential> network = fresh_network(small_recipe());
  Trainer trainer(*network, data, small_recipe());
  EXPECT_EQ(trainer.steps_an_epoch(), 2);
  trainer.step();
  EXPECT_EQ(trainer.progress().images, 40);
  trainer.step();
  EXPECT_TRUE(trainer.between_epochs());
  EXPECT_EQ(trainer.last_epoch().images, 80);
  EXPECT_EQ(trainer.last_epoch().epoch, 1);
}

TEST(Trainer, ReportsANumberThatIsNoneAndChangesNothing) {
  const ImageSet images = small_images(40);
  const TrainingData data{.images = images};
  const std::unique_ptr<Sequential> network = fresh_network(small_recipe());
  Trainer trainer(*network, data, small_recipe());
  trainer.step();
  network->for_each_parameter(Module::Visitor([](Parameter& value) {
    if (value.name == "fc1.bias")
      value.value =
          Tensor::filled(value.value.shape(), std::numeric_limits<double>::quiet_NaN(), value.value.device());
  }));
  const std::vector<std::byte> before = state_of(trainer);
  const Diagnosis diagnosis = diagnosis_of([&] { trainer.step(); });
  EXPECT_THAT(diagnosis, Says(ErrorKind::numerical, "E0501",
                              "loss became nan at step 1 (first bad tensor: grad of `conv1"));
  EXPECT_THAT(diagnosis.help, testing::HasSubstr("`peak_rate` (0.1 now)"));
  EXPECT_EQ(state_of(trainer), before);
  EXPECT_EQ(trainer.completed_steps(), 1);
}

TEST(Trainer, ItsResultIsTheAverageAndNotTheLastStep) {
  const ImageSet images = small_images(80);
  const TrainingData data{.images = images};
  Recipe recipe = small_recipe();
  recipe.ema_decay = 0.5;
  const std::unique_ptr<Sequential> network = fresh_network(recipe);
  Trainer trainer(*network, data, recipe);
  std::vector<std::vector<float>> seen;
  for (int step = 0; step < 2; ++step) {
    trainer.step();
    seen.push_back(file_of(*network).find("fc1.weight")->floats());
  }
  const std::vector<float> result = file_of(*trainer.result()).find("fc1.weight")->floats();
  for (std::size_t i = 0; i < result.size(); ++i)  // weights 0.5 and 1, divided by their sum
    EXPECT_NEAR(result[i], (0.5f * seen[0][i] + seen[1][i]) / 1.5f, 1e-6f);
}

TEST(Trainer, MovesRunningStatisticsTowardsEachBatch) {
  const ImageSet images = small_images(40);
  const TrainingData data{.images = images};
  Recipe recipe = small_recipe();
  recipe.norm_momentum = 0;  // what the last batch had
  const std::unique_ptr<Sequential> network = fresh_network(recipe);
  Trainer trainer(*network, data, recipe);
  trainer.step();
  const std::vector<float> batch = file_of(*network).find("bn1.running_var")->floats();
  recipe.norm_momentum = 0.75;
  const std::unique_ptr<Sequential> slow_network = fresh_network(recipe);
  Trainer slow(*slow_network, data, recipe);
  slow.step();
  const std::vector<float> moved = file_of(*slow_network).find("bn1.running_var")->floats();
  for (std::size_t c = 0; c < batch.size(); ++c) EXPECT_NEAR(moved[c], 0.75f * 1 + 0.25f * batch[c], 1e-6f);
}

TEST(Trainer, DropsOtherUnitsAtEveryStep) {
  ImageSet images = small_images(40);
  for (std::size_t i = 0; i < images.pixels.size(); ++i) images.pixels[i] = images.pixels[i % image_volume];
  std::fill(images.labels.begin(), images.labels.end(), 3);
  Recipe recipe = small_recipe();
  recipe.peak_rate =
      0;  // nothing is learned and all images are the same, so only the masks can change the loss
  recipe.flip = Flip::none;
  recipe.crop = 0;
  recipe.dropout = {0.5};
  const std::unique_ptr<Sequential> network = fresh_network(recipe);
  const TrainingData data{.images = images};
  Trainer trainer(*network, data, recipe);
  trainer.step();
  const double first = trainer.last_epoch().loss_sum;
  trainer.step();
  EXPECT_NE(trainer.last_epoch().loss_sum, first);
}

TEST(Trainer, LearnsFromSoftLabels) {
  const ImageSet images = small_images(40);
  std::vector<float> soft(40 * 10, 0.1f);  // every class alike: the loss cannot fall below log 10
  const TrainingData data{.images = images, .soft_labels = soft};
  const std::unique_ptr<Sequential> network = fresh_network(small_recipe());
  Trainer trainer(*network, data, small_recipe());
  while (!trainer.finished()) trainer.step();
  EXPECT_GE(trainer.last_epoch().mean_loss(), std::log(10.0) - 1e-5);
  EXPECT_THROW((BatchStream({.images = images, .soft_labels = {1, 2}}, small_recipe(), Device::fastest())),
               Error);
}

}  // namespace
}  // namespace weir
