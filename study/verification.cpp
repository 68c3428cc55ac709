#include "study/verification.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "data/hash.h"
#include "data/home.h"
#include "data/read_file.h"
#include "data/wording.h"
#include "tensor/check.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

[[noreturn]] void fail_manifest(const fs::path& path, std::string why) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0444",
        .message = fmt::format("cannot read {} as a manifest", path.native()),
        .note = std::move(why)});
}

/// `writers`: the commands whose folders these are.
template <class Read>
auto from_manifest(const fs::path& folder, std::string_view writers, const Read& read) {
  const fs::path path = folder / "manifest.json";
  if (std::error_code unknown; !fs::exists(path, unknown) && !unknown)
    fail({.kind = ErrorKind::missing,
          .code = "E0302",
          .message = fmt::format("cannot read `{}`: no such file", path.native()),
          .help = fmt::format("name a folder that {} wrote", writers)});
  try {
    return read(Json::parse(read_text_file(path)));
  } catch (const Json::exception& problem) {
    fail_manifest(path, problem.what());
  }
}

FileState state_of(const fs::path& path, const std::string& hash) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return FileState::gone;
  return xxh3_128_hex_of_file(path) == hash ? FileState::unchanged : FileState::changed;
}

std::vector<VerifiedFile> verified(const Json& list, const fs::path& folder) {
  std::vector<VerifiedFile> files;
  for (const Json& one : list) {
    const std::string file = one.at("file");
    files.push_back({file, state_of(folder / file, one.at("xxh3_128"))});
  }
  return files;
}

Index count_in(const std::string& text, const fs::path& folder) {
  Index count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1)
    fail_manifest(folder / "manifest.json", fmt::format("`attacked_images` is {}", printable(text)));
  return count;
}

std::vector<Fact> facts_in(const Json& object) {
  std::vector<Fact> facts;
  for (const auto& [label, value] : object.items()) facts.push_back({label, value});
  return facts;
}

std::vector<HashedFile> files_in(const Json& list) {
  std::vector<HashedFile> files;
  for (const Json& one : list) files.push_back({one.at("file"), one.at("bytes"), one.at("xxh3_128")});
  return files;
}

}  // namespace

std::string_view to_string(FileState state) {
  switch (state) {
    case FileState::unchanged:
      return "unchanged";
    case FileState::changed:
      return "changed";
    case FileState::gone:
      break;
  }
  return "gone";
}

bool Verification::sound() const {
  const auto changed = [](const VerifiedFile& one) { return one.state == FileState::changed; };
  const auto whole = [](const VerifiedFile& one) { return one.state == FileState::unchanged; };
  return finished && std::ranges::all_of(outputs, whole) && std::ranges::none_of(inputs, changed);
}

Verification verify_run(const fs::path& folder) {
  return from_manifest(folder, "`weir attack` (or `weir study`)", [&](const Json& manifest) {
    return Verification{.finished = manifest.at("exit_code") == 0,
                        .outputs = verified(manifest.at("outputs"), folder),
                        .inputs = verified(manifest.at("inputs"), manifest.value("folder", ""))};
  });
}

Manifest manifest_in(const fs::path& folder) {
  return from_manifest(folder, "`weir study`", [](const Json& json) {
    const bool sealed = !json.at("exit_code").is_null();
    return Manifest{.tool = facts_in(json.at("tool")),
                    .command = json.at("command"),
                    .arguments = json.at("argv"),
                    .seed = json.at("seed"),
                    .threads = json.at("threads"),
                    .device = json.at("device"),
                    .numerics = json.at("numerics"),
                    .libraries = facts_in(json.at("libraries")),
                    .host = facts_in(json.at("host")),
                    .settings = facts_in(json.at("settings")),
                    .data = json.at("data"),
                    .folder = json.value("folder", ""),
                    .inputs = files_in(json.at("inputs")),
                    .outputs = files_in(json.at("outputs")),
                    .started = json.at("started"),
                    .finished = sealed ? json.at("finished").get<std::string>() : "",
                    .seconds = sealed ? json.at("seconds").get<double>() : 0,
                    .exit_code = sealed ? json.at("exit_code").get<int>() : 0};
  });
}

StudyOptions study_in(const fs::path& folder) {
  return from_manifest(folder, "`weir study`", [&](const Json& manifest) {
    if (manifest.at("command") != "study")
      fail({.code = "E0216",
            .message = fmt::format("{} holds the results of `weir {}`, not of a study", folder.native(),
                                   manifest.at("command").get<std::string>())});
    const Json& settings = manifest.at("settings");
    StudyOptions study{
        .preset = read_preset(find_resource("study/presets.json"), settings.at("preset")),
        .out = folder,
        .data = manifest.at("data"),
        .weights = settings.value("weights", ""),
        .seed = manifest.at("seed"),
        .numerics = manifest.at("numerics") == to_string(Numerics::fast) ? Numerics::fast : Numerics::exact};
    study.preset = with_attacked_images(study.preset, count_in(settings.at("attacked_images"), folder));
    for (const Role& role : roles())
      if (const std::string name = "weights." + std::string(role.key); settings.contains(name))
        study.others[std::string(role.key)] = settings.at(name).get<std::string>();
    return study;
  });
}

}  // namespace weir
