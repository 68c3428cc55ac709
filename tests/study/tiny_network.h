/// A small network that classifies some of the images that come with Weir and can be fooled:
/// tests/study/tiny.safetensors, 15 KB. It is kept as a file because every test of the study is a process of
/// its own and would train it anew.
#pragma once

#include <filesystem>

#include "generated/places.h"

namespace weir {

inline std::filesystem::path tiny_network() { return WEIR_SOURCE_DIR "/tests/study/tiny.safetensors"; }

}  // namespace weir
