// Attacks one of the images that come along, and says what the network sees before and after.
#include "attacks/fgsm.h"
#include "data/cifar.h"
#include "data/home.h"
#include "models/weights.h"

int main() {
  using namespace weir;
  Device& device = Device::fastest();
  const auto stored = load_network(find_resource("models/pretrained/good-init.safetensors"), device);
  const ImageSet images = load_embedded(Split::test);
  const std::vector<Index> rows{1};
  Evaluator evaluator(*stored.network, device);
  const Outcome outcome = Fgsm({.eps = 0.05})(
      evaluator, {.images = Tensor::from_host(gather_floats(images, rows), {1, 3, 32, 32}, device),
                  .truth = Labels::from_host({images.labels.data() + 1, 1}, device)});
  const AttackRecord& record = outcome.records.front();
  fmt::print("{} -> {}\n", class_names[record.clean_class], class_names[record.adversarial_class]);
}
