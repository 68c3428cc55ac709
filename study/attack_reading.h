/// How an attack of the paper is read: which attack of ours, told what.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attacks/options.h"
#include "study/paper.h"
#include "study/presets.h"

namespace weir {

struct AttackReading {
  std::string key;     // "jsma", "adaptive-jsma": in rows of tables and names of files
  std::string title;   // "JSMA"
  std::string colour;  // of palette.h
  std::string attack;  // its name in the registry of attacks
  OptionTexts options = {};
};

/// What a reading is told follows from paper.json, and from what the preset reduces. Keys: the five attacks;
/// `defended-jsma` and `adaptive-jsma`, both as Q4 has them; `igsm-early-stop` and `cw-constant`, other
/// readings; `ensemble`, on three networks at once, and `alone`, the same on one. Throws Error (usage) for
/// another key.
AttackReading reading_of(const Paper& paper, const Preset& preset, std::string_view key);

}  // namespace weir
