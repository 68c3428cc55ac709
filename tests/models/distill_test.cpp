// Distillation: what a teacher says, two forms of one head, and what the student becomes.
#include "models/distill.h"

#include <cmath>
#include <gmock/gmock.h>

#include "autograd/functions.h"
#include "layers/init.h"
#include "models/head.h"
#include "tests/models/small_training.h"

namespace weir {
namespace {

constexpr double temperature = 40;

StoredNetwork small_teacher(Metadata metadata = {}) {
  StoredNetwork stored{.architecture = small_architecture(),
                       .network = build(small_architecture(), Device::fastest()),
                       .metadata = std::move(metadata)};
  initialise_he(*stored.network, Rng{.seed = 3}, {.linear_gain = 2});
  return stored;
}

TEST(SoftLabels, AreTheSameForATeacherAndForItsHeadTimesT) {
  const ImageSet images = small_images(30);
  StoredNetwork teacher = small_teacher();
  const std::vector<float> at_one = soft_labels(*teacher.network, images, 1);
  scale_head(*teacher.network, temperature);
  const std::vector<float> at_forty = soft_labels(*teacher.network, images, temperature);
  double sum = 0;
  for (std::size_t i = 0; i < at_one.size(); ++i) {
    EXPECT_NEAR(at_one[i], at_forty[i], 1e-6);
    if (i < 10) sum += static_cast<double>(at_one[i]);
  }
  EXPECT_NEAR(sum, 1, 1e-6);
  EXPECT_EQ(trained_temperature({}), 1);
  EXPECT_EQ(trained_temperature({{"temperature", "40"}}), 40);
  EXPECT_THROW(trained_temperature({{"temperature", "hot"}}), Error);
}

/// Loss and parameter gradients of a small network on soft labels.
struct Slopes {
  std::vector<double> losses;
  std::map<std::string, std::vector<double>> gradients;
};
Slopes slopes_of(const Sequential& network, double loss_temperature) {
  const ImageSet images = small_images(20);
  Tape tape(Mode::train);
  const Tensor batch = image_tensor(images, {0, 20}, Device::reference()).as(DType::f64);
  const Var logits = network(tape.constant(batch));
  const Tensor targets = uniform({20, 10}, {0.05f, 0.15f}, Rng{.seed = 8}, Device::reference(), DType::f64);
  const Var losses = cross_entropy(logits, targets, loss_temperature);
  const Gradients gradients = tape.backward(losses);
  Slopes slopes{.losses = losses.value().to_host_double(), .gradients = {}};
  network.for_each_parameter(Module::ConstVisitor(
      [&](const Parameter& value) { slopes.gradients[value.name] = gradients[value].to_host_double(); }));
  return slopes;
}

TEST(Heads, NaiveAndReparametrisedAgreeInForwardAndGradient) {
  const Architecture form = without_dropout(small_architecture());
  const std::unique_ptr<Sequential> reparametrised = build(form, Device::reference(), DType::f64);
  initialise_he(*reparametrised, Rng{.seed = 3}, {.linear_gain = 2});
  Sequential naive(*reparametrised);
  scale_head(naive, temperature);
  Recipe recipe;
  recipe.temperature = temperature;
  recipe.head = Head::reparametrised;
  const Slopes ours = slopes_of(*reparametrised, recipe.loss_temperature());
  recipe.head = Head::naive;
  const Slopes theirs = slopes_of(naive, recipe.loss_temperature());
  for (std::size_t i = 0; i < ours.losses.size(); ++i) EXPECT_NEAR(ours.losses[i], theirs.losses[i], 1e-6);
  for (const auto& [name, slope] : ours.gradients) {
    // d loss / d (T w) = 1 / T d loss / d w: only the head's own gradient has another scale.
    const double factor = name.starts_with("fc1") ? temperature : 1;
    for (std::size_t i = 0; i < slope.size(); ++i)
      EXPECT_NEAR(slope[i], factor * theirs.gradients.at(name)[i], 1e-6 * (1 + std::abs(slope[i]))) << name;
  }
}

TEST(Heads, OnlyAPlainLinearLayerIsOne) {
  Sequential network;
  network.add(std::make_unique<Flatten>("flatten1"));
  EXPECT_THAT(diagnosis_of([&] { scale_head(network, 2); }),
              Says(ErrorKind::usage, "E0231", "ends in a linear layer without activation"));
  EXPECT_NO_THROW(scale_head(network, 1));
}

DistillationJob small_distillation(const StoredNetwork& teacher, const std::filesystem::path& out,
                                   const ImageSet& images) {
  DistillationJob job{.teacher = teacher,
                      .recipe = small_recipe(),
                      .out = out,
                      .train = images,
                      .test = &images,
                      .device = Device::fastest()};
  job.recipe.temperature = temperature;
  job.recipe.head = Head::reparametrised;
  return job;
}

TEST(Distill, AFreshStudentAtRateZeroIsItsStartTimesT) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  const StoredNetwork teacher = small_teacher();
  DistillationJob job = small_distillation(teacher, folder / "d", images);
  job.recipe.peak_rate = 0;
  job.recipe.norm = NormUse::as_model;
  job.recipe.epochs = 1;
  ASSERT_TRUE(distill(job).finished);
  const StoredNetwork student = load_network(folder / "d", Device::fastest());
  EXPECT_EQ(student.metadata.at("temperature"), "40");
  EXPECT_EQ(student.metadata.count("teacher_fingerprint"), 1u);

