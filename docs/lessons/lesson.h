/// What all lessons share: a table of numbers, some of which must come out right, and pictures for the page.
#pragma once

#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <string>
#include <string_view>

#include "data/png.h"
#include "study/line_chart.h"
#include "study/palette.h"

namespace weir {

/// `PROGRAM` prints its numbers and checks them; `PROGRAM FOLDER` writes its pictures there, too.
class Lesson {
 public:
  Lesson(int count, char** words) : folder_(count > 1 ? words[1] : "") {}

  /// A line of the table.
  void show(std::string_view what, double value) const { fmt::print("{:<58}{:>12.5g}\n", what, value); }

  /// A line whose number is known in another way. Where the two disagree, the lesson fails.
  void agree(std::string_view what, double value, double wanted, double tolerance) {
    show(what, value);
    claim(fmt::format("{} is {:.9g}, {:.1g} at most from {:.9g}", what, value, tolerance, wanted),
          std::abs(value - wanted) <= tolerance);
  }

  /// What must be true, or the lesson fails.
  void claim(std::string_view sentence, bool holds) {
    if (holds) return;
    fmt::print("NOT TRUE: {}\n", sentence);
    status_ = 1;
  }

  /// Whether a folder was named: what only a picture needs may stay undone.
  bool draws() const { return !folder_.empty(); }
  void picture(const std::string& name, const LineChart& chart) const { write(name, standalone(chart)); }
  void picture(const std::string& name, const std::string& svg) const { write(name, svg); }
  void picture(const std::string& name, const RgbPicture& picture) const {
    const std::vector<std::byte> bytes = encode_png(picture);
    write(name, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }

  int status() const { return status_; }

 private:
  /// The chart as a file of its own: with a size, on paper, and with the colours that a page would bring.
  static std::string standalone(const LineChart& chart) {
    std::string svg = to_svg(chart);
    svg.insert(4, " xmlns=\"http://www.w3.org/2000/svg\" width=\"460\" height=\"338\"");
    svg.insert(svg.find('\n') + 1, fmt::format("<style>:root{{{}}}text{{font-family:sans-serif}}</style>\n"
                                               "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
                                               css_variables(Scheme::light)));
    return svg;
  }

  void write(const std::string& name, std::string_view bytes) const {
    if (folder_.empty()) return;
    std::ofstream file(folder_ / name, std::ios::binary);
    file << bytes;
    if (!file.flush())
      fail({.kind = ErrorKind::resource, .code = "E0602", .message = "cannot write " + name});
  }

  std::filesystem::path folder_;
  int status_ = 0;
};

}  // namespace weir
