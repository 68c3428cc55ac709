#include "study/image_grid.h"

#include <algorithm>
#include <cstdint>

#include "data/cifar.h"
#include "study/data_uri.h"
#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

// SVG units: a picture is 100 wide.
constexpr double side = 100, column_gap = 10, row_gap = 22, names_width = 108, top = 4;

void paint(RgbPicture& sprite, const GridCell& cell, Index left, Index above, Index extent) {
  expects(static_cast<Index>(cell.pixels.size()) == 3 * extent * extent,
          "a picture of {} values does not fit a grid of 3x{}x{}", cell.pixels.size(), extent, extent);
  const std::vector<std::uint8_t> bytes = to_pixels(cell.pixels);
  for (Index channel = 0; channel < 3; ++channel)
    for (Index y = 0; y < extent; ++y)
      for (Index x = 0; x < extent; ++x)
        sprite.pixels[static_cast<std::size_t>(3 * ((above + y) * sprite.width + left + x) + channel)] =
            bytes[static_cast<std::size_t>((channel * extent + y) * extent + x)];
}

/// All pictures in one, without gaps: row r and column c at (c, r) times the extent.
RgbPicture sprite_of(const ImageGrid& grid) {
  const auto rows = static_cast<Index>(grid.rows.size()),
             columns = static_cast<Index>(grid.rows.at(0).cells.size());
  RgbPicture sprite{.width = columns * grid.extent, .height = rows * grid.extent, .pixels = {}};
  sprite.pixels.resize(static_cast<std::size_t>(3 * sprite.width * sprite.height));
  for (Index row = 0; row < rows; ++row) {
    const auto& cells = grid.rows[static_cast<std::size_t>(row)].cells;
    expects(static_cast<Index>(cells.size()) == columns, "row {} of the grid has {} pictures, expected {}",
            row, cells.size(), columns);
    for (Index column = 0; column < columns; ++column)
      paint(sprite, cells[static_cast<std::size_t>(column)], column * grid.extent, row * grid.extent,
            grid.extent);
  }
  return sprite;
}

/// The sprite once, and a window on it for each picture.
std::string windows(const ImageGrid& grid) {
  const RgbPicture sprite = sprite_of(grid);
  std::string svg = fmt::format(
      "<defs><image id=\"sprite\" width=\"{}\" height=\"{}\" style=\"image-rendering:pixelated\" "
      "href=\"{}\"/></defs>\n",
      sprite.width, sprite.height, data_uri(sprite));
  for (std::size_t row = 0; row < grid.rows.size(); ++row)
    for (std::size_t column = 0; column < grid.rows[row].cells.size(); ++column)
      svg += fmt::format(
          "<svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" viewBox=\"{} {} {} {}\" "
          "aria-hidden=\"true\"><use "
          "href=\"#sprite\"/></svg>\n",
          names_width + (side + column_gap) * static_cast<double>(column),
          top + (side + row_gap) * static_cast<double>(row), side, side,
          static_cast<Index>(column) * grid.extent, static_cast<Index>(row) * grid.extent, grid.extent,
          grid.extent);
  return svg;
}

std::string text(double x, double y, std::string_view style, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style, escaped(words));
}

}  // namespace

std::string to_svg(const ImageGrid& grid) {
  expects(!grid.rows.empty() && !grid.rows[0].cells.empty(), "an image grid needs at least one picture");
  const double width =
      names_width + (side + column_gap) * static_cast<double>(grid.rows[0].cells.size()) - column_gap;
  const double height = top + (side + row_gap) * static_cast<double>(grid.rows.size());
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" "
      "font-family=\"Helvetica, Arial, sans-serif\">\n",
      width, height);
  svg += windows(grid);
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    const double above = top + (side + row_gap) * static_cast<double>(row);
    svg += text(names_width - 12, above + side / 2,
                fmt::format("fill=\"{}\" font-size=\"13\" text-anchor=\"end\"", colour("ink")),
                grid.rows[row].name);
    svg += text(names_width - 12, above + side / 2 + 15,
                fmt::format("fill=\"{}\" font-size=\"11\" text-anchor=\"end\"", colour("muted")),
                grid.rows[row].remark);
    for (std::size_t column = 0; column < grid.rows[row].cells.size(); ++column)
      svg +=
          text(names_width + (side + column_gap) * static_cast<double>(column) + side / 2, above + side + 14,
               fmt::format("fill=\"{}\" font-size=\"11.5\" text-anchor=\"middle\"", colour("muted")),
               grid.rows[row].cells[column].caption);
  }
  return svg + "</svg>\n";
}

std::string to_csv(const ImageGrid& grid) {
  std::string csv = "row,column,caption\n";
  for (const GridRow& row : grid.rows)
    for (std::size_t column = 0; column < row.cells.size(); ++column)
      csv += fmt::format("{},{},{}\n", row.name, column + 1, row.cells[column].caption);
  return csv;
}

std::vector<float> amplified_difference(std::span<const float> changed, std::span<const float> original,
                                        float gain) {
  expects(changed.size() == original.size(), "cannot subtract {} values from {}", original.size(),
          changed.size());
  std::vector<float> difference(changed.size());
  for (std::size_t i = 0; i < changed.size(); ++i)
    difference[i] = std::clamp(gain * (changed[i] - original[i]), -1.0f, 1.0f);
  return difference;
}

}  // namespace weir
