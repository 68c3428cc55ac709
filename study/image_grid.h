/// Figure 1: the same images under every attack, row by row, with what the network calls them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tensor/shape.h"

namespace weir {

struct GridCell {
  std::vector<float> pixels;  // [3, extent, extent], values in [-1, 1]
  std::string caption;        // "ship 0.97"
};

struct GridRow {
  std::string name;
  std::string remark = {};  // a second, smaller line
  std::vector<GridCell> cells = {};
};

/// Rows of equally many square images of `extent` pixels.
struct ImageGrid {
  Index extent = 32;
  std::vector<GridRow> rows = {};
};

/// A standalone SVG around one sprite PNG.
std::string to_svg(const ImageGrid& grid);

/// One line a picture: row,column,caption.
std::string to_csv(const ImageGrid& grid);

/// What was added to an image, `gain` times as strong, on mid-grey. Both [3, extent, extent] in [-1, 1].
std::vector<float> amplified_difference(std::span<const float> changed, std::span<const float> original,
                                        float gain);

}  // namespace weir
