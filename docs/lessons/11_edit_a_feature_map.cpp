// Lesson: what does one feature map do? Take it away while the network computes, and ask again.
//
// Reading a value needs no edit, since every value is on the tape by its path. An edit replaces values, or
// gradients on their way back, wherever a path matches its pattern. The gradient of an edited value flows on
// as if nothing had been done to it; a map that shall be dead for gradients, too, needs a second edit of
// Edited::gradient. An edit that matches nothing is an error: the evaluator asks the tape for such edits
// after each forward pass.
#include <algorithm>

#include "data/home.h"
#include "layers/evaluator.h"
#include "models/evaluate.h"
#include "models/weights.h"

using namespace weir;

/// maps [N,C,H,W] with one channel zero.
Tensor without_map(const Tensor& maps, Index map) {
  std::vector<float> values = maps.to_host();
  const Index channels = maps.shape()[1], area = maps.shape()[2] * maps.shape()[3];
  for (std::size_t i = 0; i < values.size(); ++i)
    if (static_cast<Index>(i) / area % channels == map) values[i] = 0;
  return Tensor::from_host(std::span<const float>(values), maps.shape(), maps.device());
}

int main() {
  Device& device = Device::fastest();
  const StoredNetwork stored = load_network(find_resource("models/pretrained/good-init.safetensors"), device);
  const Tensor images = image_tensor(load_embedded(Split::test), {0, 32}, device);
  Evaluator evaluator(*stored.network, device);
  const std::vector<float> whole = evaluator.logits(images).to_host();

  double largest = 0;
  for (Index map = 0; map < 8; ++map) {
    const std::vector<Edit> edits{
        {"conv3/*", Edited::value, [=](const Tensor& maps) { return without_map(maps, map); }}};
    evaluator.visit(images, {.record = Record::nothing, .edits = &edits}, [&](Piece& piece) {
      const std::vector<float> logits = piece.output.value().to_host();
      double sum = 0;
      for (std::size_t i = 0; i < logits.size(); ++i) sum += std::abs(logits[i] - whole[i]);
      fmt::print("without map {} of conv3, a logit moves by {:.3f} on average\n", map,
                 sum / static_cast<double>(logits.size()));
      largest = std::max(largest, sum);
    });
  }
  return largest > 0 ? 0 : 1;  // one of eight maps does something
}
