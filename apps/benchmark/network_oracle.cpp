#include "apps/benchmark/network_oracle.h"

#include <algorithm>
#include <cmath>

#include "apps/benchmark/training_step.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"
#include "tensor/workers.h"

namespace weir {

SeedRule loss_seeds(Device& device, Index images, DType dtype) {
  const Tensor labels = one_hot(some_labels(images, device), study_classes, dtype);
  return [labels](const Tensor& logits, RowRange rows) {
    return softmax(logits) - labels.batch_slice(rows.first, rows.count);
  };
}

SeedRule class_seeds() {
  return [](const Tensor& logits, RowRange rows) {
    std::vector<std::int32_t> classes(static_cast<std::size_t>(study_classes * rows.count));
    for (std::size_t i = 0; i < classes.size(); ++i)
      classes[i] = static_cast<std::int32_t>(static_cast<Index>(i) / rows.count);
    const auto labels = Labels::from_host(std::span<const std::int32_t>(classes), logits.device());
    return one_hot(labels, study_classes, logits.dtype());
  };
}

Deviation deviation(std::span<const double> found, std::span<const double> expected) {
  expects(found.size() == expected.size(), "{} values for {}", found.size(), expected.size());
  double error = 0, largest = 0, squares = 0, length = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(found[i] - expected[i]);
    error = difference > error || std::isnan(difference) ? difference : error;
    largest = std::max(largest, std::abs(expected[i]));
    squares += difference * difference;
    length += expected[i] * expected[i];
  }
  return {.largest = largest > 0 ? error / largest : error,
          .distance = length > 0 ? std::sqrt(squares / length) : std::sqrt(squares)};
}

NetworkOracle::NetworkOracle(const BenchNetwork& network)
    : network_(network), exact_(network.on(Device::reference(), DType::f64)) {}

double NetworkOracle::logit_tolerance() const {
  double terms = 0;
  for (const LayerRow& row : layer_table(network_.architecture()))
    if (row.multiply_adds > 0)
      terms += static_cast<double>(row.multiply_adds) / static_cast<double>(row.output.volume());
  return 8 * std::sqrt(terms) * 0x1p-24;
}

/// `passes`: what the answer costs, in forward passes.
Index NetworkOracle::images_for(double passes) const {
  constexpr double operations = 3e9;  // seconds, in plain loops
  return std::clamp(static_cast<Index>(operations / (passes * network_.operations())), Index{1}, most_images);
}

/// Image by image, each on a worker: the reference device itself uses one thread.
NetworkOracle::Expected NetworkOracle::gradients(const SeedRule& seeds, Index cotangents, Index images) {
  Evaluator evaluator(*exact_, Device::reference());
  const Tensor batch = noise_images(images, Device::reference(), DType::f64);
  const std::size_t volume = static_cast<std::size_t>(batch.shape().row_volume());
  Expected expected{cotangents, images,
                    std::vector<double>(volume * static_cast<std::size_t>(cotangents * images))};
  run_pieces(images, [&](Index image) {
    const SeedRule mine = [&](const Tensor& logits, RowRange) { return seeds(logits, {image, 1}); };
    const std::vector<double> found =
        evaluator.query(batch.batch_slice(image, 1), mine, cotangents).gradients.to_host_double();
    for (Index k = 0; k < cotangents; ++k)
      std::copy_n(found.begin() + k * static_cast<Index>(volume), volume,
                  expected.values.begin() + (k * images + image) * static_cast<Index>(volume));
  });
  return expected;
}

/// found [K, N, ...] and expected [K, n, ...], on the images that both have.
Deviation NetworkOracle::compare(const Tensor& found, const Expected& expected) {
  const std::vector<double> values = found.to_host_double();
  const auto cotangents = static_cast<std::size_t>(expected.cotangents);
  const std::size_t ours = values.size() / cotangents, theirs = expected.values.size() / cotangents;
  const std::size_t shared = std::min(ours, theirs);
  std::vector<double> a, b;
  for (std::size_t k = 0; k < cotangents; ++k) {
    const auto mine = std::span(values).subspan(k * ours, shared);
    const auto right = std::span(expected.values).subspan(k * theirs, shared);
    a.insert(a.end(), mine.begin(), mine.end());
    b.insert(b.end(), right.begin(), right.end());
  }
  return deviation(a, b);
}

Deviation NetworkOracle::of_logits(const Tensor& found) {
  if (!logits_) {
    const Index images = images_for(1);
    Evaluator evaluator(*exact_, Device::reference());
    const Tensor batch = noise_images(images, Device::reference(), DType::f64);
    std::vector<Tensor> rows(static_cast<std::size_t>(images));
    run_pieces(images, [&](Index image) {
      rows[static_cast<std::size_t>(image)] = evaluator.logits(batch.batch_slice(image, 1));
    });
    logits_ = {1, images, concatenate(rows).to_host_double()};
  }
  return compare(found, *logits_);
}

Deviation NetworkOracle::of_loss_gradients(const Tensor& found) {
  if (!loss_gradients_) {
    const Index images = images_for(2);
    loss_gradients_ = gradients(loss_seeds(Device::reference(), images, DType::f64), 1, images);
  }
  return compare(found, *loss_gradients_);
}

Deviation NetworkOracle::of_class_gradients(const Tensor& found) {
  if (!class_gradients_)
    class_gradients_ = gradients(class_seeds(), study_classes, images_for(1 + study_classes));
  return compare(found, *class_gradients_);
}

Deviation NetworkOracle::of_parameter_gradients(std::span<const double> found) {
  if (!parameter_gradients_)
    parameter_gradients_ =
        TrainingStep(network_, Device::reference(), {.batch = training_images, .dtype = DType::f64})
            .gradients();
  return deviation(found, *parameter_gradients_);
}

}  // namespace weir
