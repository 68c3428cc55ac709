/// A report of made-up numbers, only for tests of the page: its title says so.
#pragma once

#include <filesystem>
#include <string>

#include "study/figure.h"
#include "study/image_grid.h"
#include "study/page.h"
#include "study/table.h"

namespace weir {

Table synthetic_table(const Paper& paper, Settings settings);
Figure synthetic_figure();
ImageGrid synthetic_grid();

/// Draws into `folder` and returns the page.
std::string synthetic_report(const Paper& paper, const std::filesystem::path& folder);

}  // namespace weir
