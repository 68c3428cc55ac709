/// Removing units: channels of convolutions and neurons of linear layers go physically, with the rows that
/// make them and the columns that read them. The classifier keeps all of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/architecture.h"

namespace weir {

/// A layer whose units can go, and the one layer that reads them.
struct PrunableLayer {
  std::string name;            // "conv3"
  std::string norm;            // "bn3"; empty where there is none
  std::string reader;          // "conv4": through activation, norm, pooling, dropout and flattening
  Index width = 0;             // units
  Index columns_per_unit = 1;  // of the reader's weight: height * width of the map where it was flattened
};

/// In order of the forward pass, as widths() counts them. Throws (usage) where a residual adds channels up:
/// they could only go in pairs.
std::vector<PrunableLayer> prunable_layers(const Architecture& architecture);

/// The units of each prunable layer that stay, ascending.
using KeptUnits = std::vector<std::vector<Index>>;
KeptUnits all_units(const Architecture& architecture);

/// The mean of every column that a layer reads, by the layer's name (models/unit_statistics.h).
using InputMeans = std::vector<std::vector<double>>;

struct PrunedNetwork {
  Architecture architecture;
  std::unique_ptr<Sequential> network;
};

/// The network without the other units. `means`, one list for each prunable layer (of its reader's columns)
/// or none at all: what removed units gave in the mean is added to their readers' biases, exact for a unit
/// that gives a constant except where a reading convolution pads with zeros. Throws (usage) where a layer
/// would have no unit left.
PrunedNetwork keep_units(const Architecture& architecture, const Sequential& network, const KeptUnits& kept,
                         const InputMeans& means = {});

}  // namespace weir
