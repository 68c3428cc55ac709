/// Pictures inside a page: a PNG as text.
#pragma once

#include <string>

#include "data/png.h"

namespace weir {

/// "data:image/png;base64,..."
std::string data_uri(const RgbPicture& picture);

}  // namespace weir