  job.out = folder / "plain";
  job.recipe.temperature = 1;
  ASSERT_TRUE(distill(job).finished);
  const StoredNetwork plain = load_network(folder / "plain", Device::fastest());
  const Tensor batch = image_tensor(images, {0, 20}, Device::fastest());
  const std::vector<float> hot = Evaluator(*student.network, Device::fastest()).logits(batch).to_host(),
                           cool = Evaluator(*plain.network, Device::fastest()).logits(batch).to_host();
  for (std::size_t i = 0; i < hot.size(); ++i)
    EXPECT_NEAR(hot[i], 40 * cool[i], 1e-4 * (1 + std::abs(hot[i])));
}

/// Whatever the temperature that a teacher was trained at, and whatever the student's head: the student
/// starts by saying what the teacher says.
TEST(Distill, AStudentFromItsTeacherStartsWithItsAnswers) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  const Tensor batch = image_tensor(images, {0, 20}, Device::fastest());
  for (const double trained_at : {1.0, 40.0})
    for (const Head head : {Head::naive, Head::reparametrised}) {
      const StoredNetwork teacher = small_teacher({{"temperature", fmt::format("{}", trained_at)}});
      DistillationJob job = small_distillation(
          teacher, folder / fmt::format("{}-{}", trained_at, static_cast<int>(head)), images);
      job.student = StudentStart::teacher;
      job.recipe.head = head;
      job.recipe.peak_rate = 0;
      job.recipe.norm_images = 120;  // the statistics that its norms were put in with
      job.recipe.epochs = 1;
      ASSERT_TRUE(distill(job).finished);
      const StoredNetwork student = load_network(job.out, Device::fastest());
      const std::vector<float> given = Evaluator(*student.network, Device::fastest()).logits(batch).to_host(),
                               known = Evaluator(*teacher.network, Device::fastest()).logits(batch).to_host();
      double largest = 0;
      for (const float value : given) largest = std::max(largest, std::abs(static_cast<double>(value)));
      for (std::size_t i = 0; i < given.size(); ++i)
        EXPECT_NEAR(given[i] / temperature, known[i] / trained_at, 1e-3 * largest / temperature);
    }
}

TEST(Distill, LearnsItsTeachersAnswersAndResumesToTheSameBytes) {
  const TemporaryFolder folder;
  const ImageSet images = small_images(120);
  const StoredNetwork teacher = small_teacher();
  DistillationJob job = small_distillation(teacher, folder / "whole", images);
  distill(job);
  job.out = folder / "stopped";
  job.stop_after = 2;
  EXPECT_FALSE(distill(job).finished);
  job.start = TrainingStart::resume;
  job.stop_after = 0;
  const StoredNetwork other = [] {
    StoredNetwork stored = small_teacher();
    scale_head(*stored.network, 1.5);
    return stored;
  }();
  const DistillationJob elsewhere{.teacher = other,
                                  .recipe = job.recipe,
                                  .out = job.out,
                                  .train = images,
                                  .device = job.device,
                                  .start = TrainingStart::resume};
  EXPECT_THAT(diagnosis_of([&] { distill(elsewhere); }), Says(ErrorKind::usage, "E0422", "the soft labels"));
  EXPECT_TRUE(distill(job).finished);
  EXPECT_EQ(contents_of(job.out), contents_of(folder / "whole"));
}

TEST(Saturation, IsTheMedianGapAndTheShareOfCertainAnswers) {
  const std::vector<float> logits = {0, 5, 1, /**/ 0, 30, 1, /**/ 100, 0, 0};
  const Saturation found =
      saturation_of(Tensor::from_host(std::span<const float>(logits), {3, 3}, Device::reference()));
  EXPECT_DOUBLE_EQ(found.median_gap, 29);
  EXPECT_DOUBLE_EQ(found.certain_share, 2.0 / 3);
}

}  // namespace
}  // namespace weir
