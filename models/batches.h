/// The batches of a training run, each a function of (recipe, epoch, batch), the next one made while this one
/// is computed.
#pragma once

#include <future>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "autograd/functions.h"
#include "data/cifar.h"
#include "data/device_images.h"
#include "layers/evaluator.h"
#include "models/recipe.h"

namespace weir {

struct TrainingData {
  const ImageSet& images;
  /// [N, 10] class probabilities to learn from instead of the labels (distillation); empty: the labels.
  std::vector<float> soft_labels = {};
};

struct Batch {
  Tensor images;                           // [n, 3, 32, 32]
  std::vector<std::int32_t> label_values;  // [n]
  Labels labels;
  Tensor soft_labels;  // [n, 10] or undefined

  std::span<const std::int32_t> host_labels(RowRange rows) const {
    return std::span(label_values)
        .subspan(static_cast<std::size_t>(rows.first), static_cast<std::size_t>(rows.count));
  }
  /// One loss for each image of these rows: [rows].
  Var losses(const Var& logits, RowRange rows, double temperature) const;
};

class BatchStream {
 public:
  BatchStream(const TrainingData& data, const Recipe& recipe, Device& device);

  /// Batches of an epoch. The last images of an epoch's order that do not fill a batch are left out, since
  /// batch norm's statistics would be noisier there; the next epoch's order brings them in. Fewer images than
  /// a batch are one batch.
  Index count() const { return count_; }
  Batch take(Index epoch, Index batch);

 private:
  struct Place {
    Index epoch = 0;
    Index batch = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };
  Batch make(Place place) const;
  Tensor images_at(std::span<const Index> rows, Index epoch) const;
  std::vector<Index> rows_at(Place place) const;

  const TrainingData& data_;
  Recipe recipe_;
  Device& device_;
  Index batch_rows_;
  Index count_;
  std::optional<DeviceImages> there_;  // where the device is not the host
  mutable std::mutex order_mutex_;
  mutable Index order_epoch_ = -1;
  mutable std::vector<Index> order_;  // of that epoch: tens of thousands of draws
  Place next_place_;
  std::future<Batch> next_;
};

}  // namespace weir
