// Lesson 11: what does one feature map do? Take it away while the network computes, and ask again.
//
// Reading a value needs no edit, since every value is on the tape by its path. An edit replaces values, or
// gradients on their way back, wherever a path matches its pattern. The gradient of an edited value flows on
// as if nothing had been done to it; a map that shall be dead for gradients, too, needs a second edit of
// Edited::gradient. An edit that matches nothing is an error: the evaluator asks the tape for such edits
// after each forward pass.
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"

using namespace weir;

constexpr Index images = 16, maps_tried = 8;

/// maps [N,C,H,W] with one channel zero.
Tensor without_map(const Tensor& maps, Index map) {
  std::vector<float> values = maps.to_host();
  const Index channels = maps.shape()[1], area = maps.shape()[2] * maps.shape()[3];
  for (std::size_t i = 0; i < values.size(); ++i)
    if (static_cast<Index>(i) / area % channels == map) values[i] = 0;
  return Tensor::from_host(std::span<const float>(values), maps.shape(), maps.device());
}

/// Logits of all images while one map of the third convolution is zero. [N, classes]
Tensor logits_without(Classroom& room, Index map) {
  const std::vector<Edit> edits{
      {"conv3/*", Edited::value, [=](const Tensor& maps) { return without_map(maps, map); }}};
  Tensor logits;
  room.evaluator.visit(room.images, {.record = Record::nothing, .edits = &edits},
                       [&](Piece& piece) { logits = piece.output.value(); });  // 16 images are one piece
  return logits;
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(images);
  const Tensor whole = room.evaluator.logits(room.images);
  std::vector<ChartLine> bars;
  double largest = 0;
  for (Index map = 0; map < maps_tried; ++map) {
    const Tensor change = logits_without(room, map) - whole;
    const double mean = dot(change, sign(change)) / (images * class_count);
    lesson.show(fmt::format("without map {} of conv3, a logit moves by", map), mean);
    const double x = static_cast<double>(map);
    bars.push_back({.colour = "var(--fgsm)", .width = 12, .points = {{x, 0}, {x, mean}}});
    largest = std::max(largest, mean);
  }
  lesson.claim("one of eight maps does something", largest > 0.1);
  lesson.picture("11_ablation.svg", {.title = "Without one map of conv3",
                                     .x_label = "map",
                                     .y_label = "mean change of a logit",
                                     .alternative = "Some maps move the logits much, others hardly.",
                                     .x_ticks = Ticks::whole,
                                     .lines = bars});
  return lesson.status();
}
