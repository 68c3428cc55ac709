/// What a targeted attack aims at, as a command line says it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weir {

/// A class by its name or its number. Throws Error (usage) E0207, with the nearest, for what is neither;
/// `option` is who asks.
std::int32_t class_of(const std::string& text, const std::string& option);

/// A target for each label: that class for every image (and for those of the class itself, too, which nobody
/// can attack), `next`, the class after the label, or a .npy file, int64 [labels]. Throws what class_of and
/// open_labels throw.
std::vector<std::int32_t> targets_of(const std::string& text, std::span<const std::int32_t> labels);

}  // namespace weir
