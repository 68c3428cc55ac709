/// The ops that the study's networks are made of, in the shapes in which they meet them: what `weir bench
/// --ops` and bench/ time. Each can run on any device and in double precision, so that what is timed is also
/// checked.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace weir {

struct OpSetting {
  Device& device;
  DType dtype = DType::f32;
  Numerics numerics = Numerics::exact;
};

struct OpWork {
  std::string op;         // "conv forward"
  std::string shape;      // "32x80x16x16, 80 windows 3x3"
  double operations = 0;  // multiplications and additions of one run; 0: the op is as fast as memory
  double bytes = 0;       // read and written at least, by one run in float32
  /// Uploads the inputs; what it returns computes, and gives the answer.
  std::function<std::function<Tensor()>(const OpSetting&)> prepare;
  bool has_numerics = false;  // else it computes in one way only
};

/// A layer of 3x3 windows that step by one, with one pixel of padding.
struct ConvShape {
  Index in, size, out;  // channels, height and width of both maps, channels
  friend bool operator==(const ConvShape&, const ConvShape&) = default;
};
/// Forward, input gradient, weight gradient.
std::vector<OpWork> convolution_works(const ConvShape& shape);

/// The convolutions of good-init and the widest of deep-conv and vgg-like in three directions, a linear layer
/// in three, pooling, batch norm, ReLU, softmax. 32 images, which is a piece.
std::vector<OpWork> op_works();

/// How an answer compares with the reference device's.
struct OpCheck {
  double largest_error = 0;  // of any value, as a part of the largest value, against double precision
  bool same_bits = false;    // as the reference device in float32
};

/// The reference answers of one work, computed once for all devices.
class OpOracle {
 public:
  explicit OpOracle(const OpWork& work);
  OpCheck check(const Tensor& answer) const;
  /// The largest error that the rounding of float32 explains: a sum of n terms may lose n half-units, and
  /// loses about their root. Winograd's transforms lose up to 5 times as much.
  double tolerance(Numerics numerics = Numerics::exact) const {
    return numerics == Numerics::exact ? tolerance_ : 5 * tolerance_;
  }

 private:
  std::vector<double> exact_;
  std::vector<float> reference_;
  double tolerance_;
};

}  // namespace weir
