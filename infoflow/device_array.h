/// What kernels hand to each other: values of one type on one device, whose contents the host sees only by
/// asking for them. (Array, in tensor.h, is a value that is complete when it is made.)
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "tensor/device.h"
#include "tensor/shape.h"

namespace weir {

template <class T>
class DeviceArray {
 public:
  DeviceArray(Index count, Device& device)
      : count_(static_cast<std::size_t>(count)),
        device_(&device),
        buffer_(std::make_unique<Buffer>(device.pool(), std::max<std::size_t>(count_ * sizeof(T), 1))) {}
  DeviceArray(const std::vector<T>& values, Device& device) : DeviceArray(std::ssize(values), device) {
    device.memory().copy_from_host(data(), values.data(), count_ * sizeof(T));
  }

  Device& device() const { return *device_; }
  /// Belongs to the device.
  T* data() const { return static_cast<T*>(buffer_->data()); }
  std::vector<T> to_host() const {
    std::vector<T> values(count_);
    if (count_ > 0) device_->memory().copy_to_host(values.data(), data(), count_ * sizeof(T));
    return values;
  }

 private:
  std::size_t count_;
  Device* device_;
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace weir
