/// The networks that the study compares: what each is called, where its weights are, which numbers of the
/// paper it answers to.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "models/architecture.h"

namespace weir {

struct Role {
  std::string_view key;      // "original": in rows of tables, names of files and on the command line
  std::string_view title;    // "Original"
  std::string_view weights;  // name of the weights that come with Weir
  std::string_view network;  // its name in Tables VII to IX; empty: it has no place there
  std::string_view colour;   // of palette.h
};

/// In the order of the paper, and last the original trained from another seed: what any difference between
/// two networks has to exceed.
std::span<const Role> roles();
/// Throws Error (usage) E0207 that lists the keys.
const Role& role_named(std::string_view key);

/// Whether this is the kind of network that the paper's numbers for this role belong to. Dropout does not
/// count: nothing is trained here.
bool fits(const Role& role, const Architecture& architecture);

/// Weights by a role's key; what is not named here is not replaced.
using RoleFiles = std::map<std::string, std::filesystem::path, std::less<>>;

}  // namespace weir
