#include "tensor/tensor.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "tensor/kernels/convert.h"
#include "tensor/kernels/images.h"
#include "tensor/kernels/launch.h"

namespace weir {
namespace {

template <class Real>
Tensor upload(std::span<const Real> values, const Shape& shape, Device& device) {
  expects(static_cast<Index>(values.size()) == shape.volume(), "{} values for a tensor of shape {}",
          values.size(), to_string(shape));
  Tensor result = Tensor::uninitialised(shape, device, dtype_of<Real>());
  device.memory().copy_from_host(result.raw_overwrite(), values.data(), values.size_bytes());
  return result;
}

template <class Real>
std::vector<Real> download(const Tensor& plain) {
  std::vector<Real> values(static_cast<std::size_t>(plain.shape().volume()));
  plain.device().memory().copy_to_host(values.data(), plain.raw(), values.size() * sizeof(Real));
  return values;
}

}  // namespace

Tensor Tensor::uninitialised(const Shape& shape, Device& device, DType dtype, Layout layout) {
  expects(layout == Layout::plain || shape.rank() == 4,
          "{} is not an image tensor [N, C, H, W]: it has one layout", to_string(shape));
  expects(shape.rank() >= 1, "a tensor has at least one axis: one number is a tensor of shape [1]");
  checked_volume(shape);
  Tensor result;
  result.shape_ = shape;
  result.dtype_ = dtype;
  result.layout_ = layout;
  result.device_ = &device;
  const std::size_t bytes = static_cast<std::size_t>(result.storage()) * size_of(dtype);
  result.buffer_ = std::make_shared<Buffer>(device.pool(), std::max<std::size_t>(bytes, 1));
#ifdef WEIR_CHECKS
  device.memory().fill(result.buffer_->data(), 0xFF, bytes);  // all ones is a NaN in every element type
#endif
  return result;
}

Tensor Tensor::zeros(const Shape& shape, Device& device, DType dtype, Layout layout) {
  Tensor result = uninitialised(shape, device, dtype, layout);
  device.memory().fill(result.raw_overwrite(), 0,
                       static_cast<std::size_t>(result.storage()) * size_of(dtype));
  return result;
}

Tensor Tensor::filled(const Shape& shape, double value, Device& device, DType dtype) {
  const std::vector<double> values(static_cast<std::size_t>(checked_volume(shape)), value);
  return from_host(std::span<const double>(values), shape, device).as(dtype);
}

Tensor Tensor::from_host(std::span<const float> values, const Shape& shape, Device& device) {
  return upload(values, shape, device);
}

Tensor Tensor::from_host(std::span<const double> values, const Shape& shape, Device& device) {
  return upload(values, shape, device);
}

Tensor Tensor::like(const Tensor& other) {
  return uninitialised(other.shape(), other.device(), other.dtype(), other.layout());
}

Tensor Tensor::reshaped(const Shape& shape) const {
  require_value();
  expects(shape.rank() >= 1, "a tensor has at least one axis: one number is a tensor of shape [1]");
  expects(layout_ == Layout::plain, "only plain tensors are reshaped; use in(Layout::plain) first");
  expects(checked_volume(shape) == shape_.volume(), "{} cannot be seen as {}: {} and {} elements",
          to_string(shape_), to_string(shape), shape_.volume(), shape.volume());
  Tensor result = *this;
  result.shape_ = shape;
  return result;
}

Tensor Tensor::batch_slice(Index first, Index count) const {
  require_value();
  expects(first >= 0 && count >= 0 && first + count <= rows(), "rows [{}, {}) of {}", first, first + count,
          to_string(shape_));
  Tensor result = *this;
  const Index row_bytes = storage_volume(shape_.with_rows(1), layout_) * static_cast<Index>(size_of(dtype_));
  result.offset_ += static_cast<std::size_t>(first * row_bytes);
  result.shape_ = shape_.with_rows(count);
  return result;
}

Tensor Tensor::to(Device& device) const {
  require_value();
  if (&device == device_) return *this;
  const std::size_t bytes = static_cast<std::size_t>(storage()) * size_of(dtype_);
  std::vector<std::byte> staged(bytes);
  device_->memory().copy_to_host(staged.data(), raw(), bytes);
  Tensor result = uninitialised(shape_, device, dtype_, layout_);
  device.memory().copy_from_host(result.raw_overwrite(), staged.data(), bytes);
  return result;
}

Tensor Tensor::as(DType dtype) const {
  require_value();
  if (dtype == dtype_) return *this;
  Tensor result = uninitialised(shape_, *device_, dtype, layout_);
  with_element(dtype_, [&](auto from) {
    with_element(dtype, [&](auto to) {
      using From = decltype(from);
      using To = decltype(to);
      for_each_index(*device_, storage(), Convert<From, To>{read<From>(layout_), result.overwrite<To>()});
    });
  });
  return result;
}

Tensor Tensor::in(Layout layout) const {
  require_value();
  if (layout == layout_) return *this;
  if (layout != Layout::plain && layout_ != Layout::plain) return in(Layout::plain).in(layout);
  Tensor result = uninitialised(shape_, *device_, dtype_, layout);
  const bool blocks = layout == Layout::blocks_of_16 || layout_ == Layout::blocks_of_16;
  const BlockedImages blocked{shape_[0], shape_[1], shape_[2], shape_[3]};
  const ChannelsLastImages last{shape_[0], shape_[1], shape_[2], shape_[3]};
  with_element(dtype_, [&](auto zero) {
    using Real = decltype(zero);
    const Real* x = read<Real>(layout_);
    Real* y = result.overwrite<Real>();
    const auto run = [&](Index count, const auto& kernel, Index work) {
      for_each_index(*device_, count, kernel, work);
    };
    const Index pixels = last.count * last.pixels();
    if (blocks && layout == Layout::plain)
      run(blocked.cells(), BlocksToPlain<Real>{blocked, x, y}, block_width);
    else if (blocks)
      run(blocked.cells(), PlainToBlocks<Real>{blocked, x, y}, block_width);
    else if (layout == Layout::plain)
      run(pixels, ChannelsLastToPlain<Real>{last, x, y}, last.channels);
    else
      run(pixels, PlainToChannelsLast<Real>{last, x, y}, last.channels);
  });
  return result;
}

std::vector<float> Tensor::to_host() const {
  require(DType::f32, layout_);
  return download<float>(in(Layout::plain));
}

std::vector<double> Tensor::to_host_double() const {
  return download<double>(as(DType::f64).in(Layout::plain));
}

double Tensor::item() const {
  require_value();
  expects(shape_.volume() == 1, "item() of {}: it has {} elements", to_string(shape_), shape_.volume());
  return to_host_double().front();
}

void* Tensor::data() const { return static_cast<std::byte*>(buffer_->data()) + offset_; }

void Tensor::require_value() const { expects(defined(), "a tensor without a value was read"); }

void Tensor::require(DType dtype, Layout layout) const {
  require_value();
  if (dtype == dtype_ && layout == layout_) return;  // before texts are made: every pointer comes by here
  expects(dtype == dtype_, "tensor {} holds {}, read as {}", to_string(shape_), to_string(dtype_),
          to_string(dtype));
  expects(layout == layout_, "tensor {} lies in layout {}, this code wants {}", to_string(shape_),
          to_string(layout_), to_string(layout));
}

void Tensor::unshare(Contents contents) {
  if (buffer_.use_count() == 1) {
    // The count is read relaxed: what another thread read before it let go must not be seen after our writes.
    std::atomic_thread_fence(std::memory_order_acquire);
    return buffer_->touch();
  }
  const Tensor old = *this;
  *this = uninitialised(shape_, *device_, dtype_, layout_);
  if (contents == Contents::kept)
    device_->memory().copy(data(), old.data(), static_cast<std::size_t>(storage()) * size_of(dtype_));
}

Tensor concatenate(std::span<const Tensor> pieces) {
  expects(!pieces.empty(), "concatenate needs at least one tensor");
  const Tensor& first = pieces.front();
  Index rows = 0;
  for (const Tensor& piece : pieces) {
    expects(piece.defined(), "a tensor without a value in a concatenation");
    expects(piece.shape().with_rows(0) == first.shape().with_rows(0) && piece.dtype() == first.dtype() &&
                &piece.device() == &first.device(),
            "{} cannot follow {} in a concatenation", to_string(piece.shape()), to_string(first.shape()));
    rows += piece.rows();
  }
  if (pieces.size() == 1) return first;
  Tensor result =
      Tensor::uninitialised(first.shape().with_rows(rows), first.device(), first.dtype(), first.layout());
  auto* to = static_cast<std::byte*>(result.raw_overwrite());
  for (const Tensor& piece : pieces) {
    const Tensor same = piece.in(first.layout());
    const std::size_t bytes = static_cast<std::size_t>(same.storage()) * size_of(same.dtype());
    first.device().memory().copy(to, same.raw(), bytes);
    to += bytes;
  }
  return result;
}

}  // namespace weir
