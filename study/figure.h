/// A figure of curves: its numbers as CSV, a gnuplot script that draws them, and the SVG that gnuplot made of
/// it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tensor/shape.h"

namespace weir {

/// A line of the CSV. Paths are indexed by the conv layer k; where a panel plots something else against
/// something else, x says what stands on the horizontal axis.
struct PathPoint {
  Index k = 0;
  double x = 0;
  double mean = 0;  // over inputs
  double sd = 0;    // between inputs
  Index n = 0;      // inputs
  double low = 0;   // 95 % interval of the mean
  double high = 0;
  double gp_mean = 0;  // the aggregated path: what is drawn
  double gp_sd = 0;
};

enum class Dash { solid, dashed };

struct FigureCurve {
  std::string population;  // "normal", "FGSM", …
  std::string colour;      // a name of palette.h
  Dash dash = Dash::solid;
  std::vector<PathPoint> points = {};
};

enum class Band { none, interval };

struct Panel {
  std::string name;  // "IIP"; in the CSV and, in small letters, in the panel's own file name
  std::string title;
  std::string x_label;
  std::string y_label;
  Band band = Band::none;
  std::string measured_on = {};  // a network, where the figure shows several
  std::vector<FigureCurve> curves = {};
};

struct Figure {
  int number = 0;
  std::string title;
  std::string caption;
  std::string alternative;  // what it shows, in words
  std::string measured_on;
  std::vector<Panel> panels = {};
  int panels_in_a_row = 3;
  std::string missing = {};  // why there are no panels, or not all
};

std::string to_csv(const Figure& figure);

/// Draws figN.svg with all panels, and figN-NAME.svg for each panel alone, from figN.csv beside it.
std::string to_gnuplot(const Figure& figure);

/// Writes figN.csv, figN.gp and, where gnuplot is found, the SVGs into `folder`. Returns why there is no SVG,
/// or nothing.
std::string draw(const Figure& figure, const std::filesystem::path& folder);

/// The figure for the page, from the SVGs in `folder`; `missing` (from draw) takes their place.
std::string to_html(const Figure& figure, const std::filesystem::path& folder, const std::string& missing);

/// Panel "OIP" of Figure 4 -> "fig4-oip.svg"; measured on vgg-like -> "fig7-oip-vgg-like.svg".
std::string file_name(const Figure& figure, const Panel& panel);

}  // namespace weir
