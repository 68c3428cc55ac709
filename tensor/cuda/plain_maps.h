/// The maps of a convolution in blocks of 16, as plain ones for as long as it takes.
#pragma once

#include "tensor/tensor.h"
#include "tensor/vendor.h"

namespace weir::cuda {

class PlainMaps {
 public:
  /// Changes the call's maps and layouts to plain copies; what the call writes is not copied.
  explicit PlainMaps(ConvCall& call);
  /// What the call wrote, to where it was wanted.
  void bring_back();

 private:
  struct Map {
    Shape shape;
    void* blocks = nullptr;  // where the caller has it; null: it was plain
    Tensor plain;
  };
  template <class Pointer>
  static void read(Map& map, Pointer& data, DType dtype);
  template <class Pointer>
  static void write(Map& map, Pointer& data, DType dtype);
  static void bring_back(const Map& map);
  Map x_, dy_, y_, dx_;
};

}  // namespace weir::cuda
