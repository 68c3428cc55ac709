// Lesson 7: DeepFool, or how far away is the nearest decision boundary?
//
// Between the cat's class y and another class k lies the surface where f_k = z_k - z_y is zero. Were the
// network affine, that surface would be a plane with normal w_k = df_k / dx at distance |f_k| / |w_k|.
// DeepFool goes to the nearest of the nine planes, finds that the network is not quite affine, and repeats.
#include "docs/lessons/classroom.h"
#include "docs/lessons/lesson.h"

using namespace weir;

/// The plane of class k as seen from x: f_k < 0 while the label leads, and its normal.
struct Boundary {
  std::int32_t other = 0;
  double f = 0;
  Tensor normal;
  double distance() const { return std::abs(f) / length(normal); }
};

/// Nearest first. All nine normals come out of one forward pass: cotangent k is e_k - e_y.
std::vector<Boundary> boundaries(Evaluator& evaluator, const Tensor& x, std::int32_t label) {
  std::vector<std::int32_t> others;
  for (std::int32_t k = 0; k < class_count; ++k)
    if (k != label) others.push_back(k);
  const auto seeds = [&](const Tensor& logits, RowRange) {
    std::vector<float> rows(others.size() * class_count, 0);
    for (std::size_t i = 0; i < others.size(); ++i) {
      rows[i * class_count + static_cast<std::size_t>(others[i])] = 1;
      rows[i * class_count + static_cast<std::size_t>(label)] = -1;
    }
    return Tensor::from_host(std::span<const float>(rows), {std::ssize(others), class_count},
                             logits.device());
  };
  const Answer answer = evaluator.query(x, seeds, std::ssize(others));
  const std::vector<double> z = answer.logits.to_host_double();
  const Tensor normals = answer.gradients.reshaped({std::ssize(others), 3, image_side, image_side});
  std::vector<Boundary> found;
  for (std::size_t i = 0; i < others.size(); ++i)
    found.push_back({others[i], z[static_cast<std::size_t>(others[i])] - z[static_cast<std::size_t>(label)],
                     normals.batch_slice(static_cast<Index>(i), 1)});
  std::ranges::sort(found, {}, &Boundary::distance);
  return found;
}

bool still(Evaluator& evaluator, const Tensor& x, std::int32_t label) {
  return predicted_class(evaluator.logits(x).to_host_double()) == label;
}

/// How far along a direction of length 1 the answer changes first, to a hundredth; `most` if it does not.
double first_change(Evaluator& evaluator, const Tensor& x, const Tensor& direction, std::int32_t label,
                    double most) {
  for (double at = 0; at < most; at += 0.01)
    if (!still(evaluator, add_scaled(x, at, direction), label)) return at;
  return most;
}

/// The plane through x: `across` to the right, `up` upwards. A colour a class, paler near a boundary.
RgbPicture slice(Evaluator& evaluator, const Tensor& x, const Tensor& across, const Tensor& up, double reach,
                 double gone) {
  constexpr Index middle = 20, cells = 2 * middle + 1;
  constexpr std::array colours{"accent", "normal", "good", "clean", "fair",
                               "fgsm",   "igsm",   "jsma", "poor",  "cw"};
  RgbPicture picture{.width = cells, .height = cells, .pixels = {}};
  for (Index row = middle; row >= -middle; --row) {
    std::vector<Tensor> line;
    for (Index column = -middle; column <= middle; ++column)
      line.push_back(add_scaled(add_scaled(x, static_cast<double>(column) / middle * reach, across),
                                static_cast<double>(row) / middle * reach, up));
    for_each_row(evaluator.logits(concatenate(line)), [&](Index i, std::span<const double> z) {
      const std::int32_t answer = predicted_class(z);
      const bool on_path = row == 0 && i >= middle && i <= middle + std::lround(gone / reach * middle);
      const double strength = on_path ? 1 : std::min(1.0, 0.2 + lead_of(z, answer) / 8);
      const auto parts = rgb(
          mixed("#ffffff", colour(on_path ? "ink" : colours[static_cast<std::size_t>(answer)]), strength));
      picture.pixels.insert(picture.pixels.end(), parts.begin(), parts.end());
    });
  }
  return enlarged(picture, 8);
}

int main(int count, char** words) {
  Lesson lesson(count, words);
  Classroom room(1, our_cat);
  const std::int32_t cat = room.labels[0];
  constexpr double overshoot = 1.02, a_little_more = 1e-4;  // as in the authors' program

  const std::vector<Boundary> planes = boundaries(room.evaluator, room.images, cat);
  fmt::print("nearest planes: {}, {}\n", name_of(planes[0].other), name_of(planes[1].other));
  lesson.show("distance of the first, were the network affine", planes[0].distance());
  lesson.show("distance of the second", planes[1].distance());
  lesson.show("distance of the ninth", planes[8].distance());
  Tensor total = 0.0 * room.images, x = room.images;
  double steps = 0;
  while (still(room.evaluator, x, cat) && steps++ < 50) {
    const Boundary nearest = boundaries(room.evaluator, x, cat).front();
    total = add_scaled(total, (nearest.distance() + a_little_more) / length(nearest.normal), nearest.normal);
    x = add_scaled(room.images, overshoot, total);
  }
  const double gone = length(x - room.images);
  lesson.show("steps until the answer changed", steps);
  lesson.show("distance gone", gone);

  const Outcome outcome = room.attacked("deepfool", {{"reading", "reference"}});
  lesson.agree("Weir's DeepFool, reading of its authors", outcome.records[0].distortion.l2, gone, 1e-5);

  // Straight ahead in DeepFool's direction the change comes no later; in a random direction, much later.
  const Tensor ahead = unit(x - room.images);
  const Tensor any = normal(room.images.shape(), 0, 1, Rng{.seed = 7}, room.device);
  const auto at_right_angles = [&](const Tensor& direction) {
    return unit(add_scaled(direction, -dot(direction, ahead), ahead));
  };
  const double boundary = first_change(room.evaluator, room.images, ahead, cat, gone);
  const double elsewhere = first_change(room.evaluator, room.images, at_right_angles(any), cat, 4);
  lesson.show("first change straight ahead", boundary);
  lesson.show("first change in a random direction (4: none up to there)", elsewhere);
  lesson.claim("the nearest boundary is not where chance looks", elsewhere > 5 * boundary);
  if (lesson.draws())
    lesson.picture("07_slice.png", slice(room.evaluator, room.images, ahead,
                                         at_right_angles(planes[1].normal), 3 * gone, gone));
  return lesson.status();
}
