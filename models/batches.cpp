#include "models/batches.h"

#include <algorithm>

#include "data/augment.h"
#include "data/shuffle.h"

namespace weir {
Var Batch::losses(const Var& logits, RowRange rows, double temperature) const {
  if (!soft_labels.defined()) return cross_entropy(logits, labels.slice(rows.first, rows.count), temperature);
  return cross_entropy(logits, soft_labels.batch_slice(rows.first, rows.count), temperature);
}

BatchStream::BatchStream(const TrainingData& data, const Recipe& recipe, Device& device)
    : data_(data),
      recipe_(recipe),
      device_(device),
      batch_rows_(std::min(recipe.batch, data.images.count())),
      count_(batch_rows_ > 0 ? data.images.count() / batch_rows_ : 0) {
  expects(count_ > 0, "there are no images to train on ({})", data.images.source);
  const auto classes = static_cast<std::size_t>(class_count);
  expects(data.soft_labels.empty() || data.soft_labels.size() == data.images.labels.size() * classes,
          "{} soft labels for {} images of {} classes", data.soft_labels.size(), data.images.count(),
          class_count);
  if (!device.is_host()) there_.emplace(data.images, device);
}

Batch BatchStream::take(Index epoch, Index batch) {
  const Place wanted{epoch, batch};
  Batch result = next_.valid() && next_place_ == wanted ? next_.get() : make(wanted);
  const bool ends_epoch = batch + 1 == count_;
  next_place_ = ends_epoch ? Place{epoch + 1, 0} : Place{epoch, batch + 1};
  next_ = std::async(std::launch::async, [this, place = next_place_] { return make(place); });
  return result;
}

std::vector<Index> BatchStream::rows_at(Place place) const {
  const std::lock_guard lock(order_mutex_);
  if (order_epoch_ != place.epoch) order_ = epoch_order(data_.images.count(), recipe_.seed, place.epoch);
  order_epoch_ = place.epoch;
  const auto first = order_.begin() + place.batch * batch_rows_;
  return {first, first + batch_rows_};
}

Tensor BatchStream::images_at(std::span<const Index> rows, Index epoch) const {
  const AugmentOptions options{.flip = recipe_.flip, .crop_padding = recipe_.crop, .seed = recipe_.seed};
  if (there_) return there_->batch(rows, options, epoch);
  std::vector<float> pixels(rows.size() * static_cast<std::size_t>(image_volume));
  fill_batch(data_.images, rows, options, epoch, pixels.data());
  return Tensor::from_host(std::span<const float>(pixels),
                           {batch_rows_, image_channels, image_side, image_side}, device_);
}

Batch BatchStream::make(Place place) const {
  const ImageSet& images = data_.images;
  const std::vector<Index> rows = rows_at(place);
  Batch batch;
  batch.images = images_at(rows, place.epoch);
  std::vector<float> soft;
  for (const Index row : rows) {
    batch.label_values.push_back(images.labels[static_cast<std::size_t>(row)]);
    if (data_.soft_labels.empty()) continue;
    const auto first = data_.soft_labels.begin() + row * class_count;
    soft.insert(soft.end(), first, first + class_count);
  }
  batch.labels = Labels::from_host(std::span<const std::int32_t>(batch.label_values), device_);
  if (!soft.empty())
    batch.soft_labels = Tensor::from_host(std::span<const float>(soft), {batch_rows_, class_count}, device_);
  return batch;
}

}  // namespace weir
