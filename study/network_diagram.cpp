#include "study/network_diagram.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "study/palette.h"

namespace weir {
namespace {

constexpr double middle = 158;      // the line on which all boxes are centred
constexpr double names_line = 292;  // where layer names stand, whatever the box's height
constexpr double slant = 0.32;      // how far a box reaches back, as a share of its height
constexpr double sizes_line = 26;   // where the size of a block's maps stands
constexpr double gap = 9;

enum class Pooling { windows, global };
enum class PartKind { image, maps, neurons };

/// What becomes one box: a stack of maps, or a row of neurons.
struct Part {
  PartKind kind = PartKind::maps;
  std::string label;
  Index channels = 0;
  Index height = 1;
  Index width = 1;
};

/// A box in cabinet projection: front, top and right side.
struct Box {
  double left = 0;
  double width = 0;
  double height = 0;
  double reach = 0;  // how far it runs back
  double depth() const { return reach; }
  double right() const { return left + width + depth(); }
  double top() const { return middle - height / 2 + depth() / 2; }
  double bottom() const { return top() + height; }
};

std::string polygon(std::initializer_list<std::pair<double, double>> points, std::string_view fill,
                    double shade) {
  std::string path;
  for (const auto& [x, y] : points) path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, y);
  // The first path hides what stands behind: a face is its tint over the page, not over another box.
  return fmt::format(
      "<path d=\"{0}z\" fill=\"{3}\"/><path d=\"{0}z\" fill=\"{1}\" fill-opacity=\"{2}\" stroke=\"{3}\" "
      "stroke-width=\"0.8\" stroke-linejoin=\"round\"/>",
      path, fill, shade, colour("surface"));
}

/// The box's three visible faces; the channels run to the right, so the long face is the front.
std::string faces(const Box& box, std::string_view fill) {
  const double l = box.left, r = box.left + box.width, t = box.top(), b = box.bottom(), d = box.depth();
  return polygon({{l, t}, {r, t}, {r, b}, {l, b}}, fill, 1.0) +
         polygon({{l, t}, {l + d, t - d}, {r + d, t - d}, {r, t}}, fill, 0.72) +
         polygon({{r, t}, {r + d, t - d}, {r + d, b - d}, {r, b}}, fill, 0.5);
}

std::string text(double x, double y, std::string_view style, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>", x, y, style, escaped(words));
}

std::string label_style(std::string_view ink, int size) {
  return fmt::format("fill=\"{}\" font-size=\"{}\" text-anchor=\"middle\"", colour(ink), size);
}

/// A convolution's tint says at which resolution it works: blocks are separated by pooling.
std::string_view fill_of(const Part& part, int block) {
  if (part.kind == PartKind::image) return colour("image");
  if (part.kind == PartKind::neurons) return colour("dense");
  constexpr std::string_view tints[] = {"block1", "block2", "block3"};
  return colour(tints[std::min(block, 2)]);
}

Box box_of(const Part& part, double left) {
  const auto channels = static_cast<double>(part.channels);
  if (part.kind == PartKind::neurons)
    return {.left = left, .width = 9, .height = 12 + 5.2 * std::sqrt(channels), .reach = 7};
  const double height = 28 * std::sqrt(static_cast<double>(part.height));
  return {.left = left, .width = std::max(6.0, 0.26 * channels), .height = height, .reach = slant * height};
}

/// What one pass over the layers has drawn so far.
class Drawing {
 public:
  void add(const LayerRow& layer);
  void add_image(const Shape& image);
  std::string svg() const;
  const std::string& words() const { return words_; }

 private:
  void add_part(const Part& part);
  void add_pooling(Pooling pooling);
  void add_words(const std::string& words) { words_ += (words_.empty() ? "" : ", ") + words; }

  std::string svg_;
  std::string words_;
  double x_ = 14;
  double right_edge_ = 0;  // of the last box
  Index map_height_ = 0;   // of the last map; a change is written above the first box of its size
  int block_ = 0;
  int convolutions_ = 0;
  bool last_was_map_ = false;
};

void Drawing::add(const LayerRow& layer) {
  switch (layer.spec.kind) {
    case LayerKind::conv:
      add_part({.kind = PartKind::maps,
                .label = fmt::format("{}", ++convolutions_),
                .channels = layer.output[0],
                .height = layer.output[1],
                .width = layer.output[2]});
      break;
    case LayerKind::linear:
      add_part({.kind = PartKind::neurons, .label = layer.name, .channels = layer.output[0]});
      break;
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
      add_pooling(Pooling::windows);
      break;
    case LayerKind::global_max_pool:
    case LayerKind::global_avg_pool:
      add_pooling(Pooling::global);
      break;
    case LayerKind::dropout:
    case LayerKind::flatten:
    case LayerKind::activation:
    case LayerKind::residual:
      break;
  }
}

void Drawing::add_image(const Shape& image) {
  add_part({.kind = PartKind::image,
            .label = "input",
            .channels = image[0],
            .height = image[1],
            .width = image[2]});
}

void Drawing::add_part(const Part& part) {
  const bool dense = part.kind == PartKind::neurons;
  if (dense && last_was_map_) x_ = std::max(x_, right_edge_ + 2 * gap);
  const Box box = box_of(part, x_);
  svg_ += faces(box, fill_of(part, block_));
  const double centre = box.left + (box.width + box.depth() * 0.5) / 2;
  svg_ += text(centre, names_line, label_style("ink", 12), part.label);
  svg_ += text(centre, names_line + 16, label_style("muted", 11), fmt::format("{}", part.channels));
  if (part.kind == PartKind::maps && part.height != map_height_) {
    svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{}\" fill=\"{}\" font-size=\"12\">{} × {}</text>", box.left,
                        sizes_line, colour("muted"), part.height, part.width);
    map_height_ = part.height;
  }
  add_words(dense ? fmt::format("{} neurons", part.channels)
                  : fmt::format("{} maps of {}×{}", part.channels, part.height, part.width));
  right_edge_ = box.right();
  last_was_map_ = !dense;
  x_ = dense ? box.right() + 3 * gap : box.left + box.width + std::max(gap, box.depth() * 0.42) + gap;
}

void Drawing::add_pooling(Pooling pooling) {
  const bool global = pooling == Pooling::global;
  ++block_;
  const double left = right_edge_ + (global ? 22 : 12);
  svg_ += fmt::format(
      "<path d=\"M{:.1f} {}h16m-5 -4.5l5 4.5l-5 4.5\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.4\" "
      "stroke-linecap=\"round\" stroke-linejoin=\"round\"/>",
      left, middle, colour("muted"));
  if (global) svg_ += text(left + 8, middle - 24, label_style("muted", 10), "global");
  svg_ += text(left + 8, middle - 12, label_style("muted", 10), "max");
  add_words(global ? "global max pooling" : "max pooling");
  right_edge_ = left + 16;
  x_ = right_edge_ + (global ? 24 : 14);
}

std::string Drawing::svg() const {
  const double width = right_edge_ + 16;
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} 320\" width=\"{0:.0f}\" "
             "height=\"320\" "
             "font-family=\"Helvetica, Arial, sans-serif\">\n",
             width) +
         svg_ + "</svg>\n";
}

}  // namespace

NetworkDiagram draw_network(const std::vector<LayerRow>& layers) {
  Drawing drawing;
  drawing.add_image(study_image);
  for (const LayerRow& layer : layers) drawing.add(layer);
  return {.svg = drawing.svg(), .alternative = drawing.words()};
}

}  // namespace weir
