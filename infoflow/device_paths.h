/// The information paths of a batch, counted on the device that its maps are on: only sums come back to the
/// host.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "infoflow/information_path.h"
#include "tensor/tensor.h"

namespace weir {

/// Whether paths are counted there: on every device whose memory the host cannot read, with all options but
/// two ranges, `shared` (each pair has symbols of its own) and `robust` (a quantile is a sort), and a
/// CountMethod that is asked for by name. What is not counted there is counted on the host, with the same
/// bits.
bool counted_on_device(const Device& device, const FlowOptions& options);

/// layers: the taps of N images in order of the forward pass, [N, C, H, W] or [N, C] each; images [N, C, H,
/// W]; all in any layout. One path an image, as information_path() gives it, and none for an image with a
/// value that is not finite: information_path() says where. Throws usage as it does.
std::vector<std::optional<Path>> device_paths(std::span<const Tensor> layers, const Tensor& images,
                                              const FlowOptions& options);

}  // namespace weir
