#include "models/evaluate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "tensor/argmax.h"

namespace weir {
namespace {

constexpr Index rows_at_a_time = 1024;  // bounds memory; results do not depend on it
constexpr std::size_t bin_count = 15;

struct Verdict {
  bool correct = false;
  double confidence = 0;
  double loss = 0;
};

Verdict judge(std::span<const float> logits, std::int32_t label) {
  const Index best = argmax(logits);
  const double peak = best < 0 ? std::nan("") : logits[static_cast<std::size_t>(best)];
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - peak);
  if (!std::isfinite(sum))
    fail({.kind = ErrorKind::numerical,
          .code = "E0503",
          .message = "a logit is not finite",
          .note = "the weights or the images hold NaN or infinity"});
  return {.correct = best == label,
          .confidence = 1 / sum,
          .loss = std::log(sum) + peak - static_cast<double>(logits[static_cast<std::size_t>(label)])};
}

/// A network with another number of classes, or one that ends in a map, is no classifier of these images.
void expect_answers(const Tensor& logits, std::span<const std::int32_t> labels) {
  const Shape& shape = logits.shape();
  for (const std::int32_t label : labels) {
    if (shape.rank() == 2 && label >= 0 && label < shape[1]) continue;
    fail({.message = fmt::format("an image of class {} cannot be judged by answers of shape {}", label,
                                 to_string(shape)),
          .note = "a network for these images ends with one number for each class, [N, classes]",
          .help = "`weir models MODEL` shows what each of its layers gives"});
  }
}

/// Sums over images; means are taken once, at the end, so that the cut into chunks leaves no trace.
struct Tally {
  struct Bin {
    double confidence = 0;
    Index correct = 0;
  };
  Evaluation sum;
  std::array<Bin, bin_count> bins = {};

  void add(const Tensor& logits, std::span<const std::int32_t> labels) {
    expect_answers(logits, labels);
    const std::vector<float> values = logits.to_host();
    const std::size_t classes = static_cast<std::size_t>(logits.shape()[1]);
    for (std::size_t row = 0; row < labels.size(); ++row)
      add(judge(std::span(values).subspan(row * classes, classes), labels[row]));
  }

  void add(const Verdict& verdict) {
    ++sum.count;
    sum.correct += verdict.correct ? 1 : 0;
    sum.loss += verdict.loss;
    sum.mean_confidence += verdict.confidence;
    const double position = verdict.confidence * static_cast<double>(bin_count);
    Bin& bin = bins[std::min(static_cast<std::size_t>(position), bin_count - 1)];
    bin.confidence += verdict.confidence;
    bin.correct += verdict.correct ? 1 : 0;
  }

  Evaluation result() const {
    Evaluation mean = sum;
    if (sum.count == 0) return mean;
    const double n = static_cast<double>(sum.count);
    mean.loss /= n;
    mean.mean_confidence /= n;
    for (const Bin& bin : bins)
      mean.calibration_error += std::abs(bin.confidence - static_cast<double>(bin.correct)) / n;
    return mean;
  }
};

}  // namespace

Tensor image_tensor(const ImageSet& images, RowRange rows, Device& device) {
  std::vector<Index> wanted(static_cast<std::size_t>(rows.count));
  std::iota(wanted.begin(), wanted.end(), rows.first);
  const std::vector<float> values = gather_floats(images, wanted);
  return Tensor::from_host(std::span<const float>(values),
                           {rows.count, image_channels, image_side, image_side}, device);
}

Evaluation evaluate(Evaluator& evaluator, const ImageSet& images, Index limit) {
  const Index count = limit > 0 ? std::min(limit, images.count()) : images.count();
  Tally tally;
  for (Index first = 0; first < count; first += rows_at_a_time) {
    const RowRange rows{first, std::min(rows_at_a_time, count - first)};
    const Tensor logits = evaluator.logits(image_tensor(images, rows, evaluator.device()));
    tally.add(logits,
              std::span(images.labels)
                  .subspan(static_cast<std::size_t>(rows.first), static_cast<std::size_t>(rows.count)));
  }
  return tally.result();
}

Evaluation evaluate(const Tensor& logits, std::span<const std::int32_t> labels) {
  expects(logits.rows() == static_cast<Index>(labels.size()), "{} rows of logits for {} labels",
          logits.rows(), labels.size());
  Tally tally;
  tally.add(logits, labels);
  return tally.result();
}

}  // namespace weir
