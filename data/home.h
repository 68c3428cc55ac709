/// Where the files that come with Weir are: data, weights, pages.
#pragma once

#include <filesystem>

namespace weir {

/// The path of a file or folder that comes with Weir, `relative` as in the source tree ("data/embedded").
/// Looked for in the folder that WEIR_HOME names, then in `share/weir` beside the program's `bin`, then in
/// the source tree it was built from. WEIR_HOME, where set, is the only place. Throws Error of kind missing
/// (E0303) that lists the places.
std::filesystem::path find_resource(const std::filesystem::path& relative);

}  // namespace weir
