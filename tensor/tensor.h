/// The value that everything computes with: copying is cheap, and no copy can see another copy change.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tensor/buffer.h"
#include "tensor/device.h"
#include "tensor/types.h"

namespace weir {

/// Dense elements of one type on one device. Copies share memory until one of them is written (copy on
/// write). Above tensor/ a tensor is an [N, C, H, W] or [N, K] value; its layout matters to kernels only.
class Tensor {
 public:
  Tensor() = default;  // no value: defined() is false

  /// Throws Error (usage) for a shape without axes: a single number has shape [1].
  /// Builds with WEIR_CHECKS fill it with NaN, so that a kernel that skips an element is caught.
  static Tensor uninitialised(const Shape& shape, Device& device, DType dtype = DType::f32,
                              Layout layout = Layout::plain);
  static Tensor zeros(const Shape& shape, Device& device, DType dtype = DType::f32,
                      Layout layout = Layout::plain);
  static Tensor filled(const Shape& shape, double value, Device& device, DType dtype = DType::f32);
  static Tensor from_host(std::span<const float> values, const Shape& shape, Device& device);
  static Tensor from_host(std::span<const double> values, const Shape& shape, Device& device);
  /// An uninitialised tensor of the same shape, layout, type and device.
  static Tensor like(const Tensor& other);

  bool defined() const { return device_ != nullptr; }
  const Shape& shape() const { return shape_; }
  Index rows() const { return shape_[0]; }
  DType dtype() const { return dtype_; }
  Layout layout() const { return layout_; }
  Device& device() const { return *device_; }
  Index storage() const { return storage_volume(shape_, layout_); }

  /// The same elements under another shape of equal volume; shares memory. Plain layout only.
  Tensor reshaped(const Shape& shape) const;
  /// Rows [first, first + count); shares memory, is read-only in the sense that writing un-shares.
  Tensor batch_slice(Index first, Index count) const;
  Tensor to(Device& device) const;
  Tensor as(DType dtype) const;
  /// The same value in another layout; explicit, since it costs a pass over memory.
  Tensor in(Layout layout) const;

  /// All elements in plain order, whatever the layout. Throws unless the dtype matches, except that f32
  /// widens.
  std::vector<float> to_host() const;
  std::vector<double> to_host_double() const;
  /// The only element. Throws unless there is exactly one.
  double item() const;

  // Pointers belong to the tensor's device. Throw on the wrong element type or, for read(), a layout other
  // than plain.
  template <class Real>
  const Real* read() const {
    require(dtype_of<Real>(), Layout::plain);
    return static_cast<const Real*>(data());
  }
  /// For kernels that serve this layout.
  template <class Real>
  const Real* read(Layout layout) const {
    require(dtype_of<Real>(), layout);
    return static_cast<const Real*>(data());
  }
  /// Previous contents are lost.
  template <class Real>
  Real* overwrite() {
    require(dtype_of<Real>(), layout_);
    unshare(Contents::lost);
    return static_cast<Real*>(data());
  }
  /// Previous contents are kept.
  template <class Real>
  Real* update() {
    require(dtype_of<Real>(), layout_);
    unshare(Contents::kept);
    return static_cast<Real*>(data());
  }
  const void* raw() const { return data(); }
  /// Equal versions of equal pointers mean equal elements (Buffer::version).
  std::uint64_t version() const { return buffer_ ? buffer_->version() : 0; }
  void* raw_overwrite() {
    unshare(Contents::lost);
    return data();
  }

 private:
  enum class Contents { lost, kept };
  void* data() const;
  void require_value() const;
  void require(DType dtype, Layout layout) const;
  void unshare(Contents contents);

  std::shared_ptr<Buffer> buffer_;
  std::size_t offset_ = 0;  // bytes
  Shape shape_;
  DType dtype_ = DType::f32;
  Layout layout_ = Layout::plain;
  Device* device_ = nullptr;
};

/// Joins tensors along the outermost axis, in their order.
Tensor concatenate(std::span<const Tensor> pieces);

/// One-dimensional typed values on a device: labels (int32), row lists, bytes. A value, like Tensor.
template <class T>
class Array {
 public:
  Array() = default;
  static Array from_host(std::span<const T> values, Device& device) {
    Array array;
    array.count_ = static_cast<Index>(values.size());
    array.device_ = &device;
    array.buffer_ = std::make_shared<Buffer>(device.pool(), std::max<std::size_t>(values.size_bytes(), 1));
    device.memory().copy_from_host(array.buffer_->data(), values.data(), values.size_bytes());
    return array;
  }
  Index count() const { return count_; }
  bool empty() const { return count_ == 0; }
  Device& device() const { return *device_; }
  const T* read() const { return buffer_ ? static_cast<const T*>(buffer_->data()) + first_ : nullptr; }
  /// Elements [first, first + count); shares memory.
  Array slice(Index first, Index count) const {
    expects(first >= 0 && count >= 0 && first + count <= count_, "slice [{}, {}) of {} elements", first,
            first + count, count_);
    Array result = *this;
    result.first_ += first;
    result.count_ = count;
    return result;
  }
  std::vector<T> to_host() const {
    std::vector<T> values(static_cast<std::size_t>(count_));
    if (count_ > 0) device_->memory().copy_to_host(values.data(), read(), values.size() * sizeof(T));
    return values;
  }

 private:
  std::shared_ptr<const Buffer> buffer_;
  Index first_ = 0;
  Index count_ = 0;
  Device* device_ = nullptr;
};

using Labels = Array<std::int32_t>;

}  // namespace weir
