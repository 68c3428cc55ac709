/// Line charts for pages, drawn here as inline SVG, so that a page never lacks them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "study/figure.h"

namespace weir {

struct ChartPoint {
  double x = 0;
  double y = 0;  // not finite: the line has a gap
};

struct ChartLine {
  std::string name = {};  // written at the right end; empty: it goes without
  std::string colour;     // as CSS has it: "var(--accent)"
  double width = 2;
  Dash dash = Dash::solid;
  std::vector<ChartPoint> points = {};
};

/// A vertical line with words at its top.
struct ChartMark {
  double x = 0;
  std::string words;
};

enum class Ticks { any, whole };

struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::string alternative;  // what it shows, in words
  Ticks x_ticks = Ticks::any;
  std::vector<ChartLine> lines = {};  // later ones lie over earlier ones
  std::optional<ChartMark> mark = {};
};

/// An <svg> for a page, 460 x 338 units; the page sets its size, and palette.h its colours. Lines of more
/// than 500 points are thinned. Throws usage without a single finite point.
std::string to_svg(const LineChart& chart);

/// Between two marks of an axis of this span, so that there are at most about `wanted_steps`: 1, 2, 2.5 or 5
/// times a power of ten; whole numbers have no 2.5. `span` is above 0.
double round_step(double span, double wanted_steps, Ticks kind);

}  // namespace weir
