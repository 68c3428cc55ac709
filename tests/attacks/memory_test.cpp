#include <fmt/format.h>
#include <gtest/gtest.h>

#include "attacks/registry.h"
#include "tensor/device.h"
#include "tensor/vendors/vendors.h"
#include "tests/attacks/networks.h"
#include "tests/support/thread_budget.h"

namespace weir {
namespace {

const Shape one_image{1, 3, 8, 8};
constexpr Index classes = 10;

/// A row of the table in docs/performance.md: what an attack holds for each image, in images of float32,
/// beside the image itself and the network's own pieces, when all rows take every step.
struct Holding {
  std::string attack;
  OptionTexts options;
  double images;
};

double deepfool_holds(double candidates) { return std::max(8 + candidates, 4 + 2 * candidates); }

std::vector<Holding> table() {
  return {
      {"fgsm", {{"eps", "1e-6"}}, 7},
      {"igsm", {{"eps", "1e-6"}}, 7},
      {"mi-fgsm", {{"eps", "1e-6"}}, 10},
      {"noise", {{"eps", "1e-6"}}, 7},
      {"pgd", {{"eps", "1e-6"}, {"iterations", "3"}}, 8},
      {"pgd", {{"eps", "1e-6"}, {"iterations", "3"}, {"norm", "l2"}}, 10},
      {"apgd", {{"eps", "1e-6"}, {"iterations", "3"}}, 16},
      {"apgd", {{"eps", "1e-6"}, {"iterations", "3"}, {"norm", "l2"}}, 16},
      {"battery", {{"eps", "1e-6"}, {"iterations", "3"}}, 20},
      {"deepfool", {{"steps", "3"}, {"candidates", "4"}}, deepfool_holds(3)},
      {"deepfool", {{"steps", "3"}}, deepfool_holds(9)},
      {"jsma", {{"theta", "1e-6"}, {"gamma", "0.1"}, {"candidates", "3"}}, 7 * 3},
      {"jsma", {{"theta", "1e-6"}, {"gamma", "0.1"}}, 7 * 9},
      {"jsma", {{"theta", "1e-6"}, {"gamma", "0.1"}, {"on", "logits"}}, 8.5 * 9},
      {"cw", {{"iterations", "3"}, {"abort", "never"}, {"batch", "256"}}, 11},
      {"cw", {{"iterations", "3"}, {"abort", "never"}, {"batch", "16"}}, 6},
  };
}

class AttackMemory : public testing::TestWithParam<std::size_t> {};

/// The most that an attack on so many images holds at a time, in images: on a device of its own, since a
/// device's high-water mark never falls.
double most_images_held(const Attack& attack, Index rows) {
  Device device("counted", Executor::serial, host_memory(), reference_vendor());
  const auto network = perceptron({one_image.volume(), 8, classes}, {7}, device);
  Evaluator evaluator(*network, device);
  const AttackTask task = random_task(evaluator, one_image.with_rows(rows), 3);
  const std::size_t before = device.pool().statistics().bytes_in_use;
  attack(evaluator, task);
  const std::size_t most = device.pool().statistics().peak_bytes_in_use - before;
  return static_cast<double>(most) / (static_cast<double>(one_image.volume()) * sizeof(float));
}

TEST_P(AttackMemory, IsSoManyImagesForEachRow) {
  const ThreadBudget one(1);  // how many pieces are alive at a time is chance otherwise
  const Holding row = table()[GetParam()];
  const auto attack = make_attack(row.attack, row.options);
  for (const Index rows : {128, 256}) {
    const double held = most_images_held(*attack, rows) / static_cast<double>(rows);
    EXPECT_NEAR(held, row.images, 0.1 * row.images) << rows << " rows";
  }
}

INSTANTIATE_TEST_SUITE_P(Table, AttackMemory, testing::Range<std::size_t>(0, table().size()),
                         [](const auto& row) {
                           std::string name = table()[row.param].attack;
                           std::erase(name, '-');
                           return fmt::format("{}_{}", row.param, name);
                         });

}  // namespace
}  // namespace weir
