#include "study/pair_map.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <vector>

#include "study/data_uri.h"
#include "study/palette.h"
#include "study/trace_charts.h"
#include "study/trace_pictures.h"
#include "study/trace_words.h"

namespace weir {
namespace {

constexpr double side = 16;  // SVG units a pixel

std::vector<FeaturePair> chosen_pairs(const Trace& trace) {
  std::vector<FeaturePair> pairs;
  for (const TraceStep& step : trace.steps)
    if (step.chosen.first >= 0) pairs.push_back(step.chosen);
  return pairs;
}

/// By pixel, row by row: the number of the first pair that chose it, from 1.
std::map<Index, Index> first_choices(const std::vector<FeaturePair>& pairs, Index area) {
  std::map<Index, Index> first;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    for (const Index feature : {pairs[i].first, pairs[i].second})
      if (feature >= 0) first.try_emplace(feature % area, static_cast<Index>(i + 1));
  return first;
}

std::string square(double x, double y, Index number, double share) {
  return fmt::format(
      "<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{2}\" fill=\"{3}\" stroke=\"#fff\" "
      "stroke-width=\"0.8\"/><text x=\"{4}\" y=\"{5}\" font-size=\"9\" font-weight=\"620\" "
      "text-anchor=\"middle\" fill=\"var(--surface)\">{6}</text>\n",
      x, y, side, step_colour(share), x + side / 2, y + 0.7 * side, number);
}

std::string squares(const std::vector<FeaturePair>& pairs, const MapSize& size) {
  std::string svg;
  const auto last = static_cast<double>(std::max<std::size_t>(pairs.size(), 2) - 1);
  for (const auto& [at, number] : first_choices(pairs, size.area()))
    svg += square(side * static_cast<double>(at % size.width), side * static_cast<double>(at / size.width),
                  number, static_cast<double>(number - 1) / last);
  return svg;
}

std::string list_of(const std::vector<FeaturePair>& pairs, const Trace& trace) {
  std::string html = "<details><summary>All pairs in their order</summary><ol class=\"pair-list\">";
  for (const auto& [first, second] : pairs)
    html += fmt::format("<li>{}{}</li>", feature_words(first, trace),
                        second < 0 ? "" : " and " + feature_words(second, trace));
  return html + "</ol></details>\n";
}

}  // namespace

std::string map_of_pairs(const Trace& trace) {
  const std::vector<FeaturePair> pairs = chosen_pairs(trace);
  if (pairs.empty()) return {};
  return fmt::format(
             "<figure class=\"pairs\"><svg viewBox=\"0 0 {0:g} {1:g}\" role=\"img\" aria-label=\"The "
             "original picture, faded; numbered squares show where {2} pairs of values were "
             "changed.\"><image width=\"{0:g}\" height=\"{1:g}\" opacity=\"0.45\" "
             "style=\"image-rendering:pixelated\" href=\"{3}\"/>\n",
             side * static_cast<double>(trace.size.width), side * static_cast<double>(trace.size.height),
             pairs.size(), data_uri(picture_of(trace.first().image, trace))) +
         squares(pairs, trace.size) + "</svg></figure>\n" + list_of(pairs, trace);
}

}  // namespace weir
