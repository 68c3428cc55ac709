/// A network to be timed: its layers and its weights, on whichever device and in whichever type is asked for.
#pragma once

#include <memory>
#include <string>

#include "models/architecture.h"

namespace weir {

class BenchNetwork {
 public:
  /// Weights by LSUV on noise: speed asks for no others, and such a network neither dies nor overflows.
  explicit BenchNetwork(Architecture architecture);
  BenchNetwork(std::string name, Architecture architecture, std::unique_ptr<Sequential> weights);

  /// A model's name or a model.json, with weights by LSUV; or a weights file with its own. Throws Error
  /// (usage) E0209 for a word that is none of these, and what load_network() says of a file.
  static BenchNetwork named(const std::string& word);

  /// "good-init", or the path as it was given.
  const std::string& name() const { return name_; }
  const Architecture& architecture() const { return architecture_; }
  /// Multiplications and additions of convolutions and linear layers in one image's forward pass.
  double operations() const;
  /// Those of the first layer: what an input gradient costs that training does without.
  double first_layer_operations() const;

  std::unique_ptr<Sequential> on(Device& device, DType dtype = DType::f32) const;

 private:
  std::string name_;
  Architecture architecture_;
  std::unique_ptr<Sequential> weights_;
};

/// Noise, [count, 3, 32, 32]. Image i is the same in every batch, on every device and in every type.
Tensor noise_images(Index count, Device& device, DType dtype = DType::f32);
/// 0, 1, ... 9, 0, ...
Labels some_labels(Index count, Device& device);

}  // namespace weir
