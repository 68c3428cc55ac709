/// Bytes inside a page, as text.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "data/png.h"

namespace weir {

/// RFC 4648, section 4.
std::string base64(std::span<const std::byte> bytes);

/// "data:image/png;base64,..."
std::string data_uri(const RgbPicture& picture);

}  // namespace weir
