#include "study/figure.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <system_error>

#include "data/atomic_file.h"
#include "data/read_file.h"
#include "study/gnuplot.h"
#include "study/line_chart.h"
#include "study/palette.h"
#include "tensor/check.h"

namespace weir {
namespace {

std::string stem(const Figure& figure) { return fmt::format("fig{}", figure.number); }

std::string small_letters(std::string text) {
  for (char& c : text)
    c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::tolower(c)) : '-';
  return text;
}

/// As gnuplot may read it: a model's name comes from a file of weights, and gnuplot runs what stands between
/// backticks and expands what follows @ and $.
std::string words(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || std::string_view("`\"'\\@$").find(c) != std::string_view::npos)
      c = '_';
  return text;
}

/// The same for a field of the CSV, and for what is compared with it.
std::string key(std::string text) {
  text = words(std::move(text));
  std::ranges::replace(text, ',', ';');
  return text;
}

/// Between the marks of the horizontal axis: gnuplot's own would write into each other in a panel this small.
double x_step(const Panel& panel) {
  constexpr double most_steps = 7;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  bool whole = true;
  for (const FigureCurve& curve : panel.curves)
    for (const PathPoint& point : curve.points) {
      low = std::min(low, point.x);
      high = std::max(high, point.x);
      whole = whole && point.x == std::round(point.x);
    }
  return high > low ? round_step(high - low, most_steps, whole ? Ticks::whole : Ticks::any) : 1;
}

/// One panel's plot, as a string that gnuplot evaluates twice: alone and among the others. First all bands,
/// so that no band covers a line.
std::string panel_definition(const Panel& panel, int place) {
  std::vector<std::string> parts;
  const auto points = [&](const FigureCurve& curve) {
    return fmt::format("data using (at('{}', '{}', '{}'))", panel.name, key(panel.measured_on),
                       key(curve.population));
  };
  for (const FigureCurve& curve : panel.curves)
    if (panel.band == Band::interval)
      parts.push_back(
          fmt::format("{}:'ci_lo':'ci_hi' @band fc rgb '{}'", points(curve), colour(curve.colour)));
  int mark = 0;
  for (const FigureCurve& curve : panel.curves)
    parts.push_back(fmt::format("{}:'gp_mean' @curve lc rgb '{}' dt {} pt mark_{} title '{}'", points(curve),
                                colour(curve.colour), curve.dash == Dash::solid ? "1" : "(8,5)", mark++ % 6,
                                words(curve.population)));
  return fmt::format(
      "\npanel_{} = \"set title '{}'; set xlabel '{}'; set ylabel '{}'; set xtics {}; plot \\\n  {}\"\n",
      place, words(panel.title), words(panel.x_label), words(panel.y_label), x_step(panel),
      fmt::join(parts, ", \\\n  "));
}

constexpr std::string_view script_head = R"(set datafile separator comma
set encoding utf8
data = '{stem}.csv'
here(where) = where eq '' || strcol('measured_on') eq where
at(panel, where, who) = strcol('panel') eq panel && here(where) && strcol('population') eq who ? column('x') : NaN
band = "with filledcurves fs transparent solid 0.16 noborder notitle"
curve = "with linespoints lw 2 ps 0.45"
mark_0 = 7; mark_1 = 5; mark_2 = 9; mark_3 = 11; mark_4 = 13; mark_5 = 15
set border 3 lc rgb '{rule}' lw 1
set tics nomirror out scale 0.5 textcolor rgb '{muted}'
set grid ytics lc rgb '{grid}' lw 1 lt 1
set title offset 0,-0.3 textcolor rgb '{ink}' font ',14'
set xlabel textcolor rgb '{muted}' offset 0,0.3
set ylabel textcolor rgb '{muted}' offset 1,0
set autoscale fix
set offsets graph 0.03, graph 0.03, graph 0.08, graph 0.06
)";

