// Batch norm put in changes nothing, and folding takes it out again.
#include "models/insert_norm.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <gmock/gmock.h>

#include "layers/fold.h"
#include "layers/init.h"
#include "models/evaluate.h"
#include "models/weights.h"
#include "models/zoo.h"
#include "tensor/ops/softmax.h"
#include "tests/models/small_training.h"
#include "tests/support/approx.h"

namespace weir {
namespace {

TEST(InsertNorm, GivesTheSameLogitsAndUnitVariance) {
  Device& device = Device::fastest();
  const ImageSet images = small_images(300);
  const Architecture plain_form = small_architecture();
  const Architecture form = with_norm(plain_form, Norm::before_activation);
  const std::unique_ptr<Sequential> plain = build(plain_form, device);
  initialise_he(*plain, Rng{.seed = 3});
  plain->for_each_parameter(Module::Visitor([&](Parameter& value) {  // biases, and a channel that is still
    if (value.name == "conv1.bias") value.value = normal({8}, 0, 3, Rng{.seed = 4}, device);
    if (value.name != "conv1.weight") return;
    std::vector<float> values = value.value.to_host();
    std::fill_n(values.begin(), 27, 0.0f);
    value.value = Tensor::from_host(std::span<const float>(values), value.value.shape(), device);
  }));
  const std::unique_ptr<Sequential> normed = insert_batch_norm(*plain, form, images, 300);
  const Tensor batch = image_tensor(images, {0, 300}, device);
  const auto logits = [&](const Sequential& network) {
    return Evaluator(network, device).logits(batch).to_host();
  };
  const std::vector<float> wanted = logits(*plain), given = logits(*normed),
                           folded = logits(*fold_batch_norm(*normed));
  double largest = 0;
  for (const float value : wanted) largest = std::max(largest, std::abs(static_cast<double>(value)));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_NEAR(given[i], wanted[i], 1e-5 * largest);
    EXPECT_NEAR(folded[i], wanted[i], 1e-5 * largest);
  }
  // Still channel 0 keeps its variance, all others have 1; and the training pass sees what the running values
  // say.
  Tape tape({.mode = Mode::train, .record = Record::nothing});
  (*normed)(tape.constant(batch));
  int checked = 0;
  for (const Statistic& statistic : tape.statistics()) {
    const std::vector<float> running = statistic.buffer->value.to_host(), seen = statistic.value.to_host();
    for (std::size_t c = 0; c < running.size(); ++c) {
      const bool still = c == 0 && statistic.buffer->name.starts_with("bn1");
      if (statistic.buffer->name.ends_with("running_var")) {
        EXPECT_NEAR(running[c], still ? 0 : 1, 1e-5) << statistic.buffer->name << c;
      }
      EXPECT_NEAR(seen[c], running[c], 1e-3 * (1 + std::abs(running[c]))) << statistic.buffer->name << c;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 2 * (8 + 16));
}

/// The shipped original with the norms that its training had, and without them again. All 10,000 test images
/// where WEIR_CIFAR10 names the folder, else the 1,000 that come along.
TEST(FoldBatchNorm, TheOriginalGivesTheSameAnswersOnTheTestImages) {
  Device& device = Device::fastest();
  const char* const folder = std::getenv("WEIR_CIFAR10");
  const std::string data = folder == nullptr ? "embedded" : folder;
  const StoredNetwork original = load_network(find_weights("good-init"), device);
  const Architecture form = with_norm(original.architecture, Norm::before_activation);
  const auto normed = insert_batch_norm(*original.network, form, load_images(data, Split::train), 1000);
  const auto folded = fold_batch_norm(*normed);
  Evaluator with_norms(*normed, device), without(*folded, device);

  const ImageSet images = load_images(data, Split::test);
  Index other_answers = 0;
  for (Index first = 0; first < images.count(); first += 1000) {
    const Tensor batch = image_tensor(images, {first, 1000}, device);
    const Tensor before = with_norms.logits(batch), after = without.logits(batch);
    const Values wanted = before.to_host_double();
    EXPECT_TRUE(within(after.to_host_double(), wanted, Values(wanted.size(), 1e-4))) << "from row " << first;
    EXPECT_TRUE(enough_not_zero(wanted, 0.99));
    const auto answers = argmax_rows(before), answers_folded = argmax_rows(after);
    for (std::size_t i = 0; i < answers.size(); ++i) other_answers += answers[i] != answers_folded[i];
  }
  EXPECT_EQ(other_answers, 0);
}

}  // namespace
}  // namespace weir
