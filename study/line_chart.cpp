#include "study/line_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

// SVG units.
constexpr double width = 460, height = 338, left = 50, above = 66, below = 46, margin = 14;
constexpr double name_width = 92, name_spacing = 17;
constexpr std::size_t most_points = 500;

/// From data to SVG units.
struct ChartAxis {
  double low = 0, high = 1, from = 0, to = 1;
  double at(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

std::vector<double> ticks_of(const ChartAxis& axis, double wanted, Ticks kind) {
  const double step = round_step(axis.high - axis.low, wanted, kind);
  constexpr double slack = 1e-9;  // of a step: the last tick may miss the end by rounding
  const double first = std::ceil(axis.low / step - slack), last = std::floor(axis.high / step + slack);
  std::vector<double> ticks;
  for (double k = first; k <= last; ++k) ticks.push_back(k * step + 0.0);  // -0 becomes 0
  return ticks;
}

template <class Value>
ChartAxis axis_over(const LineChart& chart, Value value_of, double padding) {
  ChartAxis axis{.low = std::numeric_limits<double>::infinity(),
                 .high = -std::numeric_limits<double>::infinity()};
  for (const ChartLine& line : chart.lines)
    for (const ChartPoint& point : line.points) {
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
      axis.low = std::min(axis.low, value_of(point));
      axis.high = std::max(axis.high, value_of(point));
    }
  expects(axis.low <= axis.high, "the chart `{}` has no point to draw", chart.title);
  if (axis.low == axis.high) axis.high += axis.low == 0 ? 1 : std::abs(axis.low);
  constexpr double near_zero =
      0.15;  // of the highest value: an axis that begins so low may as well begin at 0
  if (padding > 0 && axis.low >= 0 && axis.low < near_zero * axis.high) axis.low = 0;
  const double room = padding * (axis.high - axis.low);
  axis.low -= axis.low == 0 ? 0 : room;
  axis.high += room;
  return axis;
}

std::string text(double x, double y, std::string_view style, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style, escaped(words));
}

std::string rule(double x1, double y1, double x2, double y2, std::string_view style) {
  return fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" {}/>\n", x1, y1, x2, y2, style);
}

/// Two axes and what is drawn between them.
class Chart {
 public:
  explicit Chart(const LineChart& chart)
      : chart_(chart),
        x_(axis_over(
            chart, [](const ChartPoint& p) { return p.x; }, 0)),
        y_(axis_over(
            chart, [](const ChartPoint& p) { return p.y; }, 0.04)) {
    const bool named = std::ranges::any_of(chart.lines, [](const ChartLine& l) { return !l.name.empty(); });
    x_.from = left, x_.to = width - (named ? name_width : margin);
    y_.from = height - below, y_.to = above;
  }

  std::string frame() const {
    std::string svg = text(0, 18, "font-size=\"17\" font-weight=\"620\" fill=\"var(--ink)\"", chart_.title) +
                      text(0, 38, "font-size=\"14\" fill=\"var(--muted)\"", chart_.y_label);
    for (const double tick : ticks_of(y_, 6, Ticks::any)) {
      svg += rule(x_.from, y_.at(tick), x_.to, y_.at(tick), "stroke=\"var(--grid)\"");
      svg += text(x_.from - 8, y_.at(tick) + 5, "font-size=\"14\" text-anchor=\"end\" fill=\"var(--muted)\"",
                  fmt::format("{:.6g}", tick));
    }
    svg += rule(x_.from, y_.from, x_.to, y_.from, "stroke=\"var(--rule)\"");
    for (const double tick : ticks_of(x_, 6, chart_.x_ticks))
      svg += text(x_.at(tick), y_.from + 19, "font-size=\"14\" text-anchor=\"middle\" fill=\"var(--muted)\"",
                  fmt::format("{:.6g}", tick));
    return svg + text((x_.from + x_.to) / 2, height - 5,
                      "font-size=\"14\" text-anchor=\"middle\" fill=\"var(--muted)\"", chart_.x_label);
  }

  std::string mark() const {
    if (!chart_.mark) return {};
    const double x = x_.at(chart_.mark->x);
    const bool on_the_left = x < (x_.from + x_.to) / 2;
    return rule(x, y_.to - 6, x, y_.from, "stroke=\"var(--ink)\" stroke-dasharray=\"2 4\"") +
           text(x + (on_the_left ? -2 : 2), y_.to - 10,
                fmt::format("font-size=\"14\" text-anchor=\"{}\" fill=\"var(--ink)\"",
                            on_the_left ? "start" : "end"),
                chart_.mark->words);
  }

  std::string curve(const ChartLine& line) const {
    const std::size_t every = 1 + (line.points.size() - 1) / most_points;
    std::string path;
    bool pen_down = false;
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const ChartPoint& point = line.points[i];
      if (i % every != 0 && i + 1 != line.points.size()) continue;
      const bool finite = std::isfinite(point.y);
      if (finite)
        path += fmt::format("{}{:.1f} {:.1f}", pen_down ? 'L' : 'M', x_.at(point.x), y_.at(point.y));
      pen_down = finite;
    }
    return fmt::format(
        "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" "
        "stroke-linecap=\"round\"{}/>\n",
        path, line.colour, line.width, line.dash == Dash::dashed ? " stroke-dasharray=\"7 6\"" : "");
  }

  /// Names at the right ends of their lines, pushed apart where ends meet.
  std::string names() const {
    struct Name {
      double y;
      const ChartLine* line;
    };
    std::vector<Name> names;
    for (const ChartLine& line : chart_.lines)
      if (!line.name.empty() && !line.points.empty() && std::isfinite(line.points.back().y))
        names.push_back({y_.at(line.points.back().y), &line});
    std::ranges::sort(names, {}, &Name::y);
    double floor = y_.from + 6;
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      name->y = std::min(name->y, floor);
      floor = name->y - name_spacing;
    }
    std::string svg;
    for (const Name& name : names)
      svg += text(x_.to + 8, name.y + 5,
                  fmt::format("font-size=\"14\" font-weight=\"620\" fill=\"{}\"", name.line->colour),
                  name.line->name);
    return svg;
  }

 private:
  const LineChart& chart_;
  ChartAxis x_, y_;
};

}  // namespace

double round_step(double span, double wanted_steps, Ticks kind) {
  const double raw = span / wanted_steps, power = std::pow(10, std::floor(std::log10(raw)));
  if (kind == Ticks::whole && raw <= 1) return 1;
  for (const double factor : {1.0, 2.0, 2.5, 5.0})
    if (factor * power >= raw && (kind == Ticks::any || factor != 2.5)) return factor * power;
  return 10 * power;
}

std::string to_svg(const LineChart& chart) {
  const Chart drawn(chart);
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", width, height,
                                escaped(chart.alternative)) +
                    drawn.frame() + drawn.mark();
  for (const ChartLine& line : chart.lines) svg += drawn.curve(line);
  return svg + drawn.names() + "</svg>\n";
}

}  // namespace weir
