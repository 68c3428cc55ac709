#include "data/home.h"

#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path>& added_homes() {
  static std::vector<fs::path> homes;  // inside a function, for callers before main()
  return homes;
}

std::vector<fs::path> homes() {
  if (const char* chosen = std::getenv("WEIR_HOME"); chosen != nullptr && *chosen != '\0') return {chosen};
  std::vector<fs::path> places;
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  if (!unknown) places.push_back(program.parent_path().parent_path() / "share" / "weir");
  places.insert(places.end(), added_homes().begin(), added_homes().end());
  return places;
}

}  // namespace

bool add_home(fs::path home) {
  added_homes().push_back(std::move(home));
  return true;
}

fs::path find_resource(const fs::path& relative) {
  std::string looked;
  for (const fs::path& home : homes()) {
    std::error_code ignored;
    if (fs::exists(home / relative, ignored)) return home / relative;
    looked += fmt::format("{}`{}`", looked.empty() ? "" : ", ", home.native());
  }
  fail({.kind = ErrorKind::missing,
        .code = "E0303",
        .message = fmt::format("`{}`, which comes with Weir, was not found", relative.native()),
        .note = "looked in " + looked,
        .help = "set WEIR_HOME to the folder that holds it"});
}

}  // namespace weir