std::string identifier(std::string text) {
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

/// `name` is unique in the study: ids of inlined SVGs would collide otherwise.
std::string terminal(const std::string& name, int width, int height) {
  return fmt::format(
      "\nset terminal svg size {},{} dynamic noenhanced font 'Helvetica,12' name '{}'\nset output '{}.svg'\n",
      width, height, identifier(name), name);
}

constexpr int panel_width = 380, panel_height = 300;

/// A folder of its own for one run of gnuplot, whose files are not written all-or-nothing; it leaves with the
/// object.
class Workshop {
 public:
  explicit Workshop(const std::filesystem::path& place) : folder_(place) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

std::string without_suffix(const std::string& file) { return file.substr(0, file.rfind('.')); }

std::vector<std::string> svg_names(const Figure& figure) {
  std::vector<std::string> names{stem(figure) + ".svg"};
  for (const Panel& panel : figure.panels) names.push_back(file_name(figure, panel));
  return names;
}

std::string legend(const Figure& figure) {
  std::vector<std::string> seen;
  std::string html = "<ul class=\"legend\">";
  for (const Panel& panel : figure.panels)
    for (const FigureCurve& curve : panel.curves) {
      if (std::find(seen.begin(), seen.end(), curve.population) != seen.end()) continue;
      seen.push_back(curve.population);
      html +=
          fmt::format("<li><span class=\"swatch{}\" style=\"--swatch:var(--{})\"></span>{}</li>",
                      curve.dash == Dash::dashed ? " dashed" : "", curve.colour, escaped(curve.population));
    }
  return html + "</ul>";
}

}  // namespace

std::string file_name(const Figure& figure, const Panel& panel) {
  const std::string place = panel.measured_on.empty() ? "" : "-" + small_letters(panel.measured_on);
  return fmt::format("{}-{}{}.svg", stem(figure), small_letters(panel.name), place);
}

std::string to_csv(const Figure& figure) {
  std::string csv = "figure,panel,measured_on,population,k,mean,sd,n,ci_lo,ci_hi,gp_mean,gp_sd,x\n";
  for (const Panel& panel : figure.panels)
    for (const FigureCurve& curve : panel.curves) {
      for (const PathPoint& p : curve.points)
        csv += fmt::format(
            "{},{},{},{},{},{:.9g},{:.9g},{},{:.9g},{:.9g},{:.9g},{:.9g},{:.9g}\n", figure.number, panel.name,
            key(panel.measured_on.empty() ? figure.measured_on : panel.measured_on), key(curve.population),
            p.k, p.mean, p.sd, p.n, p.low, p.high, p.gp_mean, p.gp_sd, p.x);
    }
  return csv;
}

std::string to_gnuplot(const Figure& figure) {
  std::string script = fmt::format("# Figure {}: {}\n# Run `gnuplot {}.gp` beside {}.csv to draw it again.\n",
                                   figure.number, words(figure.title), stem(figure), stem(figure));
  if (figure.panels.empty()) return script + fmt::format("# Nothing to draw: {}\n", words(figure.missing));
  script += fmt::format(fmt::runtime(script_head), fmt::arg("stem", stem(figure)),
                        fmt::arg("rule", colour("rule")), fmt::arg("muted", colour("muted")),
                        fmt::arg("grid", colour("grid")), fmt::arg("ink", colour("ink")));
  const auto count = static_cast<int>(figure.panels.size());
  for (int place = 0; place < count; ++place)
    script += panel_definition(figure.panels[static_cast<std::size_t>(place)], place + 1);

  const int columns = std::min(count, figure.panels_in_a_row), rows = (count + columns - 1) / columns;
  script += terminal(stem(figure), panel_width * columns, panel_height * rows);
  script += fmt::format("set key top right samplen 2 textcolor rgb '{}'\nset multiplot layout {},{}\n",
                        colour("ink"), rows, columns);
  for (int place = 1; place <= count; ++place) script += fmt::format("eval panel_{}\nset key off\n", place);
  script += "unset multiplot\n";
  int place = 0;
  for (const Panel& panel : figure.panels)
    script += terminal(without_suffix(file_name(figure, panel)), panel_width, panel_height) +
              fmt::format("eval panel_{}\n", ++place);
  return script + "set output\n";
}

std::string draw(const Figure& figure, const std::filesystem::path& folder) {
  const std::string csv = to_csv(figure), script = to_gnuplot(figure), name = stem(figure);
  write_file_atomically(folder / (name + ".csv"), std::string_view(csv));
  write_file_atomically(folder / (name + ".gp"), std::string_view(script));
  if (figure.panels.empty()) return {};
  const Workshop workshop(folder / fmt::format(".{}-drawing", name));
  write_file_atomically(workshop.folder() / (name + ".csv"), std::string_view(csv));
  write_file_atomically(workshop.folder() / (name + ".gp"), std::string_view(script));
  const std::string missing = run_gnuplot(workshop.folder(), name + ".gp");
  if (!missing.empty()) return missing;
  for (const std::string& file : svg_names(figure))
    write_file_atomically(folder / file, std::string_view(read_text_file(workshop.folder() / file)));
  return {};
}

std::string to_html(const Figure& figure, const std::filesystem::path& folder, const std::string& missing) {
  std::string html = fmt::format(
      "<figure class=\"plot\" id=\"figure{}\"><figcaption><span class=\"label\">Figure {}</span> "
      "{}</figcaption>",
      figure.number, figure.number, escaped(figure.title));
  html += legend(figure);
  if (!figure.missing.empty())
    html += fmt::format("<p class=\"absent\">{}: {}.</p>", figure.panels.empty() ? "Not measured" : "In part",
                        message_in_html(figure.missing));
  if (figure.panels.empty()) {
    // nothing to show but the reason
  } else if (missing.empty()) {
    html += fmt::format("<div class=\"panels of{}\">", figure.panels_in_a_row);
    for (const Panel& panel : figure.panels)
      html += inlined_svg(read_text_file(folder / file_name(figure, panel)),
                          {.alternative = figure.alternative + " Panel: " + panel.title,
                           .prefix = identifier(without_suffix(file_name(figure, panel)))});
    html += "</div>";
  } else {
    html += fmt::format(
        "<p class=\"absent\">{}. The numbers are in figures/{}.csv and the script in figures/{}.gp.</p>",
        escaped(missing), stem(figure), stem(figure));
  }
  return html + fmt::format("<p class=\"note\">{}</p></figure>\n", escaped(figure.caption));
}

}  // namespace weir
