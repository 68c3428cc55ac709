#include "study/manifest.h"

#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "data/hash.h"
#include "data/json_dump.h"
#include "generated/build_info.h"
#include "generated/places.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

Json object_of(const std::vector<Fact>& facts) {
  Json json = Json::object();
  for (const Fact& fact : facts) json[fact.label] = fact.value;
  return json;
}

Json list_of(const std::vector<HashedFile>& files) {
  Json json = Json::array();
  for (const HashedFile& file : files)
    json.push_back({{"file", file.file}, {"bytes", file.bytes}, {"xxh3_128", file.xxh3_128}});
  return json;
}

}  // namespace

HashedFile hashed(const std::filesystem::path& folder, const std::string& file) {
  const std::filesystem::path path = folder / file;
  const std::string hash = xxh3_128_hex_of_file(path);  // first: it says what is missing
  return {.file = file, .bytes = std::filesystem::file_size(path), .xxh3_128 = hash};
}

std::string current_folder() {
  std::error_code gone;
  return std::filesystem::current_path(gone).native();
}

std::vector<Fact> this_tool() {
  return {{"name", "weir"},
          {"version", WEIR_VERSION},
          {"commit", WEIR_COMMIT},
          {"build_type", WEIR_BUILD_TYPE},
          {"compiler", WEIR_BUILD_COMPILER},
          {"instruction_set", WEIR_BUILD_INSTRUCTION_SET}};
}

std::string to_json(const Manifest& m) {
  const bool sealed = !m.finished.empty();
  const Json json = {
      {"schema", 1},
      {"tool", object_of(m.tool)},
      {"command", m.command},
      {"argv", m.arguments},
      {"seed", m.seed},
      {"threads", m.threads},
      {"device", m.device},
      {"numerics", m.numerics},
      {"libraries", object_of(m.libraries)},
      {"host", object_of(m.host)},
      {"determinism", determinism_level},
      {"settings", object_of(m.settings)},
      {"data", m.data},
      {"folder", m.folder},
      {"inputs", list_of(m.inputs)},
      {"outputs", list_of(m.outputs)},
      {"started", m.started},
      {"finished", sealed ? Json(m.finished) : Json(nullptr)},
      {"seconds", sealed ? Json(m.seconds) : Json(nullptr)},
      {"exit_code", sealed ? Json(m.exit_code) : Json(nullptr)},
  };
  return dumped(json) + "\n";
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace weir
