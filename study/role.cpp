#include "study/role.h"

#include <algorithm>
#include <array>
#include <vector>

#include "models/registry.h"
#include "tensor/check.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

constexpr std::array<Role, 6> table = {{
    {"original", "Original", "good-init", "good-init", "igsm"},
    {"compressed", "Compressed", "compressed", "", "fgsm"},
    {"distilled", "Distilled", "distilled", "", "jsma"},
    {"deep-conv", "deep-conv", "deep-conv", "deep-conv", "deepfool"},
    {"vgg-like", "vgg-like", "vgg-like", "vgg-like", "cw"},
    {"other-seed", "Original, other seed", "good-init-seed2", "", "clean"},
}};

bool same_layers(const Architecture& a, const Architecture& b) {
  return without_dropout(a).layers == without_dropout(b).layers;
}

/// Table IV: the original with fewer channels and neurons, and no more parameters than the paper left.
bool compressed_from_original(const Architecture& architecture) {
  constexpr Index most_parameters = 890'411;
  const std::vector<Index> original = widths(good_init()), found = widths(architecture);
  if (found.size() != original.size() || !std::ranges::equal(found, original, std::ranges::less_equal()))
    return false;
  return same_layers(with_widths(good_init(), found), architecture) &&
         totals(layer_table(architecture)).parameters <= most_parameters;
}

}  // namespace

std::span<const Role> roles() { return table; }

const Role& role_named(std::string_view key) {
  const auto* const found = std::ranges::find(table, key, &Role::key);
  if (found != table.end()) return *found;
  std::vector<std::string> keys;
  for (const Role& role : table) keys.emplace_back(role.key);
  fail({.code = "E0207",
        .message = fmt::format("the study has no network `{}`", key),
        .note = fmt::format("there are {}", fmt::join(keys, ", ")),
        .help = suggestion(key, keys)});
}

bool fits(const Role& role, const Architecture& architecture) {
  if (role.key == "compressed") return compressed_from_original(architecture);
  if (role.key == "deep-conv") return same_layers(architecture, deep_conv());
  if (role.key == "vgg-like") return same_layers(architecture, vgg_like());
  return same_layers(architecture, good_init());
}

}  // namespace weir
