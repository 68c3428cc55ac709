/// The numbers of a lesson page as the text that its script reads.
#pragma once

#include <string>

#include "study/lesson_story.h"

namespace weir {

/// One JSON object. Images are base64 of unsigned bytes [3, 32, 32]; what a step added is base64 of signed
/// bytes, 127 for `most`; a gradient is summed over the channels, base64 of signed bytes [32, 32]; weights
/// are base64 of little-endian float32, layer by layer, weight before bias. Throws usage for a small
/// network of other layers than 3x3 convolutions with ReLU and padding, max pools of 2, a global average pool
/// and a linear layer.
std::string lesson_json(const LessonStory& story);

}  // namespace weir
