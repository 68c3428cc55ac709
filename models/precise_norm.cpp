#include "models/precise_norm.h"

#include <algorithm>
#include <map>

#include "layers/evaluator.h"
#include "models/evaluate.h"
#include "models/weights.h"

namespace weir {
namespace {

/// Sums over batches of what each batch reported for one buffer, and of the squares.
struct Moments {
  std::vector<double> sum, sum_of_squares;

  void add(const std::vector<double>& values) {
    sum.resize(values.size());
    sum_of_squares.resize(values.size());
    for (std::size_t c = 0; c < values.size(); ++c) {
      sum[c] += values[c];
      sum_of_squares[c] += values[c] * values[c];
    }
  }
};

using BatchMoments = std::map<std::string, Moments>;

BatchMoments moments_over_batches(Sequential& network, const ImageSet& images,
                                  const StatisticsOptions& options) {
  Evaluator evaluator(network, device_of(network));
  BatchMoments moments;
  const Index count = std::min(options.images, images.count());
  expects(count > 0, "there are no images to estimate statistics on ({})", images.source);
  const Index batch_rows = std::min(options.batch, count);
  const Index batches = count / batch_rows;
  for (Index b = 0; b < batches; ++b) {
    const Tensor batch = image_tensor(images, {b * batch_rows, batch_rows}, evaluator.device());
    const TapeOptions tape{.mode = Mode::train, .record = Record::nothing};
    evaluator.visit(batch, tape, [&](Piece& piece) {
      if (piece.number > 0) return;  // all pieces report the statistics of the whole batch
      for (const Statistic& statistic : piece.tape.statistics())
        moments[statistic.buffer->name].add(statistic.value.to_host_double());
    });
  }
  for (auto& [name, sums] : moments)
    for (std::size_t c = 0; c < sums.sum.size(); ++c) {
      sums.sum[c] /= static_cast<double>(batches);
      sums.sum_of_squares[c] /= static_cast<double>(batches);
    }
  return moments;
}

}  // namespace

void estimate_statistics(Sequential& network, const Architecture& architecture, const ImageSet& images,
                         const StatisticsOptions& options) {
  if (!has_norm(architecture)) return;
  const std::unique_ptr<Sequential> undropped = build(without_dropout(architecture), device_of(network));
  copy_values(network, *undropped);
  const BatchMoments moments = moments_over_batches(*undropped, images, options);
  network.for_each_buffer([&](Parameter& buffer) {
    std::vector<double> values = moments.at(buffer.name).sum;
    // Law of total variance: the mean of the batches' variances, and the variance of their means.
    constexpr std::string_view variance = "running_var", mean = "running_mean";
    if (buffer.name.ends_with(variance)) {
      const std::string stem = buffer.name.substr(0, buffer.name.size() - variance.size());
      const Moments& means = moments.at(stem + std::string(mean));
      for (std::size_t c = 0; c < values.size(); ++c)
        values[c] += means.sum_of_squares[c] - means.sum[c] * means.sum[c];
    }
    const Tensor& old = buffer.value;
    buffer.value =
        Tensor::from_host(std::span<const double>(values), old.shape(), old.device()).as(old.dtype());
  });
}

}  // namespace weir
