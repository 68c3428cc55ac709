#include "study/data_uri.h"

#include <algorithm>
#include <string_view>

namespace weir {

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string words;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < here ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) words += i <= here ? letters[group >> (18 - 6 * i) & 63u] : '=';
  }
  return words;
}

std::string data_uri(const RgbPicture& picture) {
  return "data:image/png;base64," + base64(encode_png(picture));
}

}  // namespace weir
