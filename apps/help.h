/// Help texts: what it is, two examples, then the options with defaults and units, on one screen.
#pragma once

#include <string>

#include "apps/command.h"

namespace weir {

std::string help_for(const Command& command);

/// Breaks at spaces outside backticks so that no line passes `width`, where words allow it; lines after the
/// first start with `indent` spaces.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent);

}  // namespace weir
