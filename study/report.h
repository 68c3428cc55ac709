/// The page of the study, put together from its tables, figures and findings.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "study/figure.h"
#include "study/findings.h"
#include "study/image_grid.h"
#include "study/manifest.h"
#include "study/network_diagram.h"
#include "study/study.h"
#include "study/table.h"

namespace weir {

/// What is written to files and shown on the page.
struct StudyResults {
  std::vector<Table> tables;
  ImageGrid images;  // Figure 1; without rows when nothing was fooled by every attack
  NetworkDiagram network;
  ImageGrid on_the_way;                      // of Figure 3
  std::vector<Figure> figures;               // 3 to 11
  std::map<int, std::string> missing_plots;  // why there is no plot, by the figure's number
  std::vector<Finding> findings;
};

/// `figures` is the folder where the plots lie.
std::string report_page(const Analysis& analysis, const StudyResults& results, const Manifest& manifest,
                        const StudyOptions& options, const std::filesystem::path& figures);

/// How to run this study again, quoted for a shell.
std::string command_of(const StudyOptions& options);

}  // namespace weir
