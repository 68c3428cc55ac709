/// Figure 2: a convolutional network drawn from its list of layers, every box to scale.
#pragma once

#include <string>
#include <vector>

#include "models/architecture.h"

namespace weir {

struct NetworkDiagram {
  std::string svg;
  std::string alternative;  // the same in words
};

/// Boxes as high as the map (square root scale) and as wide as the channels are many; pooling is the step
/// between boxes of different height. Dropout does nothing at inference and is not drawn.
NetworkDiagram draw_network(const std::vector<LayerRow>& layers);

}  // namespace weir
