/// A network as a bare chain of oneDNN primitives: blocked layouts kept from one to the next, ReLU fused
/// forward and in place backward, max pooling with its workspace. Without dropout, batch norm, softmax and
/// loss.
#pragma once

#include <memory>
#include <vector>

#include "models/architecture.h"

namespace weir {

/// direct: float32, direct convolutions. best: for each convolution and direction the faster of direct and
/// Winograd, timed when the chain is made. bf16: bfloat16 maps.
enum class ChainKind { direct, best, bf16 };

/// What all chains share, and what momentum knows of it: float32, in plain order.
struct ChainWeights {
  std::vector<float> weight, bias, weight_momentum, bias_momentum;
};
/// Of each convolution and linear layer in order.
std::vector<ChainWeights> chain_weights(const Module& network);

/// One copy of the network with noise_images() of its own. It computes with as many threads as OpenMP has
/// where it is made, and only on the thread that made it: oneDNN keeps scratch memory by thread.
class OneDnnChain {
 public:
  /// Throws Error (usage) for layers other than convolutions, linear layers, max pooling and dropout.
  OneDnnChain(const Architecture& architecture, std::vector<ChainWeights>& weights, Index images,
              ChainKind kind);
  ~OneDnnChain();

  void forward();
  /// Behind forward(): the gradient of the images.
  void backward();
  /// Packs the weights anew, then forward and backward; gradients of weights, but none of the images.
  void training_step();
  /// Adds those gradients of weighted layer `i` to what is there.
  void add_gradient(std::size_t i, std::vector<float>& dweight, std::vector<float>& dbias) const;

  std::vector<double> logits();          // [images, classes], of forward()
  std::vector<double> input_gradient();  // [images, 3, 32, 32], of the logit of class 0

 private:
  class Primitives;
  std::unique_ptr<Primitives> primitives_;
};

}  // namespace weir
