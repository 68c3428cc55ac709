#include "tests/study/synthetic_report.h"

#include <cmath>

#include "study/network_diagram.h"
#include "study/palette.h"

namespace weir {
namespace {

Comparison both(const Paper& paper, const std::string& row, const std::string& column, Measured ours) {
  return {.paper = &paper.printed("table2", row, column), .ours = ours};
}

FigureCurve synthetic_curve(const std::string& name, const std::string& ink, double lift) {
  FigureCurve curve{.population = name, .colour = ink};
  for (Index k = 1; k <= 15; ++k) {
    const double y = 0.3 + 0.2 * std::sin(0.4 * static_cast<double>(k)) + lift;
    curve.points.push_back({.k = k,
                            .x = static_cast<double>(k),
                            .mean = y,
                            .sd = 0.1,
                            .n = 60,
                            .low = y - 0.02,
                            .high = y + 0.02,
                            .gp_mean = y,
                            .gp_sd = 0.01});
  }
  return curve;
}

/// The first finding is decided by p, the others by intervals.
std::vector<FindingRow> synthetic_cases(int turn) {
  if (turn == 0)
    return {{.what = "FGSM, IIP",
             .measured = {.value = 0.0089, .n = 9},
             .p_value = 0.005,
             .status = Status::holds}};
  return {{.what = "C&W, 0.0234 − 0.0132",
           .measured = {.value = 0.0102, .interval = Interval{-0.00001, 0.0157}, .n = 9},
           .status = Status::undecided},
          {.what = "told beside", .measured = {.value = 0.5, .n = 9}},
          {.what = "an attack that was not run", .status = Status::not_measured}};
}

std::vector<LayerRow> synthetic_layers() {
  std::vector<LayerRow> rows;
  const auto add = [&](LayerKind kind, Shape output) {
    rows.push_back({.name = "fc", .spec = {.kind = kind}, .output = output});
  };
  for (const Index extent : {32, 16, 8}) {
    for (int i = 0; i < 5; ++i)
      add(LayerKind::conv, {extent == 32 ? 32 : extent == 16 ? 80 : 128, extent, extent});
    add(extent == 8 ? LayerKind::global_max_pool : LayerKind::max_pool, {1, 1, 1});
  }
  add(LayerKind::linear, {500});
  add(LayerKind::linear, {10});
  return rows;
}

}  // namespace

Table synthetic_table(const Paper& paper, Settings settings) {
  Table table{.id = settings == Settings::reduced ? "table2" : "table8",
              .label = "Table II",
              .title = "Synthetic numbers: a test of the page",
              .note = "Bar and dot: ours with its interval; diamond: the paper.",
              .settings = settings,
              .columns = {{"model", "Model"},
                          {"attack", "Attack"},
                          {"norm", "Norm"},
                          {"distortion", "Distortion"},
                          {"confidence", "Confidence"},
                          {"success_rate", "Success rate"},
                          {"n_correct", "Correct"}}};
  const auto row = [&](const std::string& key, const std::string& name, double shift, Index n) {
    table.rows.push_back(
        {std::string("Original"), name, paper.word("table2", key, "norm"),
         both(paper, key, "distortion", {.value = 0.0263 + shift / 40, .n = n}),
         both(paper, key, "confidence",
              {.value = 0.61 + shift, .interval = Interval{0.55 + shift, 0.67 + shift}, .n = n}),
         both(paper, key, "success_rate",
              {.value = 0.55 + shift, .interval = Interval{0.43 + shift, 0.66 + shift}, .n = 64}),
         Index{64}});
  };
  row("original/fgsm", "FGSM", 0.0, 35);
  row("original/igsm", "IGSM", -0.2, 9);
  table.rows.push_back({std::string("Original"), std::string("JSMA"), std::string("l0"),
                        Comparison{.paper = &paper.printed("table2", "original/jsma", "distortion")},
                        Comparison{.paper = &paper.printed("table2", "original/jsma", "confidence")},
                        Comparison{.paper = &paper.printed("table2", "original/jsma", "success_rate")},
                        Index{0}});
  return table;
}

Figure synthetic_figure() {
  Figure figure{.number = 4,
                .title = "Synthetic paths <of> \"nothing\" & nobody",
                .caption = "Made-up curves with made-up bands.",
                .alternative = "Three made-up curves.",
                .measured_on = "good-init"};
  for (const char* name : {"IIP", "OIP", "IOC"})
    figure.panels.push_back(
        {.name = name,
         .title = std::string(name) + " (synthetic)",
         .x_label = "conv layer k",
         .y_label = "mean mutual information, nats",
         .band = Band::interval,
         .curves = {synthetic_curve("normal", "normal", 0), synthetic_curve("FGSM", "fgsm", 0.02),
                    synthetic_curve("IGSM", "igsm", 0.04)}});
  return figure;
}

ImageGrid synthetic_grid() {
  ImageGrid grid;
  for (const char* name : {"Original", "FGSM", "FGSM"}) {
    GridRow row{.name = name, .remark = grid.rows.size() == 2 ? "difference × 20" : ""};
    for (int column = 0; column < 8; ++column) {
      GridCell cell{.pixels = std::vector<float>(3 * 32 * 32),
                    .caption = fmt::format("ship 0.{}", 50 + column)};
      for (std::size_t i = 0; i < cell.pixels.size(); ++i)
        cell.pixels[i] = static_cast<float>(std::sin(0.01 * static_cast<double>(i) * (column + 1)));
      row.cells.push_back(std::move(cell));
    }
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string synthetic_report(const Paper& paper, const std::filesystem::path& folder) {
  const Figure figure = synthetic_figure();
  const std::string missing = draw(figure, folder);
  const NetworkDiagram diagram = draw_network(synthetic_layers());
  Page page{.title = "Synthetic numbers: a test of the page",
            .lead = "Nothing on this page was measured. It exists so that a test can look at the layout.",
            .notice = std::string("A test: ") + std::string(reduced_heading) + ".",
            .facts = {{"Model", "good-init"},
                      {"Attacked images", "64"},
                      {"Normal images", "64"},
                      {"Seed", "2018"},
                      {"Device", "none"}}};
  int turn = 0;
  for (const Direction& d : paper.directions()) {
    const Status status = turn < 4 ? static_cast<Status>(turn) : Status::not_measured;
    page.findings.push_back({.id = d.id,
                             .question = d.question,
                             .statement = d.statement,
                             .evidence = d.evidence,
                             .test = "Holds when a <synthetic> bound is above 0.",
                             .ours = "A made-up distance",
                             .status = status,
                             .rows = synthetic_cases(turn)});
    ++turn;
  }
  page.sections.push_back({"attacks", "Adversarial inputs", "Synthetic introduction.",
                           to_html(synthetic_table(paper, Settings::reduced)) +
                               to_html(synthetic_table(paper, Settings::as_printed))});
  page.sections.push_back(
      {"pictures", "Pictures", "",
       "<figure><figcaption><span class=\"label\">Figure 1</span> Synthetic</figcaption><div "
       "class=\"wide\">" +
           inlined_svg(to_svg(synthetic_grid()), {.alternative = "synthetic pictures", .prefix = "fig1"}) +
           "</div></figure>"});
  page.sections.push_back({"flows", "Information flows", "", to_html(figure, folder, missing)});
  page.sections.push_back(
      {"network", "The network", "",
       "<figure><figcaption><span class=\"label\">Figure 2</span> Synthetic</figcaption><div "
       "class=\"wide\">" +
           inlined_svg(diagram.svg, {.alternative = diagram.alternative, .prefix = "fig2"}) +
           "</div></figure>"});
  page.sections.push_back(
      {"timing", "Timing", "", to_html(std::vector<Fact>{{"Whole study", "0 s (synthetic)"}})});
  page.sections.push_back(
      {"environment", "Environment", "", to_html(std::vector<Fact>{{"CPU", "none"}, {"Threads", "2"}})});
  return render(page);
}

}  // namespace weir
