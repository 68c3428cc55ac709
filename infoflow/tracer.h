/// Runs a network over images and reads the information path of each from the tape. Any Module can be traced
/// whose convolution layers record under the scopes conv1, conv2, ...
#pragma once

#include <vector>

#include "infoflow/flow_options.h"
#include "infoflow/information_path.h"
#include "layers/evaluator.h"

namespace weir {

/// images [N, C, H, W] -> one path an image, in order. An image's path has the same bits alone and in any
/// batch, for any number of threads, counted on a device or on the host (device_paths.h). Throws Error of
/// kind usage if the network has no convolution layers or lacks what the tap asks for, of kind numerical if
/// an activation is not finite.
std::vector<Path> information_paths(Evaluator& evaluator, const Tensor& images,
                                    const FlowOptions& options = {});

/// Least and greatest value of each channel over all images and pixels: what RangeRule::global is fixed to.
/// `options` say where the layers are tapped.
PopulationRanges population_ranges(Evaluator& evaluator, const Tensor& images,
                                   const FlowOptions& options = {});

/// The taps of one tape in order of the forward pass, each [N, C, H, W] or, behind a global pooling, [N, C].
/// The tape must record values and, unless the tap is post_act, must not fuse; all bits are equal either way,
/// except that a fused ReLU of oneDNN may give 0 for NaN (tensor/ops/conv2d.h).
std::vector<Tensor> tapped_layers(const Tape& tape, Tap tap);

}  // namespace weir
