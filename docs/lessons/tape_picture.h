/// A tape of single numbers as a drawing: every step with its value and the slope of the last value there.
#pragma once

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/tape.h"
#include "study/palette.h"

namespace weir {

/// Where the steps stand: each a column behind the last of its inputs, an input a column before its reader;
/// from top to bottom as the formula reads.
class TapePlaces {
 public:
  struct Place {
    int column = 0;
    double row = 0;
  };

  explicit TapePlaces(std::span<const Entry> entries) : entries_(entries), places_(entries.size()) {
    place(static_cast<int>(entries.size()) - 1);
    for (const Entry& entry : entries)
      for (const int input : entry.inputs)
        if (entries_[static_cast<std::size_t>(input)].inputs.empty())
          at(input).column = places_[static_cast<std::size_t>(&entry - entries.data())].column - 1;
  }
  const Place& operator[](std::size_t entry) const { return places_[entry]; }
  double rows() const { return rows_; }

 private:
  Place& at(int entry) { return places_[static_cast<std::size_t>(entry)]; }

  void place(int entry) {
    const std::vector<int>& inputs = entries_[static_cast<std::size_t>(entry)].inputs;
    Place& here = at(entry);
    if (inputs.empty()) {
      here.row = rows_;
      rows_ += 1;
      return;
    }
    for (const int input : inputs) {
      place(input);
      here.column = std::max(here.column, at(input).column + 1);
    }
    // The value that goes on through the chain keeps its height; a product stands between its two.
    const bool leaves = entries_[static_cast<std::size_t>(inputs.back())].inputs.empty();
    const bool chain = leaves && !entries_[static_cast<std::size_t>(inputs.front())].inputs.empty();
    here.row = chain ? at(inputs.front()).row : (at(inputs.front()).row + at(inputs.back()).row) / 2;
  }

  std::span<const Entry> entries_;
  std::vector<Place> places_;
  double rows_ = 0;
};

/// The drawing as an SVG file. `gradients` were kept of everything.
inline std::string tape_picture(const Tape& tape, const Gradients& gradients, std::string_view alternative) {
  constexpr double width = 104, height = 62, across = 140, down = 78, margin = 12, legend = 34;
  constexpr double letter = 8.6;  // at most, of the names
  const std::span<const Entry> entries = tape.entries();
  const TapePlaces places(entries);
  const auto left = [&](std::size_t i) { return margin + across * places[i].column; };
  const auto top = [&](std::size_t i) { return margin + legend + down * places[i].row; };
  double wide = 0;
  std::string lines, boxes;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    for (const int input : entry.inputs) {
      const auto from = static_cast<std::size_t>(input);
      lines += fmt::format(
          "<path d=\"M{:.0f} {:.0f}L{:.0f} {:.0f}\" stroke=\"var(--muted)\" stroke-width=\"1.5\"/>\n",
          left(from) + width, top(from) + height / 2, left(i), top(i) + height / 2);
    }
    const std::string_view name = std::string_view(entry.path).substr(entry.path.rfind('/') + 1);
    const double box = std::max(width, letter * static_cast<double>(name.size()));
    wide = std::max(wide, left(i) + box + margin);
    const Tensor* slope = gradients.find(entry.path);
    boxes += fmt::format(
        "<rect x=\"{0:.0f}\" y=\"{1:.0f}\" width=\"{2}\" height=\"{3}\" rx=\"{4}\" fill=\"var(--raised)\" "
        "stroke=\"var(--rule)\"/>\n"
        "<text x=\"{5:.0f}\" y=\"{6:.0f}\" font-size=\"13\" font-weight=\"620\">{7}</text>\n"
        "<text x=\"{5:.0f}\" y=\"{8:.0f}\" font-size=\"13\">{9:.4g}</text>\n"
        "<text x=\"{5:.0f}\" y=\"{10:.0f}\" font-size=\"13\" fill=\"var(--fgsm)\">{11}</text>\n",
        left(i), top(i), box, height, entry.inputs.empty() ? 14 : 2, left(i) + box / 2, top(i) + 18, name,
        top(i) + 36, entry.value.item(), top(i) + 54,
        slope == nullptr ? std::string("no slope") : fmt::format("{:.4g}", slope->item()));
  }
  const double high = 2 * margin + legend + down * (places.rows() - 1) + height;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
      "{1:.0f}\" role=\"img\" aria-label=\"{2}\">\n"
      "<style>:root{{{3}}}text{{font-family:sans-serif;text-anchor:middle}}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"{4:.0f}\" y=\"24\" font-size=\"14\">the value: computed from left to right</text>\n"
      "<text x=\"{5:.0f}\" y=\"24\" font-size=\"14\" fill=\"var(--fgsm)\">the slope of the loss: from right "
      "to left</text>\n{6}{7}</svg>\n",
      wide, high, alternative, css_variables(Scheme::light), wide * 0.27, wide * 0.72, lines, boxes);
}

}  // namespace weir
