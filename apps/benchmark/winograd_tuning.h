/// `weir bench --tune`: the direct form of every convolution of networks against Winograd's, and the rows of
/// tensor/vendors/winograd_table.h that follow for this machine.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/benchmark/measure.h"
#include "apps/benchmark/op_works.h"
#include "models/architecture.h"
#include "tensor/vendors/winograd_table.h"

namespace weir {

struct TunedConvolution {
  ConvDirection direction;
  ConvShape shape;
  Timing direct = {};
  std::optional<Timing> winograd = {};  // none where the library has no such form

  /// Direct over Winograd: above 1, Winograd is faster.
  double ratio() const;
  double ratio_spread() const;
};

/// Each shape once, in the order of the layers. Those that Winograd has no tiles for are left out.
std::vector<ConvShape> tunable_convolutions(std::span<const Architecture> architectures);

/// In three directions, 32 images on the calling thread, both forms in turn. Throws Error (unavailable)
/// where there is no device `onednn`.
std::vector<TunedConvolution> tuned(const ConvShape& shape, const TurnOptions& options);

/// The bounds with which the convolutions of one direction take the least time together; where several do,
/// the narrowest. None where Winograd never pays.
std::optional<WinogradRow> best_row(ConvDirection direction, std::span<const TunedConvolution> convolutions);

/// What was measured, and the rows as they stand in C++.
std::string tuning_markdown(std::span<const TunedConvolution> convolutions);
std::string tuning_json(std::span<const TunedConvolution> convolutions);

}  // namespace weir
