/// Where the files that come with Weir are: data, weights, pages.
#pragma once

#include <filesystem>

namespace weir {

/// The path of a file or folder that comes with Weir, `relative` as in the source tree ("data/embedded").
/// Looked for in the folder that WEIR_HOME names, then in `share/weir` beside the program's `bin`, then in
/// the folders of add_home(). WEIR_HOME, where set, is the only place. Throws Error of kind missing (E0303)
/// that lists the places.
std::filesystem::path find_resource(const std::filesystem::path& relative);

/// Gives find_resource() one more folder to look in. Programs call it before main(), see cmake/home.cpp.in: a
/// static library cannot know where it was installed. True, so that it can initialise a constant.
bool add_home(std::filesystem::path home);

}  // namespace weir
