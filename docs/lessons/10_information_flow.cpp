// Lesson 10: what happens inside? The information path of clean, noisy and adversarial images.
//
// How much does knowing one feature map's value at a place tell about another's? That is mutual information:
//   I(a; b) = sum over symbols i, j of p(i, j) ln( p(i, j) / (p(i) p(j)) )
// The values of a map become symbols 0 to 8 first. IIP: a layer's maps against the colours of the image. OIP:
// against the maps of the last convolution. One number a layer each: a path from the image to the answer.
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"
#include "infoflow/compare.h"
#include "infoflow/mutual_information.h"
#include "infoflow/tracer.h"

using namespace weir;

constexpr Index images = 8;

/// By definition, with a dictionary.
double information_by_hand(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  std::map<std::pair<int, int>, double> both;
  std::map<int, double> one, other;
  const double share = 1.0 / static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    both[{a[i], b[i]}] += share, one[a[i]] += share, other[b[i]] += share;
  double information = 0;
  for (const auto& [pair, p] : both) information += p * std::log(p / (one[pair.first] * other[pair.second]));
  return information;
}

std::vector<double> mean_path(const std::vector<Path>& paths, std::vector<double> Path::*which) {
  std::vector<double> mean((paths[0].*which).size(), 0);
  for (const Path& path : paths)
    for (std::size_t k = 0; k < mean.size(); ++k)
      mean[k] += (path.*which)[k] / static_cast<double>(paths.size());
  return mean;
}

/// The mean over images of how far each one's own path has moved.
Distances moved(const std::vector<Path>& from, const std::vector<Path>& to) {
  Distances sum;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const Distances one = distance(from[i], to[i]);
    sum.iip += one.iip / static_cast<double>(from.size()),
        sum.oip += one.oip / static_cast<double>(from.size());
  }
  return sum;
}

/// Noise of the same length as each image's perturbation.
Tensor noise_as_long_as(const Tensor& changed, const Tensor& original, Device& device) {
  std::vector<Tensor> rows;
  for (Index i = 0; i < original.rows(); ++i) {
    const Tensor any = normal({1, 3, image_side, image_side}, 0, 1,
                              Rng{.seed = 10}.split(static_cast<std::uint64_t>(i)), device);
    const double wanted = length(changed.batch_slice(i, 1) - original.batch_slice(i, 1));
    rows.push_back(clip(add_scaled(original.batch_slice(i, 1), wanted / length(any), any), Range{-1, 1}));
  }
  return concatenate(rows);
}

ChartLine line_of(const std::vector<double>& path, const char* name, const char* colour) {
  ChartLine line{.name = name, .colour = colour, .width = 3};
  for (std::size_t k = 0; k < path.size(); ++k) line.points.push_back({static_cast<double>(k + 1), path[k]});
  return line;
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  const std::vector<std::uint8_t> steps{0, 1, 2, 3, 4, 5, 6, 7, 8}, a{0, 0, 0, 1}, b{0, 1, 0, 1},
      flat{3, 3, 3, 3};
  lesson.agree("a map tells of itself: ln 9", mutual_information(steps, steps), std::log(9), 1e-9);
  lesson.agree("{0,0,0,1} tells of {0,1,0,1}", mutual_information(a, b), information_by_hand(a, b), 1e-9);
  lesson.agree("a constant map tells of nothing", mutual_information(a, flat), 0, 0);

  Classroom room(images);
  const Outcome outcome = room.attacked("igsm", {{"eps", "0.025"}, {"step", "0.004"}, {"iterations", "10"}});
  const Tensor noisy = noise_as_long_as(outcome.images, room.images, room.device);
  const std::vector<Path> clean = information_paths(room.evaluator, room.images),
                          noise = information_paths(room.evaluator, noisy),
                          adversarial = information_paths(room.evaluator, outcome.images);
  lesson.show("images", images);
  lesson.show("of these, fooled by IGSM", static_cast<double>(fooled(outcome)));
  lesson.show("convolution layers", static_cast<double>(clean[0].iip.size()));

  const Distances by_noise = moved(clean, noise), by_attack = moved(clean, adversarial);
  lesson.show("IIP moves under noise, nats", by_noise.iip);
  lesson.show("IIP moves under attack, nats", by_attack.iip);
  lesson.show("OIP moves under noise, nats", by_noise.oip);
  lesson.show("OIP moves under attack, nats", by_attack.oip);
  lesson.claim("the attack bends the path to the output more than noise of its size",
               by_attack.oip > 1.5 * by_noise.oip);

  const auto chart = [&](const char* title, std::vector<double> Path::*which) {
    return LineChart{.title = title,
                     .x_label = "convolution layer",
                     .y_label = "mutual information, nats",
                     .alternative = "Three curves over fifteen layers: clean, noisy and adversarial images.",
                     .x_ticks = Ticks::whole,
                     .lines = {line_of(mean_path(clean, which), "clean", "var(--normal)"),
                               line_of(mean_path(noise, which), "noise", "var(--igsm)"),
                               line_of(mean_path(adversarial, which), "attack", "var(--fgsm)")}};
  };
  lesson.picture("10_input_path.svg", chart("Information shared with the image (IIP)", &Path::iip));
  lesson.picture("10_output_path.svg", chart("Information shared with the last layer (OIP)", &Path::oip));
  return lesson.status();
}
