/// The sections of the study's page, one for each of the paper's questions and then what stands behind them.
#pragma once

#include <filesystem>
#include <vector>

#include "study/page.h"
#include "study/report.h"

namespace weir {

/// Everything that sections read.
struct ReportMaterial {
  const Analysis& analysis;
  const StudyResults& results;
  const Manifest& manifest;
  const StudyOptions& options;
  const std::filesystem::path& figures;  // the folder where the plots lie

  /// Tables as HTML, by their ids.
  std::string tables(std::initializer_list<std::string_view> ids) const;
  /// Figures of curves as HTML, by their numbers.
  std::string curves(std::initializer_list<int> numbers) const;
};

std::vector<Section> report_sections(const ReportMaterial& m);

/// Timing, environment, how to run again (report_background.cpp).
std::vector<Section> background_sections(const ReportMaterial& m);

}  // namespace weir
