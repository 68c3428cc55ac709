#include "study/gnuplot.h"

#include <cstdlib>

#include "data/child_process.h"
#include "tensor/check.h"

namespace weir {

std::string run_gnuplot(const std::filesystem::path& folder, const std::string& script) {
  // The locale decides how gnuplot prints numbers; everything else of the environment is not its business.
  const char* search = std::getenv("PATH");
  const std::vector<std::string> environment = {
      fmt::format("PATH={}", search != nullptr ? search : "/usr/bin:/bin"), "LC_ALL=C.UTF-8"};
  // -d: no settings of the user's own
  // A group of its own: Ctrl-C stops the study between two figures, and this one is whole.
  const ChildResult result = run_child({"gnuplot", "-d", script}, folder, environment, ChildGroup::own);
  if (result.status == 0) return {};
  if (result.status == 127) return "gnuplot was not found (Debian: gnuplot-nox)";
  return fmt::format("gnuplot failed: {}", result.output);
}

}  // namespace weir
