/// Running statistics of batch norm, estimated afresh: those that training leaves behind lag the weights and
/// were taken with augmentation and dropout on.
#pragma once

#include "data/cifar.h"
#include "models/architecture.h"

namespace weir {

struct StatisticsOptions {
  Index images = 10000;  // the first ones
  Index batch = 500;     // at once; what does not fill a batch is left out
};

/// Gives the network the mean and variance that its layers see on these images, dropout off. Does nothing to
/// a network without batch norm.
void estimate_statistics(Sequential& network, const Architecture& architecture, const ImageSet& images,
                         const StatisticsOptions& options = {});

}  // namespace weir
