/// A perceptron once more, one image at a time in double and without any of our tensors: for attacks that are
/// compared with their loops as published.
#pragma once

#include <algorithm>
#include <vector>

#include "layers/module.h"
#include "tests/support/approx.h"

namespace weir {

class PlainNetwork {
 public:
  /// Of a module as perceptron() makes it: weight [out, in] and bias, layer by layer, ReLU between.
  explicit PlainNetwork(const Module& module) {
    module.for_each_parameter(Module::ConstVisitor(
        [&](const Parameter& parameter) { parameters_.push_back(parameter.value.to_host_double()); }));
  }

  Values logits(const Values& x) const { return outputs(x).back(); }

  /// d<cotangent, logits>/dx
  Values gradient(const Values& x, Values cotangent) const {
    const std::vector<Values> values = outputs(x);
    for (std::size_t layer = parameters_.size() / 2; layer-- > 0;) {
      const Values& input = layer == 0 ? x : values[layer - 1];
      Values down(input.size());
      for (std::size_t o = 0; o < cotangent.size(); ++o)
        for (std::size_t i = 0; i < input.size(); ++i)
          down[i] += cotangent[o] * parameters_[2 * layer][o * input.size() + i];
      if (layer > 0)
        for (std::size_t i = 0; i < input.size(); ++i) down[i] *= input[i] > 0;
      cotangent = down;
    }
    return cotangent;
  }

 private:
  std::vector<Values> outputs(Values x) const {
    std::vector<Values> all;
    for (std::size_t p = 0; p < parameters_.size(); p += 2) {
      Values y = parameters_[p + 1];
      for (std::size_t o = 0; o < y.size(); ++o)
        for (std::size_t i = 0; i < x.size(); ++i) y[o] += parameters_[p][o * x.size() + i] * x[i];
      if (p + 2 < parameters_.size())
        for (double& value : y) value = std::max(value, 0.0);
      all.push_back(x = y);
    }
    return all;
  }
  std::vector<Values> parameters_;
};

inline std::size_t first_largest(const Values& z) {
  return static_cast<std::size_t>(std::max_element(z.begin(), z.end()) - z.begin());
}

/// e_up - e_down
inline Values difference(std::size_t classes, std::size_t up, std::size_t down) {
  Values cotangent(classes);
  cotangent[up] = 1;
  cotangent[down] = -1;
  return cotangent;
}

}  // namespace weir
