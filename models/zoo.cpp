#include "models/zoo.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

#include "data/gzip.h"
#include "data/home.h"
#include "data/wording.h"
#include "tensor/check.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr const char* folder = "models/pretrained";
constexpr const char* ending = ".safetensors";
constexpr std::string_view original = "good-init";
constexpr std::string_view alias_of_original = "original";

constexpr std::array<ZooEntry, 6> entries = {{
    {original, "the paper's Table X network, trained with batch norm that is folded away",
     "weir train good-init --data cifar --store f16 --out good-init.safetensors"},
    {"compressed", "the original without its least active units",
     "weir compress good-init --max-parameters 890411 --data cifar --store f16 --out compressed.safetensors"},
    {"distilled", "defensive distillation of the original at temperature 40",
     "weir distill good-init --temperature 40 --data cifar --store f16 --out distilled.safetensors"},
    {"deep-conv", "six convolutions and two wide linear layers",
     "weir train deep-conv --data cifar --store f16 --out deep-conv.safetensors"},
    {"vgg-like", "thirteen convolutions with batch norm behind the activation",
     "weir train vgg-like --data cifar --store bf16 --out vgg-like.safetensors.gz"},
    {"good-init-seed2", "the original from another seed: what chance alone changes",
     "weir train good-init --seed 2019 --data cifar --store f16 --out good-init-seed2.safetensors"},
}};

/// A path, or what lies in front of the user.
bool means_file(const std::string& word) {
  std::error_code unknown;
  return word.find('/') != std::string::npos || without_gz(word).extension() == ending ||
         fs::exists(word, unknown);
}

/// By name; a plain file counts before a compressed one.
std::map<std::string, fs::path> pretrained_files() try {
  std::map<std::string, fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(find_resource(folder))) {
    const fs::path plain = without_gz(entry.path());
    if (plain.extension() != ending) continue;
    fs::path& file = files[plain.stem()];
    if (file.empty() || entry.path() == plain) file = entry.path();
  }
  return files;
} catch (const Error&) {
  return {};  // an installation may leave the weights out
}

[[noreturn]] void fail_unmade(const ZooEntry& entry) {
  fail({.kind = ErrorKind::missing,
        .code = "E0305",
        .message = fmt::format("the weights `{}` are known, but their file is not here", entry.name),
        .note = fmt::format("they are {}", entry.what),
        .help = fmt::format("`{}` makes them", entry.made_by)});
}

}  // namespace

std::span<const ZooEntry> zoo() { return entries; }

std::vector<std::string> pretrained_names() {
  std::vector<std::string> names;
  for (const auto& [name, file] : pretrained_files()) names.push_back(name);
  return names;
}

std::optional<fs::path> pretrained_file(const std::string& name) {
  const auto files = pretrained_files();
  const auto found = files.find(name);
  return found == files.end() ? std::nullopt : std::optional(found->second);
}

bool names_weights(const std::string& word) {
  const std::vector<std::string> there = pretrained_names();
  return means_file(word) || word == alias_of_original || std::ranges::find(there, word) != there.end() ||
         std::ranges::find(entries, word, &ZooEntry::name) != entries.end();
}

std::string find_weights(const std::string& path_or_name) {
  if (means_file(path_or_name)) return path_or_name;
  const std::string name = path_or_name == alias_of_original ? std::string(original) : path_or_name;
  if (const auto file = pretrained_file(name)) return *file;
  for (const ZooEntry& entry : entries)
    if (entry.name == name) fail_unmade(entry);
  const std::vector<std::string> names = pretrained_names();
  fail({.kind = ErrorKind::missing,
        .code = "E0305",
        .message =
            fmt::format("no file {}, and no weights of that name come with Weir", printable(path_or_name)),
        .note = names.empty() ? "" : fmt::format("those that do: {}", fmt::join(names, ", ")),
        .help = names.empty() ? "`weir train` makes some" : suggestion(path_or_name, names)});
}

}  // namespace weir
