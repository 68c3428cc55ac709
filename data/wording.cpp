#include "data/wording.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

namespace weir {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

/// Bytes of the character that a text begins with; 0 where it is a control character or no UTF-8.
std::size_t length_of_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  std::uint32_t character = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text[i])) return 0;
    character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  // Written longer than need be, half of a pair of UTF-16, beyond the last; below 0xa0 control characters.
  constexpr std::array<std::uint32_t, 5> least = {0, 0, 0xa0, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  return character >= least[length] && !surrogate && character <= 0x10ffff ? length : 0;
}

}  // namespace

std::string with_commas(std::string digits) {
  const std::ptrdiff_t sign = digits.starts_with('-') ? 1 : 0;
  for (auto position = static_cast<std::ptrdiff_t>(digits.size()) - 3; position > sign; position -= 3)
    digits.insert(static_cast<std::size_t>(position), ",");
  return digits;
}

std::string with_commas(std::uint64_t number) { return with_commas(std::to_string(number)); }

std::string count_of(std::int64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", with_commas(number), noun, number == 1 ? "" : "s");
}

std::string human_size(std::uint64_t bytes) {
  constexpr std::array units = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double size = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  // 999.95 would print as 1000.0
  while (size >= 999.95 && unit + 1 < units.size()) {
    size /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", size, units[unit]);
}

std::string legible(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = length_of_character(text);
    shown += length > 0 ? std::string(text.substr(0, length))
                        : fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  std::vector<std::size_t> starts;  // of the characters
  for (std::size_t i = 0; i < shown.size(); ++i)
    if (!continues(shown[i])) starts.push_back(i);
  constexpr std::size_t longest = 80, first = 38, last = 39;
  if (starts.size() <= longest) return shown;
  return shown.substr(0, starts[first]) + "..." + shown.substr(starts[starts.size() - last]);
}

std::string printable(std::string_view text) { return "`" + legible(text) + "`"; }

}  // namespace weir
