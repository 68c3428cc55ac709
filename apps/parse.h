/// The command line against the tree of commands. CLI11 cuts it into words; what is wrong with them is said
/// here.
#pragma once

#include <span>
#include <string>

#include "apps/command.h"

namespace weir {

struct Parsed {
  const Command* command = nullptr;
  bool help = false;  // asked for, or nothing was asked
  bool version = false;
};

/// Fills in the values that the command's readers point to. Throws Error (usage).
Parsed parse(const Command& root, std::span<const std::string> words);

}  // namespace weir
