/// How the page of a trace looks and what its script does.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// CSS behind that of all pages.
std::string trace_style();

/// Wakes the viewer over the film: a slider over its frames. Without it the page lacks nothing but the
/// slider.
std::string_view trace_script();

}  // namespace weir
