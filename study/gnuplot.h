/// Runs gnuplot, which draws our figures but is no part of us.
#pragma once

#include <filesystem>
#include <string>

namespace weir {

/// Runs `gnuplot SCRIPT` in `folder` and waits. Returns nothing when it went well, otherwise one sentence for
/// the reader: that gnuplot was not found, or what it complained about.
std::string run_gnuplot(const std::filesystem::path& folder, const std::string& script);

}  // namespace weir
